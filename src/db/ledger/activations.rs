//! Activations: the entries that put a methodology in force. Each seals the SHA-256 of the methodology's file.

use chrono::{DateTime, NaiveDateTime, Utc};
use diesel::dsl::sql;
use diesel::sql_types::Bool;
use diesel::{ExpressionMethods, JoinOnDsl, QueryDsl, RunQueryDsl};
use serde::Deserialize;

use crate::db::engine::{Connection, DbError, on_backend};
use crate::db::tables::{entries, entry_facts};
use crate::domain::figures::{Methodology, methodology};

/// An entry that put a methodology in force.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Activation {
    pub version: i64,
    pub recorded_at: DateTime<Utc>,
    pub methodology: i32,
    /// The SHA-256 of its file, in hexadecimal digits.
    pub sha256: String,
}

/// All activations, in order.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Activations(Vec<Activation>);

impl Activations {
    /// The methodology in force at a version. An error if this program does not know it, or knows another file by its
    /// number, because numbers by another methodology would be wrong.
    pub fn at(&self, version: i64) -> Result<&'static Methodology, DbError> {
        let Some(Activation { version: since, methodology: number, sha256, .. }) = self.last(version) else {
            return Ok(methodology::first());
        };
        let Some(known) = methodology(*number) else {
            return Err(DbError::Unusable(format!(
                "methodology {number} is in force since entry {since}, and this program does not know it: put its file \
                 {number}.json into the folder of --methodology-dir, or upgrade"
            )));
        };
        if known.sha256 == *sha256 {
            return Ok(known);
        }
        Err(DbError::Unusable(format!(
            "methodology {number} is in force since entry {since} with the SHA-256 {sha256}, but {number}.json here has {}: \
             put the file that was activated into the folder of --methodology-dir",
            known.sha256
        )))
    }

    /// The number of the methodology in force at a version.
    #[must_use]
    pub fn number_at(&self, version: i64) -> i32 {
        self.last(version).map_or_else(|| methodology::first().version, |one| one.methodology)
    }

    /// The activations of one methodology, in order.
    pub fn of(&self, number: i32) -> impl Iterator<Item = &Activation> {
        self.0.iter().filter(move |one| one.methodology == number)
    }

    fn last(&self, version: i64) -> Option<&Activation> {
        self.0.iter().rev().find(|one| one.version <= version)
    }
}

/// Reads all activations.
pub fn read(connection: &mut Connection) -> Result<Activations, DbError> {
    #[derive(Deserialize)]
    struct Facts {
        methodology: i32,
        sha256: String,
    }
    let rows: Vec<(i64, NaiveDateTime, String)> = on_backend!(connection, c => {
        entries::table
            .inner_join(entry_facts::table.on(entry_facts::version.eq(entries::version)))
            // Repeats the condition of the index word for word, because the planner then uses the index.
            .filter(sql::<Bool>("entries.action = 'activate_methodology'"))
            .order(entries::version)
            .select((entries::version, entries::recorded_at, entry_facts::facts))
            .load(c)
    })?;
    let activation = |(version, at, facts): (i64, NaiveDateTime, String)| {
        let facts: Result<Facts, _> = serde_json::from_str(&facts);
        let Facts { methodology, sha256 } =
            facts.map_err(|_| DbError::corrupt(format!("the facts of entry {version}")))?;
        Ok(Activation { version, recorded_at: at.and_utc(), methodology, sha256 })
    };
    rows.into_iter().map(activation).collect::<Result<_, _>>().map(Activations)
}
