//! The watchdog of the writer. A path to the database may stall without a sign: something on it goes on acknowledging what is sent, and
//! hands nothing on. The driver then waits for ever. Once the writer has not come round for long, the watchdog tries a connection of its
//! own. If that one can lock the head and commit, and once more ten seconds later, the writer waits for nothing, and the process gives
//! up, to be started anew. Once is not enough, because a standby that came back a moment ago lets the writer go on, too. If nobody can
//! commit, because the standby is gone, the process stays, because its public reads go on.

use std::sync::mpsc::channel;
use std::sync::{Arc, Weak};
use std::thread;
use std::time::{Duration, Instant};

use crate::db::engine::transaction;
use crate::db::ledger::{clock, head};
use crate::db::{Database, DbError, Url};

use super::writer::Shared;

/// A writer that has not come round for this long may wait for nothing. Every statement of a batch ends earlier.
const STALLED_AFTER: Duration = Duration::from_secs(30);
/// How often the watchdog looks.
const LOOK_EVERY: Duration = Duration::from_secs(1);
/// The connection of the watchdog must have committed after this long.
const PROBE_WITHIN: Duration = Duration::from_secs(10);

/// Watches the writer of a register, until both are gone. A file of SQLite has no path that could stall.
pub fn watch(database: &Database, shared: &Arc<Shared>) -> Result<(), DbError> {
    let Url::Postgres(_) = database.url() else { return Ok(()) };
    let (database, shared) = (database.clone(), Arc::downgrade(shared));
    let watching = thread::Builder::new().name("watchdog".to_owned()).spawn(move || look(&database, &shared));
    watching.map(drop).map_err(|error| DbError::Unusable(format!("the watchdog cannot start: {error}")))
}

fn look(database: &Database, shared: &Weak<Shared>) {
    let (mut tried_at, mut could_before) = (Instant::now(), false);
    loop {
        thread::sleep(LOOK_EVERY);
        let Some(shared) = shared.upgrade().filter(|shared| shared.is_alive()) else { return };
        if shared.writer_came_round_ago() < STALLED_AFTER {
            could_before = false;
            continue;
        }
        if tried_at.elapsed() < PROBE_WITHIN {
            continue;
        }
        tried_at = Instant::now();
        let can_commit = can_commit(database);
        if can_commit && could_before && shared.writer_came_round_ago() >= STALLED_AFTER {
            tracing::error!(
                "the writer waits for an answer that never comes, while a new connection can write: the service stops"
            );
            shared.give_up();
            return;
        }
        could_before = can_commit;
        tracing::error!(can_commit, "the writer has not come round for long");
    }
}

/// Whether a new connection can lock the head and commit. Its thread is left behind if it does not come back.
fn can_commit(database: &Database) -> bool {
    let (done, came) = channel();
    let database = database.clone();
    let probe = move || {
        let probed = database.apart(1).and_then(|database| {
            transaction::write(&mut database.connection()?, |connection| {
                let head = head::lock(connection)?;
                clock::note_seen(connection, head.last_sign())
            })
        });
        let _ = done.send(probed.is_ok());
    };
    let started = thread::Builder::new().name("watchdog-probe".to_owned()).spawn(probe);
    started.is_ok() && came.recv_timeout(PROBE_WITHIN).unwrap_or(false)
}
