//! The content of a database at one moment, and the way back to it under the processes that use the database, as after a failover to
//! a standby that lagged.

use std::sync::atomic::{AtomicU32, Ordering};

use super::{TestDatabase, db_execute, db_lines};

/// The content of a database at one moment.
pub struct Content {
    url: String,
    /// The tables.
    tables: Vec<String>,
    /// The file or the schema that holds it.
    kept: String,
}

impl Content {
    /// The content of now.
    pub fn db_of(database: &TestDatabase) -> Self {
        static NUMBER: AtomicU32 = AtomicU32::new(0);
        let number = NUMBER.fetch_add(1, Ordering::Relaxed);
        let url = database.url.clone();
        let (kept, tables) = if database.is_sqlite() {
            let kept = database.data_dir.path().join(format!("kept-{number}.db")).display().to_string();
            db_execute(&url, &format!("VACUUM INTO '{kept}'")).unwrap();
            let tables = "SELECT name AS line FROM sqlite_master WHERE type = 'table' AND name NOT LIKE 'sqlite%'";
            (kept, db_lines(&url, tables))
        } else {
            let kept = format!("kept_{number}");
            let tables = db_lines(&url, "SELECT tablename::text AS line FROM pg_tables WHERE schemaname = 'public'");
            let copy = |table: &String| format!("CREATE TABLE {kept}.{table} AS TABLE public.{table};");
            let copies: String = tables.iter().map(copy).collect();
            db_execute(&url, &format!("BEGIN ISOLATION LEVEL REPEATABLE READ; CREATE SCHEMA {kept}; {copies} COMMIT"))
                .unwrap();
            (kept, tables)
        };
        Self { url, tables, kept }
    }

    /// Statements that make it the content again, for one transaction that skips triggers.
    pub fn statements(&self) -> String {
        let (kept, of) = if self.url.starts_with("sqlite") { ("kept", "main") } else { (&*self.kept, "public") };
        let put = |table: &String| {
            format!("DELETE FROM {of}.{table}; INSERT INTO {of}.{table} SELECT * FROM {kept}.{table};")
        };
        self.tables.iter().map(put).collect()
    }

    /// Makes it the content again, in one transaction.
    pub fn db_put_back(&self) {
        let put = self.statements();
        let script = if self.url.starts_with("sqlite") {
            let triggers = "FROM sqlite_master WHERE type = 'trigger'";
            let drop = db_lines(&self.url, &format!("SELECT 'DROP TRIGGER ' || name AS line {triggers}")).join(";");
            let create = db_lines(&self.url, &format!("SELECT sql AS line {triggers}")).join(";");
            let kept = &self.kept;
            format!(
                "PRAGMA foreign_keys = OFF; ATTACH '{kept}' AS kept; BEGIN IMMEDIATE; {drop}; {put} {create}; COMMIT; DETACH kept"
            )
        } else {
            format!("BEGIN; SET LOCAL session_replication_role = replica; {put} COMMIT")
        };
        db_execute(&self.url, &script).unwrap();
    }
}
