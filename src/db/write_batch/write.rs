//! Writing a batch, on the database of the connection.

use chrono::{DateTime, Utc};
use diesel::{ExpressionMethods, QueryDsl, RunQueryDsl};

use crate::db::engine::{Connection, DbError, on_backend};
use crate::db::tables::{entry_facts, householder_codes, installation_measures, stored};

use super::batch::{Batch, NewHead};
use super::{on_postgres, on_sqlite};

/// SQLite takes at most 32,766 parameters in one statement.
const CHUNK: usize = 5_000;

impl Batch {
    /// Writes the rows and moves the head from the version `from` to the last entry.
    pub fn write(&self, connection: &mut Connection, from: i64, at: DateTime<Utc>) -> Result<(), DbError> {
        let Some(last) = self.entries.last() else { return Ok(()) };
        let head = NewHead { version: last.version, hash: last.hash.clone(), recorded_at: stored(at) };
        if !self.remeasured.is_empty() {
            on_backend!(connection, c => {
                let gone = installation_measures::installation.eq_any(&self.remeasured);
                diesel::delete(installation_measures::table.filter(gone)).execute(c)
            })?;
        }
        let moved = match connection {
            Connection::Sqlite(c) => on_sqlite::write(c, self, &head, from)?,
            Connection::Postgres(c) => on_postgres::write(c, self, &head, from)?,
        };
        self.write_householders(connection)?;
        if moved == 1 { Ok(()) } else { Err(DbError::corrupt("the head moved under its lock")) }
    }

    /// Writes codes and erasures after everything else, because they name rows of the same batch.
    fn write_householders(&self, connection: &mut Connection) -> Result<(), DbError> {
        for chunk in self.erased.chunks(CHUNK) {
            let erase = || {
                let erased = (entry_facts::salt.eq(None::<Vec<u8>>), entry_facts::note.eq(None::<String>));
                diesel::update(entry_facts::table.filter(entry_facts::version.eq_any(chunk))).set(erased)
            };
            on_backend!(connection, c => erase().execute(c))?;
        }
        match connection {
            _ if self.codes.is_empty() => {}
            Connection::Sqlite(c) => {
                for row in &self.codes {
                    diesel::replace_into(householder_codes::table).values(row).execute(&mut **c)?;
                }
            }
            Connection::Postgres(c) => {
                on_postgres::write_codes(c, &self.codes)?;
            }
        }
        Ok(())
    }
}
