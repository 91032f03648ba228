//! What happened to one installation: its entries with the facts that each sealed.

use std::collections::HashMap;

use chrono::{DateTime, Utc};
use diesel::dsl::sql;
use diesel::sql_types::Bool;
use diesel::{
    BoolExpressionMethods, ExpressionMethods, JoinOnDsl, QueryDsl, RunQueryDsl, allow_tables_to_appear_in_same_query,
};

use super::connection::{Connection, on_backend};
use super::error::DbError;
use super::schema::{entries, entry_facts};
use crate::domain::entry::Action;
use crate::domain::history::PastFacts;
use crate::domain::installation::Installation;

allow_tables_to_appear_in_same_query!(entries, entry_facts);

/// One entry, with what it sealed.
#[derive(Clone, Debug)]
pub struct Past {
    /// Its number.
    pub version: i64,
    /// When.
    pub recorded_at: DateTime<Utc>,
    /// Who.
    pub actor: String,
    /// What was done.
    pub action: String,
    /// Why numbers moved.
    pub cause: String,
    /// The facts.
    pub facts: PastFacts,
    /// In whose words.
    pub note: Option<String>,
}

/// What these entries did.
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

/// Every entry that spoke of an installation or of its site since it was registered, oldest first.
pub fn of(connection: &mut Connection, installation: &Installation) -> Result<Vec<Past>, DbError> {
    type Row = (i64, chrono::NaiveDateTime, String, String, String, String, Option<String>);
    let subjects = [format!("installation/{}", installation.id), format!("site/{}", installation.site)];
    let first = installation.registered_version;
    let rows: Vec<Row> = on_backend!(connection, c => {
        entries::table
            .inner_join(entry_facts::table.on(entry_facts::version.eq(entries::version)))
            .filter(entries::version.eq(first).or(entries::subject
                .eq_any(&subjects)
                // The condition of the index, word for word.
                .and(sql::<Bool>("entries.action <> 'register'"))
                .and(entries::version.gt(first))))
            .order(entries::version)
            .select((entries::version, entries::recorded_at, entries::actor, entries::action, entries::cause,
                entry_facts::facts, entry_facts::note))
            .load(c)
    })?;
    let past = |(version, recorded_at, actor, action, cause, facts, note): Row| {
        let facts =
            serde_json::from_str(&facts).map_err(|_| DbError::corrupt(format!("the facts of entry {version}")))?;
        Ok(Past { version, recorded_at: recorded_at.and_utc(), actor, action, cause, facts, note })
    };
    rows.into_iter().map(past).collect()
}
