//! Lists of installations, by key set: each page begins after the last id of the one before.

use diesel::{ExpressionMethods, QueryDsl, RunQueryDsl};

use super::connection::{Connection, on_backend};
use super::error::DbError;
use super::lookup;
use super::rows::site_id;
use super::schema::{installations, sites};
use crate::domain::id::{InstallationId, PartnerCode, SiteId};
use crate::domain::reference::ProvinceId;
use crate::domain::site::SiteRecord;
use crate::domain::state::Status;
use crate::domain::text::ExternalId;

/// Which installations, all conditions together.
#[derive(Clone, Debug, Default)]
pub struct Filter {
    /// Of one partner.
    pub partner: Option<PartnerCode>,
    /// With one external id.
    pub external_id: Option<ExternalId>,
    /// In one status.
    pub status: Option<Status>,
    /// In one province.
    pub province: Option<ProvinceId>,
    /// At one site.
    pub site: Option<SiteId>,
    /// In the one province that the caller may see.
    pub within: Option<ProvinceId>,
    /// Of anybody but the partner that the caller works for.
    pub not_of: Option<PartnerCode>,
    /// After this one, in the order of ids.
    pub after: Option<InstallationId>,
}

/// An installation with the site it is at.
pub struct Found {
    /// The site and everything at it.
    pub record: SiteRecord,
    /// Which of its installations.
    pub id: InstallationId,
}

/// The first `limit` installations of the filter, in the order of their ids, which is the order
/// of their registration.
pub fn list(connection: &mut Connection, filter: &Filter, limit: i64) -> Result<Vec<Found>, DbError> {
    let rows: Vec<(String, String)> = on_backend!(connection, c => {
        let mut query = installations::table
            .inner_join(sites::table)
            .select((installations::id, installations::site))
            .order(installations::id)
            .limit(limit)
            .into_boxed();
        if let Some(partner) = &filter.partner {
            query = query.filter(installations::partner.eq(partner.as_str().to_owned()));
        }
        if let Some(external_id) = &filter.external_id {
            query = query.filter(installations::external_id.eq(external_id.as_str().to_owned()));
        }
        if let Some(status) = filter.status {
            query = query.filter(installations::status.eq(status.as_str()));
        }
        if let Some(province) = filter.province {
            query = query.filter(sites::province_code.eq(province.code()));
        }
        if let Some(province) = filter.within {
            query = query.filter(sites::province_code.eq(province.code()));
        }
        if let Some(partner) = &filter.not_of {
            query = query.filter(installations::partner.ne(partner.as_str().to_owned()));
        }
        if let Some(site) = filter.site {
            query = query.filter(installations::site.eq(site.to_string()));
        }
        if let Some(after) = filter.after {
            query = query.filter(installations::id.gt(after.to_string()));
        }
        query.load(c)
    })?;
    let mut site_ids = rows.iter().map(|(_, site)| site_id(site)).collect::<Result<Vec<_>, _>>()?;
    site_ids.sort();
    site_ids.dedup();
    let records = lookup::records(connection, &site_ids)?;
    rows.iter().map(|(id, site)| found(&records, id, site)).collect()
}

fn found(records: &[SiteRecord], id: &str, site: &str) -> Result<Found, DbError> {
    let id = InstallationId::parse(id).map_err(|_| DbError::corrupt("an installation's id"))?;
    let site = site_id(site)?;
    // A merge between the two queries moves it to another site; the next request finds it there.
    let record = records.iter().find(|record| record.site.id == site);
    let record = record.ok_or_else(|| DbError::Unavailable("a site moved while it was read".to_owned()))?;
    Ok(Found { record: record.clone(), id })
}

/// One installation with its site.
pub fn find(connection: &mut Connection, id: InstallationId) -> Result<Option<Found>, DbError> {
    let Some(site) = lookup::sites_of(connection, &[id])?.remove(&id) else { return Ok(None) };
    let record = lookup::records(connection, &[site])?.into_iter().find(|r| r.installation(id).is_some());
    Ok(record.map(|record| Found { record, id }))
}
