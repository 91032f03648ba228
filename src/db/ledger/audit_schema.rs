//! The schema as it is, and as the migrations make it: tables with their columns and constraints, indexes, triggers and the
//! functions behind them.
//!
//! The same database makes both, so that no version of it words them differently: SQLite in memory, PostgreSQL in a schema
//! of its own, inside a transaction that is rolled back.

use diesel::{RunQueryDsl, sql_types};

use crate::db::engine::{Connection, Database, DbError, Url, migrations, on_backend, transaction};

/// A part of a schema.
#[derive(diesel::QueryableByName, Clone, PartialEq, Eq, Debug)]
pub struct SchemaObject {
    /// `table`, `column`, `constraint`, `index`, `trigger`, `rule`, `policy` or `function`.
    #[diesel(sql_type = sql_types::Text)]
    pub kind: String,
    /// Its table; a function has none.
    #[diesel(sql_type = sql_types::Text)]
    pub table: String,
    #[diesel(sql_type = sql_types::Text)]
    pub name: String,
    /// What it is, in the words of the database.
    #[diesel(sql_type = sql_types::Text)]
    pub definition: String,
}

/// The schema that migrations make.
pub enum MadeSchema {
    Made {
        objects: Vec<SchemaObject>,
        /// Migrations of this program that the database does not know yet.
        left_out: usize,
    },
    /// It could not be made; the words say why.
    NotMade(String),
    /// The database says that other migrations were applied than this program has, or not in their order.
    OtherMigrations,
}

const ON_SQLITE: &str =
    "SELECT type AS kind, lower(tbl_name) AS \"table\", name, coalesce(sql, '') AS definition FROM sqlite_master";

/// Every word that this query gets from the catalog leaves out names of schemas that the search path leads to, so that two
/// schemas with the same tables read the same.
const ON_POSTGRES: &str = "
WITH place AS (
    SELECT coalesce((SELECT relnamespace FROM pg_class WHERE oid = to_regclass('register_head')),
                    current_schema()::regnamespace::oid) AS oid
), ours AS (
    SELECT c.oid, c.relname::text AS name, c.relkind::text AS relkind, c.relpersistence::text AS persistence,
           c.relrowsecurity, c.relforcerowsecurity
    FROM pg_class c, place WHERE c.relnamespace = place.oid AND c.relkind IN ('r', 'p', 'v', 'm', 'f')
)
SELECT 'table' AS kind, name AS \"table\", name, concat_ws(' ', relkind, persistence, relrowsecurity, relforcerowsecurity,
    EXISTS (SELECT 1 FROM pg_inherits WHERE inhparent = ours.oid), to_regclass(quote_ident(name)) = ours.oid) AS definition
FROM ours
UNION ALL
SELECT 'column', ours.name, ours.name || '.' || a.attname, concat_ws(' ', format_type(a.atttypid, a.atttypmod), a.attnotnull,
    a.attidentity, a.attgenerated, (SELECT collname FROM pg_collation WHERE oid = a.attcollation),
    (SELECT pg_get_expr(adbin, adrelid, true) FROM pg_attrdef WHERE adrelid = a.attrelid AND adnum = a.attnum))
FROM ours JOIN pg_attribute a ON a.attrelid = ours.oid WHERE a.attnum > 0 AND NOT a.attisdropped
UNION ALL
SELECT 'constraint', ours.name, ours.name || '.' || c.conname, concat_ws(' ', pg_get_constraintdef(c.oid, true), c.convalidated,
    (SELECT string_agg(DISTINCT tgenabled::text, '') FROM pg_trigger WHERE tgconstraint = c.oid))
