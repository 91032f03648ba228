//! The history of an installation: its entries with the facts that each sealed.

use std::cmp::Reverse;
use std::collections::HashMap;

use chrono::{DateTime, NaiveDateTime, Utc};
use diesel::dsl::sql;
use diesel::sql_types::{BigInt, Bool, Text};
use diesel::{BoolExpressionMethods, ExpressionMethods, JoinOnDsl, QueryDsl, RunQueryDsl, TextExpressionMethods};

use crate::db::engine::{Connection, DbError, on_backend};
use crate::db::tables::{entries, entry_facts};
use crate::domain::chain::{PastFacts, PastInstallation, PastSite};
use crate::domain::records::{Installation, SiteRecord};
use crate::domain::values::Action;

use super::index_lanes::in_order;

/// An entry with its facts.
#[derive(Clone, Debug)]
pub struct PastEntry {
    pub version: i64,
    pub recorded_at: DateTime<Utc>,
    pub actor: String,
    pub action: String,
    /// The cause of the change in the numbers.
    pub cause: String,
    /// The facts that the entry sealed.
    pub facts: PastFacts,
    pub note: Option<String>,
}

/// The actions of these entries, by version.
pub fn actions(connection: &mut Connection, versions: &[i64]) -> Result<HashMap<i64, Action>, DbError> {
    let rows: Vec<(i64, String)> = on_backend!(connection, c => {
        entries::table.filter(entries::version.eq_any(versions)).select((entries::version, entries::action)).load(c)
    })?;
    let known = |(version, action): (i64, String)| {
        let parsed = Action::parse(&action).ok_or_else(|| DbError::corrupt(format!("action {action:?}")))?;
        Ok((version, parsed))
    };
    rows.into_iter().map(known).collect()
}

/// A page of the history of an installation and its site.
#[derive(Debug)]
pub struct History {
    /// The entries, newest first.
    pub entries: Vec<PastEntry>,
    /// Whether there are older entries.
    pub more: bool,
    /// The installation before these entries; `None` before it was registered.
    pub installation: Option<PastInstallation>,
    /// The site before these entries; `None` before it was registered.
    pub site: Option<PastSite>,
}

/// The `limit` newest entries before the version `before` about an installation, or about its site since the
/// installation was registered.
pub fn of(
    connection: &mut Connection,
    record: &SiteRecord,
    installation: &Installation,
    before: i64,
    limit: i64,
) -> Result<History, DbError> {
    in_order(connection, |connection| page(connection, record, installation, before, limit))
}

fn page(
    connection: &mut Connection,
    record: &SiteRecord,
    installation: &Installation,
    before: i64,
    limit: i64,
) -> Result<History, DbError> {
    let site = format!("site/{}", record.site.id);
    let site_since = record.installations.iter().map(|one| one.registered_version).min().unwrap_or_default();
    let of_site = Since { version: site_since, subjects: std::slice::from_ref(&site) };
    let both = [format!("installation/{}", installation.id), site.clone()];
    let of_both = Since { version: installation.registered_version, subjects: &both };
    let mut entries = newest(connection, &of_both, before, limit + 1, "%")?;
    let most = usize::try_from(limit).unwrap_or_default();
    let more = entries.len() > most;
    entries.truncate(most);
    let start = entries.last().map_or(before, |oldest| oldest.version);
    let id = installation.id.to_string();
    let standing = newest(connection, &of_both, start, 1, &format!("%\"id\":\"{id}\"%"))?.pop();
    let standing = standing.and_then(|past| past.facts.installations.into_iter().find(|one| one.id == id));
    let at = newest(connection, &of_site, start, 1, "%\"sites\":[{%")?.pop();
    let id = record.site.id.to_string();
    let at = at.and_then(|past| past.facts.sites.into_iter().find(|one| one.id == id));
    Ok(History { entries, more, installation: standing, site: at })
}

type PastRow = (i64, NaiveDateTime, String, String, String, String, Option<String>);
const PAST_ROW: (
    entries::version,
    entries::recorded_at,
    entries::actor,
    entries::action,
    entries::cause,
    entry_facts::facts,
    entry_facts::note,
) = (
    entries::version,
    entries::recorded_at,
    entries::actor,
    entries::action,
    entries::cause,
    entry_facts::facts,
    entry_facts::note,
);

/// The entries about a subject between two versions; the four values stand between the texts. Each database goes straight to the newest
/// of them by its own words only.
const BETWEEN_ON_SQLITE: [&str; 5] =
    ["(entries.subject = ", " AND entries.version > ", " AND entries.subject = ", " AND entries.version < ", ")"];
const BETWEEN_ON_POSTGRES: [&str; 5] =
    ["((entries.subject, entries.version) > (", ", ", ") AND (entries.subject, entries.version) < (", ", ", "))"];

/// The entry that registered something, and the later entries about some subjects.
struct Since<'a> {
    version: i64,
    subjects: &'a [String],
}

/// The newest entries before `before` whose facts match the pattern `facts`. Those about one subject are read in the order of an index,
/// so that a page costs the same however long a history is.
fn newest(
    connection: &mut Connection,
    since: &Since<'_>,
    before: i64,
    limit: i64,
    facts: &str,
) -> Result<Vec<PastEntry>, DbError> {
    let mut rows: Vec<PastRow> = on_backend!(connection, c => {
        entries::table
            .inner_join(entry_facts::table.on(entry_facts::version.eq(entries::version)))
            .filter(entries::version.eq(since.version).and(entries::version.lt(before)))
            .filter(entry_facts::facts.like(facts))
            .select(PAST_ROW)
            .load(c)
    })?;
    let between = if matches!(connection, Connection::Sqlite(_)) { &BETWEEN_ON_SQLITE } else { &BETWEEN_ON_POSTGRES };
    for subject in since.subjects {
        let [begin, after, and, until, end] = *between;
        let about = || {
            let after = sql::<Bool>(begin).bind::<Text, _>(subject).sql(after).bind::<BigInt, _>(since.version);
            after.sql(and).bind::<Text, _>(subject).sql(until).bind::<BigInt, _>(before).sql(end)
        };
        let found: Vec<PastRow> = on_backend!(connection, c => {
            entries::table
                .inner_join(entry_facts::table.on(entry_facts::version.eq(entries::version)))
                .filter(about())
                // Repeats the condition of the index word for word, because the planner then uses the index.
                .filter(sql::<Bool>("entries.action <> 'register'"))
                .filter(entry_facts::facts.like(facts))
                .order((entries::subject.desc(), entries::version.desc()))
                .limit(limit)
                .select(PAST_ROW)
                .load(c)
        })?;
        rows.extend(found);
    }
    rows.sort_by_key(|(version, ..)| Reverse(*version));
    rows.truncate(usize::try_from(limit).unwrap_or_default());
    let past = |(version, recorded_at, actor, action, cause, facts, note): PastRow| {
        let facts =
            serde_json::from_str(&facts).map_err(|_| DbError::corrupt(format!("the facts of entry {version}")))?;
        Ok(PastEntry { version, recorded_at: recorded_at.and_utc(), actor, action, cause, facts, note })
    };
    rows.into_iter().map(past).collect()
}
