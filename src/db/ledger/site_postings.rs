//! The journal by sites: what each site posted, as the entry of a posting names an installation or a site.

use std::collections::HashMap;

use diesel::dsl::sql;
use diesel::sql_types::{BigInt, Bool, Text};
use diesel::{BoolExpressionMethods, ExpressionMethods, QueryDsl, QueryableByName, RunQueryDsl};

use crate::db::engine::{Connection, DbError, on_backend};
use crate::db::tables::{entries, installations, journal, site_id};
use crate::domain::counting::{CellKey, Totals};
use crate::domain::values::{Cause, SiteId};

/// Values asked for at a time; SQLite takes at most 32,766 parameters in one statement, and a site may have more entries.
const CHUNK: usize = 2_000;

/// The postings of one site.
pub struct SitePostings {
    /// The site; `None` for postings of all sites at once, as a new definition makes.
    pub site: Option<SiteId>,
    pub postings: Vec<(Cause, CellKey, Totals)>,
}

#[derive(QueryableByName)]
struct Row {
    #[diesel(sql_type = Text)]
    site: String,
    #[diesel(sql_type = Text)]
    cause: String,
    #[diesel(sql_type = BigInt)]
    cell: i64,
    #[diesel(sql_type = Text)]
    deltas: String,
}

/// The subject of an entry is `installation/` or `site/` and an id.
const BY_SITE: &str = "
SELECT coalesce(i.site, CASE WHEN e.subject LIKE 'site/%' THEN substr(e.subject, 6) ELSE '' END) AS site,
       j.cause AS cause, j.cell AS cell, j.deltas AS deltas
FROM journal j
JOIN entries e ON e.version = j.version
LEFT JOIN installations i ON i.id = substr(e.subject, 14)
WHERE j.version > $1 AND j.version <= $2
ORDER BY site, j.version, j.seq";

fn cause(code: &str) -> Result<Cause, DbError> {
    Cause::parse(code).ok_or_else(|| DbError::corrupt(format!("cause {code:?}")))
}

fn cell(number: i64) -> Result<CellKey, DbError> {
    CellKey::from_stored(number).ok_or_else(|| DbError::corrupt(format!("cell {number}")))
}

/// The postings of the entries in `(after, up_to]`, site by site in the order of ids.
pub fn by_site(connection: &mut Connection, after: i64, up_to: i64) -> Result<Vec<SitePostings>, DbError> {
    let rows: Vec<Row> = on_backend!(connection, c => {
        diesel::sql_query(BY_SITE).bind::<BigInt, _>(after).bind::<BigInt, _>(up_to).load(c)
    })?;
    let mut sites = Vec::new();
    for of_site in rows.chunk_by(|one, other| one.site == other.site) {
        let Some(first) = of_site.first() else { continue };
        let posting = |row: &Row| {
            let totals =
                Totals::decode(&row.deltas).ok_or_else(|| DbError::corrupt(format!("deltas of cell {}", row.cell)))?;
            Ok((cause(&row.cause)?, cell(row.cell)?, totals))
        };
        sites.push(SitePostings {
            site: if first.site.is_empty() { None } else { Some(site_id(&first.site)?) },
            postings: of_site.iter().map(posting).collect::<Result<_, DbError>>()?,
        });
    }
    Ok(sites)
}

/// The causes and cells of what these sites posted up to a version. Sites that were registered later are left out.
pub fn earlier(
    connection: &mut Connection,
    sites: &[SiteId],
    up_to: i64,
) -> Result<HashMap<SiteId, Vec<(Cause, CellKey)>>, DbError> {
    let ids: Vec<String> = sites.iter().map(ToString::to_string).collect();
    let known: Vec<(String, String, i64)> = on_backend!(connection, c => {
        installations::table
            .filter(installations::site.eq_any(&ids).and(installations::registered_version.le(up_to)))
            .select((installations::id, installations::site, installations::registered_version))
            .load(c)
    })?;
    let mut subjects: HashMap<String, &str> = HashMap::new();
    let mut versions: HashMap<i64, &str> = HashMap::new();
    for (installation, site, version) in &known {
        subjects.insert(format!("installation/{installation}"), site);
        subjects.insert(format!("site/{site}"), site);
        versions.insert(*version, site);
    }
    let asked: Vec<&String> = subjects.keys().collect();
    for chunk in asked.chunks(CHUNK) {
        let later: Vec<(i64, String)> = on_backend!(connection, c => {
            entries::table
                .filter(entries::subject.eq_any(chunk).and(entries::version.le(up_to)))
                // Repeats the condition of the index word for word, because the planner then uses the index.
                .filter(sql::<Bool>("entries.action <> 'register'"))
                .select((entries::version, entries::subject))
                .load(c)
        })?;
        for (version, subject) in &later {
            versions.extend(subjects.get(subject).map(|site| (*version, *site)));
        }
    }
    let mut asked: Vec<i64> = versions.keys().copied().collect();
    asked.sort_unstable();
    let mut found: HashMap<SiteId, Vec<(Cause, CellKey)>> = HashMap::new();
    for chunk in asked.chunks(CHUNK) {
        let rows: Vec<(i64, String, i64)> = on_backend!(connection, c => {
            journal::table
                .filter(journal::version.eq_any(chunk))
                .order((journal::version, journal::seq))
                .select((journal::version, journal::cause, journal::cell))
                .load(c)
        })?;
        for (version, of, number) in rows {
            if let Some(site) = versions.get(&version) {
                found.entry(site_id(site)?).or_default().push((cause(&of)?, cell(number)?));
            }
        }
    }
    Ok(found)
}