FROM ours JOIN pg_constraint c ON c.conrelid = ours.oid WHERE c.contype <> 'n'
UNION ALL
SELECT 'index', ours.name, c.relname, concat_ws(' ', pg_get_indexdef(i.indexrelid, 0, true), i.indisvalid)
FROM ours JOIN pg_index i ON i.indrelid = ours.oid JOIN pg_class c ON c.oid = i.indexrelid
UNION ALL
SELECT 'trigger', ours.name, t.tgname, concat_ws(' ', pg_get_triggerdef(t.oid, true), t.tgenabled)
FROM ours JOIN pg_trigger t ON t.tgrelid = ours.oid WHERE NOT t.tgisinternal
UNION ALL
SELECT 'rule', ours.name, r.rulename, concat_ws(' ', pg_get_ruledef(r.oid, true), r.ev_enabled)
FROM ours JOIN pg_rewrite r ON r.ev_class = ours.oid
UNION ALL
SELECT 'policy', ours.name, p.polname, p.polcmd::text FROM ours JOIN pg_policy p ON p.polrelid = ours.oid
UNION ALL
SELECT 'function', '', p.proname || '(' || pg_get_function_identity_arguments(p.oid) || ')', concat_ws(' ', l.lanname,
    p.prorettype::regtype, p.prosecdef, p.provolatile, p.proconfig, p.prosrc)
FROM pg_proc p JOIN place ON p.pronamespace = place.oid JOIN pg_language l ON l.oid = p.prolang";

/// Everything that the schema of the register holds, tables of others included.
pub fn stored(connection: &mut Connection) -> Result<Vec<SchemaObject>, DbError> {
    let sql = if matches!(connection, Connection::Sqlite(_)) { ON_SQLITE } else { ON_POSTGRES };
    Ok(on_backend!(connection, c => diesel::sql_query(sql).load(c))?)
}

/// The schema that those migrations make which the database says were applied.
pub fn made_by_migrations(connection: &mut Connection) -> Result<MadeSchema, DbError> {
    let Some(applied) = migrations::applied(connection)? else { return Ok(MadeSchema::OtherMigrations) };
    let left_out = migrations::known(connection)? - applied;
    if matches!(connection, Connection::Sqlite(_)) {
        let memory = Database::open(&Url::Sqlite(":memory:".to_owned()), 1)?;
        return made(&mut memory.connection()?, applied, left_out);
    }
    if let Some(why) = may_not_make(connection)? {
        return Ok(MadeSchema::NotMade(why.to_owned()));
    }
    let name = format!("green_homes_audit_{}", uuid::Uuid::new_v4().simple());
    transaction::begin_write(connection)?;
    let begin = format!("CREATE SCHEMA {name}; SET LOCAL search_path = {name}");
    let made = transaction::execute(connection, &begin).and_then(|()| made(connection, applied, left_out));
    transaction::rollback(connection);
    match made {
        Err(error) if !error.is_unavailable() => {
            Ok(MadeSchema::NotMade(format!("to compare with could not be made: {error}")))
        }
        made => made,
    }
}

fn made(connection: &mut Connection, applied: usize, left_out: usize) -> Result<MadeSchema, DbError> {
    migrations::make_schema(connection, applied)?;
    Ok(MadeSchema::Made { objects: stored(connection)?, left_out })
}

#[derive(diesel::QueryableByName)]
struct Rights {
    #[diesel(sql_type = sql_types::Bool)]
    may_create: bool,
    #[diesel(sql_type = sql_types::Bool)]
    read_only: bool,
}

/// Why this role cannot make a schema on this server.
fn may_not_make(connection: &mut Connection) -> Result<Option<&'static str>, DbError> {
    let query = "SELECT has_database_privilege(current_database(), 'CREATE') AS may_create, \
                 pg_is_in_recovery() OR current_setting('transaction_read_only') = 'on' AS read_only";
    let rights: Rights = on_backend!(connection, c => diesel::sql_query(query).get_result(c))?;
    Ok(match rights {
        Rights { read_only: true, .. } => {
            Some("this server or this role only reads, and to compare needs a schema for a moment")
        }
        Rights { may_create: false, .. } => Some(
            "this role may not make a schema in this database: audit with the role of the service, or GRANT CREATE ON DATABASE",
        ),
        _ => None,
    })
}
