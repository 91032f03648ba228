//! The unverified installations of one partner that were first recorded in a span, as a reviewer rejects them together.

use chrono::{DateTime, Utc};
use diesel::{ExpressionMethods, QueryDsl, RunQueryDsl};

use crate::db::engine::{Connection, DbError, on_backend, transaction};
use crate::db::tables::{installation_id, installations, stored};
use crate::domain::records::Actor;
use crate::domain::reference::ProvinceId;
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
        // On one view, because others may reject meanwhile.
        transaction::read(connection, |connection| self.find_all(connection, limit))
    }

    fn find_all(
        &self,
        connection: &mut Connection,
        limit: usize,
    ) -> Result<(Vec<(InstallationId, String)>, usize), DbError> {
        let province = self.seen_by.province.map(ProvinceId::code);
        let (ids, all): (Vec<String>, i64) = on_backend!(connection, c => {
            let of_span = || {
                let query = installations::table
                    .filter(installations::partner.eq(self.partner.as_str()))
                    .filter(installations::reported_at.ge(stored(self.from)))
                    .filter(installations::reported_at.lt(stored(self.to)))
                    .filter(installations::status.eq_any([Status::Pledged.as_str(), Status::Installed.as_str()]))
                    .into_boxed();
                match province {
                    Some(code) => query.filter(installations::province_code.eq(code)),
                    None => query,
                }
            };
            let first = of_span()
                .order((installations::reported_at, installations::id))
                .limit(i64::try_from(limit).unwrap_or(i64::MAX))
                .select(installations::id)
                .load(c)?;
            Ok::<_, DbError>((first, of_span().count().get_result(c)?))
        })?;
        let first = ids.iter().map(|id| installation_id(id)).collect::<Result<Vec<_>, _>>()?;
        let sites = by_id::sites_of(connection, &first)?;
        let mut wanted: Vec<_> = sites.values().copied().collect();
        wanted.sort();
        wanted.dedup();
        let records = by_id::records(connection, &wanted)?;
        let tagged = |id: InstallationId| {
            let record = records.iter().find(|record| record.installation(id).is_some())?;
            Some((id, record.revision_tag(record.installation(id)?)))
        };
        Ok((first.into_iter().filter_map(tagged).collect(), usize::try_from(all).unwrap_or_default()))
    }
}
