//! Lists of installations, page by page: each page begins after the last installation that the page before looked at.

use std::collections::HashSet;
use std::time::{Duration, Instant};

use chrono::NaiveDate;
use diesel::{BoolExpressionMethods, ExpressionMethods, QueryDsl, RunQueryDsl};

use crate::db::engine::{Connection, DbError, on_backend};
use crate::db::tables::{installation_id, installation_measures, installations, site_id, sites};
use crate::domain::records::{Actor, Role, SiteRecord};
use crate::domain::reference::{MeasureId, ProvinceId};
use crate::domain::values::{ExternalId, InstallationId, PartnerCode, ProjectCode, SiteId, SiteKind, Status};

use super::by_id;
use super::index_lanes::{self, Candidate, Lane};

/// The most installations that one statement reads.
const MOST_READ: usize = 2_000;

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
    /// The cursor of the page before.
    pub after: Option<InstallationId>,
}

impl Filter {
    /// Every installation that an actor may see.
    #[must_use]
    pub fn seen_by(actor: &Actor) -> Self {
        Self { seen_by: Some(actor.clone()), ..Self::default() }
    }

    /// The one partner whose own installations the actor sees.
    fn own(&self) -> Option<&PartnerCode> {
        self.seen_by.as_ref().filter(|actor| actor.role == Role::Partner).and_then(|actor| actor.partner.as_ref())
    }

    /// The partner whose installations the actor does not see.
    fn employer(&self) -> Option<&PartnerCode> {
        self.seen_by.as_ref().and_then(|actor| actor.affiliation.as_ref())
    }

    fn own_province(&self) -> Option<ProvinceId> {
        self.seen_by.as_ref().and_then(|actor| actor.province)
    }

    /// Whether no installation can pass, so that none need be read.
    fn contradicts_itself(&self) -> bool {
        let owner = self.partner.as_ref().or(self.own());
        self.own().is_some_and(|own| owner != Some(own))
            || self.employer().is_some_and(|employer| owner == Some(employer))
            || self.own_province().is_some_and(|own| self.province.is_some_and(|asked| asked != own))
    }

    /// The lanes of the index that fits best. Every installation that passes is in them.
    fn lanes(&self) -> Vec<Lane> {
        if let Some(external_id) = &self.external_id {
            return vec![vec![("external_id", external_id.as_str().to_owned())]];
        }
        if let Some(site) = self.site {
            return vec![vec![("site", site.to_string())]];
        }
        let partner = self.partner.as_ref().or(self.own()).map(|partner| ("partner", partner.as_str().to_owned()));
        let province = self.province.or(self.own_province()).map(|of| ("province_code", of.code().to_owned()));
        let begin: Lane = partner.into_iter().chain(province).collect();
        let one = self.status.as_ref().map(std::slice::from_ref);
        if one.is_none() && begin.is_empty() {
            return vec![Lane::new()];
        }
        let lane = |status: &Status| begin.iter().cloned().chain([("status", status.as_str().to_owned())]).collect();
        one.unwrap_or(Status::ALL).iter().map(lane).collect()
    }

    /// Whether an installation passes every condition on itself and on its place.
    fn takes(&self, candidate: &Candidate) -> bool {
        fn is(wanted: Option<&str>, found: &str) -> bool {
            wanted.is_none_or(|wanted| wanted == found)
        }
        is(self.partner.as_ref().map(PartnerCode::as_str), &candidate.partner)
            && is(self.own().map(PartnerCode::as_str), &candidate.partner)
            && self.employer().is_none_or(|employer| employer.as_str() != candidate.partner)
            && is(self.external_id.as_ref().map(ExternalId::as_str), &candidate.external_id)
            && is(self.status.map(Status::as_str), &candidate.status)
            && is(self.province.map(ProvinceId::code), &candidate.province_code)
            && is(self.own_province().map(ProvinceId::code), &candidate.province_code)
            && is(self.site.map(|site| site.to_string()).as_deref(), &candidate.site)
            && is(self.project.as_ref().map(ProjectCode::as_str), candidate.project.as_deref().unwrap_or_default())
            && self.sandbox.is_none_or(|sandbox| sandbox == candidate.sandbox)
    }

