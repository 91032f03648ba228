//! Lists of installations, page by page: each page begins after the last id of the page before.

use chrono::NaiveDate;
use diesel::dsl::{exists, sql};
use diesel::sql_types::Bool;
use diesel::{BoolExpressionMethods, ExpressionMethods, QueryDsl, RunQueryDsl};

use crate::db::engine::{Connection, DbError, on_backend};
use crate::db::tables::{installation_id, installation_measures, installations, site_id, sites};
use crate::domain::records::{Actor, Role, SiteRecord};
use crate::domain::reference::{MeasureId, ProvinceId};
use crate::domain::values::{ExternalId, InstallationId, PartnerCode, ProjectCode, SiteId, SiteKind, Status};

use super::by_id;

/// The conditions on the installations of a list; all of them must hold.
#[derive(Clone, Debug, Default)]
pub struct Filter {
    /// The owner.
    pub partner: Option<PartnerCode>,
    pub external_id: Option<ExternalId>,
    pub status: Option<Status>,
    /// The province of the site.
    pub province: Option<ProvinceId>,
    pub site: Option<SiteId>,
    /// The kind of the site.
    pub kind: Option<SiteKind>,
    /// A measure of the installation.
    pub measure: Option<MeasureId>,
    pub project: Option<ProjectCode>,
    /// The actor who must be allowed to see them.
    pub seen_by: Option<Actor>,
    /// Whether the owner is a sandbox partner.
    pub sandbox: Option<bool>,
    /// The last id of the page before.
    pub after: Option<InstallationId>,
}

impl Filter {
    /// Every installation that an actor may see.
    #[must_use]
    pub fn seen_by(actor: &Actor) -> Self {
        Self { seen_by: Some(actor.clone()), ..Self::default() }
    }
}

/// An installation with its site.
pub struct InstallationRecord {
    pub record: SiteRecord,
    /// The installation within the record.
    pub id: InstallationId,
}

/// The first `limit` installations of a filter, in the order of their ids, which is the order of registration.
pub fn list(connection: &mut Connection, filter: &Filter, limit: i64) -> Result<Vec<InstallationRecord>, DbError> {
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
        if filter.status == Some(Status::Installed) {
            // Repeats the condition of the index word for word, because the planner then uses the index.
            query = query.filter(sql::<Bool>("installations.status = 'installed'"));
        } else if let Some(status) = filter.status {
            query = query.filter(installations::status.eq(status.as_str()));
        }
        if let Some(kind) = filter.kind {
            query = query.filter(sites::kind.eq(kind.as_str()));
        }
        if let Some(measure) = filter.measure {
            let with = installation_measures::table
                .filter(installation_measures::installation.eq(installations::id))
                .filter(installation_measures::measure.eq(i32::from(measure.number())));
            query = query.filter(exists(with));
        }
        if let Some(project) = &filter.project {
            query = query.filter(installations::project.eq(project.as_str().to_owned()));
        }
        if let Some(Actor { role, partner, affiliation, province, .. }) = &filter.seen_by {
            if let Some(own) = partner.as_ref().filter(|_| *role == Role::Partner) {
                query = query.filter(installations::partner.eq(own.as_str().to_owned()));
            }
            if let Some(employer) = affiliation {
                query = query.filter(installations::partner.ne(employer.as_str().to_owned()));
            }
            if let Some(province) = province {
                query = query.filter(sites::province_code.eq(province.code()));
            }
        }
        if let Some(province) = filter.province {
            query = query.filter(sites::province_code.eq(province.code()));
        }
        if let Some(sandbox) = filter.sandbox {
            query = query.filter(installations::sandbox.eq(sandbox));
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
    let records = by_id::records(connection, &site_ids)?;
    rows.iter().map(|(id, site)| found(&records, id, site)).collect()
}

fn found(records: &[SiteRecord], id: &str, site: &str) -> Result<InstallationRecord, DbError> {
    let id = InstallationId::parse(id).map_err(|_| DbError::corrupt("an installation's id"))?;
    let site = site_id(site)?;
    // A merge between the two queries moved it to another site, where the next request finds it.
    let record = records.iter().find(|record| record.site.id == site);
    let record = record.ok_or_else(|| DbError::Unavailable("a site moved while it was read".to_owned()))?;
    Ok(InstallationRecord { record: record.clone(), id })
}

/// An installation by its id, with its site.
pub fn find(connection: &mut Connection, id: InstallationId) -> Result<Option<InstallationRecord>, DbError> {
    let Some(site) = by_id::sites_of(connection, &[id])?.remove(&id) else { return Ok(None) };
    let record = by_id::records(connection, &[site])?.into_iter().find(|r| r.installation(id).is_some());
    Ok(record.map(|record| InstallationRecord { record, id }))
}

/// Installations that are dated after a day: a clock that was ahead let them in.
pub fn installations_dated_after(connection: &mut Connection, day: NaiveDate) -> Result<Vec<InstallationId>, DbError> {
    let rows: Vec<String> = on_backend!(connection, c => {
        installations::table
            .filter(installations::installed_on.gt(day).or(installations::decommissioned_on.gt(day)))
            .filter(installations::status.ne_all([Status::Rejected.as_str(), Status::Withdrawn.as_str()]))
            .order(installations::id)
            .select(installations::id)
            .load(c)
    })?;
    rows.iter().map(|id| installation_id(id)).collect()
}
