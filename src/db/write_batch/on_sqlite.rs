//! A batch on SQLite: one cached statement a row, because a statement costs a few microseconds and no round trip.

use diesel::{ExpressionMethods, QueryDsl, QueryResult, RunQueryDsl, SqliteConnection};

use crate::db::tables::{
    entries, entry_facts, installation_measures, installations, journal, register_head, site_private, site_refs, sites,
};

use super::batch::{Batch, NewHead};

/// Writes every row of the batch and moves the head from the version `from`. Returns the number of heads moved.
pub(super) fn write(c: &mut SqliteConnection, batch: &Batch, head: &NewHead, from: i64) -> QueryResult<usize> {
    for row in &batch.sites {
        diesel::insert_into(sites::table).values(row).execute(c)?;
    }
    for row in &batch.changed_sites {
        diesel::update(sites::table.find(&row.id)).set(row).execute(c)?;
    }
    for row in &batch.refs {
        diesel::insert_into(site_refs::table).values(row).execute(c)?;
    }
    for row in &batch.privates {
        diesel::replace_into(site_private::table).values(row).execute(c)?;
    }
    for row in &batch.installations {
        diesel::insert_into(installations::table).values(row).execute(c)?;
    }
    for row in &batch.changed_installations {
        diesel::update(installations::table.find(&row.id)).set(row).execute(c)?;
    }
    for row in &batch.measures {
        diesel::insert_into(installation_measures::table).values(row).execute(c)?;
    }
    for row in &batch.entries {
        diesel::insert_into(entries::table).values(row).execute(c)?;
    }
    for row in &batch.facts {
        diesel::insert_into(entry_facts::table).values(row).execute(c)?;
    }
    for row in &batch.journal {
        diesel::insert_into(journal::table).values(row).execute(c)?;
    }
    diesel::update(register_head::table.filter(register_head::version.eq(from)))
        .set((
            register_head::version.eq(head.version),
            register_head::hash.eq(&head.hash),
            register_head::recorded_at.eq(head.recorded_at),
        ))
        .execute(c)
}