    /// The installations that pass every condition.
    fn passing(&self, connection: &mut Connection, mut candidates: Vec<Candidate>) -> Result<Vec<Candidate>, DbError> {
        candidates.retain(|candidate| self.takes(candidate));
        if let Some(kind) = self.kind {
            let at: Vec<&str> = candidates.iter().map(|candidate| candidate.site.as_str()).collect();
            let of_kind: Vec<String> = on_backend!(connection, c => {
                sites::table
                    .filter(sites::id.eq_any(at).and(sites::kind.eq(kind.as_str())))
                    .select(sites::id)
                    .load(c)
            })?;
            let of_kind: HashSet<String> = of_kind.into_iter().collect();
            candidates.retain(|candidate| of_kind.contains(&candidate.site));
        }
        if let Some(measure) = self.measure {
            let of: Vec<&str> = candidates.iter().map(|candidate| candidate.id.as_str()).collect();
            let with: Vec<String> = on_backend!(connection, c => {
                installation_measures::table
                    .filter(installation_measures::installation.eq_any(of))
                    .filter(installation_measures::measure.eq(i32::from(measure.number())))
                    .select(installation_measures::installation)
                    .load(c)
            })?;
            let with: HashSet<String> = with.into_iter().collect();
            candidates.retain(|candidate| with.contains(&candidate.id));
        }
        Ok(candidates)
    }
}

/// An installation with its site.
pub struct InstallationRecord {
    pub record: SiteRecord,
    /// The installation within the record.
    pub id: InstallationId,
}

/// A page of a list.
pub struct InstallationPage {
    /// The installations, at most as many as asked for. There may be none although more follow.
    pub installations: Vec<InstallationRecord>,
    /// Where the next page begins; `None` if there is none.
    pub next: Option<InstallationId>,
}

/// A page of at most `limit` installations of a filter, in the order of their ids, which is the order of registration.
///
/// A filter whose installations stand beside each other in an index fills its page at once. Any other looks at ever more of
/// them, and after the time `within` the page is what was found by then.
pub fn list(
    connection: &mut Connection,
    filter: &Filter,
    limit: usize,
    within: Duration,
) -> Result<InstallationPage, DbError> {
    if filter.contradicts_itself() {
        return Ok(InstallationPage { installations: Vec::new(), next: None });
    }
    index_lanes::in_order(connection, |connection| {
        let (found, next) = search(connection, filter, limit, Instant::now() + within)?;
        let mut site_ids = found.iter().map(|one| site_id(&one.site)).collect::<Result<Vec<_>, _>>()?;
        site_ids.sort();
        site_ids.dedup();
        let records = by_id::records(connection, &site_ids)?;
        let record = |one: &Candidate| {
            let (id, site) = (installation_id(&one.id)?, site_id(&one.site)?);
            let record = records.iter().find(|record| record.site.id == site);
            let record = record.ok_or_else(|| DbError::corrupt(format!("the site {site} is gone")))?;
            Ok::<_, DbError>(InstallationRecord { record: record.clone(), id })
        };
        let installations = found.iter().map(record).collect::<Result<_, _>>()?;
        Ok(InstallationPage { installations, next: next.as_deref().map(installation_id).transpose()? })
    })
}

/// Looks for `limit` installations, in ever longer steps, and stops at the instant `until`. Returns where to go on, too.
fn search(
    connection: &mut Connection,
    filter: &Filter,
    limit: usize,
    until: Instant,
) -> Result<(Vec<Candidate>, Option<String>), DbError> {
    let lanes = filter.lanes();
    let mut found: Vec<Candidate> = Vec::new();
    let mut after = filter.after.map(|id| id.to_string()).unwrap_or_default();
    let mut reads = limit + 1;
    loop {
        let candidates = index_lanes::read(connection, &lanes, &after, reads)?;
        let is_end = candidates.len() < reads;
        if let Some(last) = candidates.last() {
            after.clone_from(&last.id);
        }
        found.extend(filter.passing(connection, candidates)?);
        if found.len() > limit {
            found.truncate(limit);
            let last = found.last().map(|last| last.id.clone());
            return Ok((found, last));
        }
        if is_end || Instant::now() >= until {
            return Ok((found, Some(after).filter(|_| !is_end)));
        }
        reads = (reads * 4).min(MOST_READ);
    }
}

/// The plan by which the database reads the first page of a filter. For tests of its indexes alone.
#[doc(hidden)]
pub fn plan(connection: &mut Connection, filter: &Filter, limit: usize) -> Result<Vec<String>, DbError> {
    index_lanes::in_order(connection, |connection| index_lanes::plan(connection, &filter.lanes(), "", limit + 1))
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
