//! The unverified installations of one partner that were first recorded in a span, as a reviewer rejects them together.

use chrono::{DateTime, Utc};
use diesel::{ExpressionMethods, QueryDsl, RunQueryDsl};

use crate::db::engine::{Connection, DbError, on_backend};
use crate::db::tables::{installation_id, installations, sites, stored};
use crate::domain::records::Actor;
use crate::domain::values::{InstallationId, PartnerCode, Status};

use super::by_id;

/// Unverified installations of a partner, as far as an actor may see them.
#[derive(Clone, Debug)]
pub struct UnverifiedSpan {
    pub partner: PartnerCode,
    /// The instant from which on they were first recorded.
    pub from: DateTime<Utc>,
    /// The instant before which they were.
    pub to: DateTime<Utc>,
    pub seen_by: Actor,
}

impl UnverifiedSpan {
    /// The first `limit` of them, each with the revision tag that it has now; and how many there are in all.
    pub fn find(
        &self,
        connection: &mut Connection,
        limit: usize,
    ) -> Result<(Vec<(InstallationId, String)>, usize), DbError> {
        if self.seen_by.affiliation.as_ref() == Some(&self.partner) {
            return Ok((Vec::new(), 0));
        }
        let ids: Vec<String> = on_backend!(connection, c => {
            let mut query = installations::table
                .inner_join(sites::table)
                .filter(installations::partner.eq(self.partner.as_str()))
                .filter(installations::reported_at.ge(stored(self.from)))
                .filter(installations::reported_at.lt(stored(self.to)))
                .filter(installations::status.eq_any([Status::Pledged.as_str(), Status::Installed.as_str()]))
                .order((installations::reported_at, installations::id))
                .select(installations::id)
                .into_boxed();
            if let Some(province) = self.seen_by.province {
                query = query.filter(sites::province_code.eq(province.code()));
            }
            query.load(c)
        })?;
        let first = ids.iter().take(limit).map(|id| installation_id(id)).collect::<Result<Vec<_>, _>>()?;
        let sites = by_id::sites_of(connection, &first)?;
        let mut wanted: Vec<_> = sites.values().copied().collect();
        wanted.sort();
        wanted.dedup();
        let records = by_id::records(connection, &wanted)?;
        let tagged = |id: InstallationId| {
            let record = records.iter().find(|record| record.installation(id).is_some())?;
            Some((id, record.revision_tag(record.installation(id)?)))
        };
        Ok((first.into_iter().filter_map(tagged).collect(), ids.len()))
    }
}
