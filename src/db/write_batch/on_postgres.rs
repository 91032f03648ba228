//! A batch on PostgreSQL: one prepared statement, one round trip.
//!
//! The statement is a chain of common table expressions, one a table, and ends with the head:
//!
//! ```sql
//! WITH t0 AS (INSERT INTO sites (id, partner, …) SELECT * FROM unnest($1, $2, …)),
//!      t1 AS (UPDATE sites SET kind = new.kind, … FROM unnest($14, …) AS new (…) WHERE sites.id = new.id),
//!      …
//! UPDATE register_head SET version = $n, … WHERE id = 1 AND version = $m
//! ```
//!
//! Each table takes its rows as one array a column. The text is therefore the same for one row and for 256, and for
//! a table without rows, so that PostgreSQL parses and plans it once a connection. All parts see the tables as they
//! were before the statement. So a batch may write a row once only: it holds each record in its last state.

use diesel::pg::Pg;
use diesel::query_builder::{AstPass, QueryFragment, QueryId};
use diesel::sql_types::{BigInt, Binary, Timestamp};
use diesel::{PgConnection, QueryResult, RunQueryDsl};

use crate::db::tables::{
    CodeRow, EntryRow, FactsRow, InstallationRow, JournalRow, MeasureRow, SitePrivateRow, SiteRefRow, SiteRow, entries,
    entry_facts, householder_codes, installation_measures, installations, journal, site_private, site_refs, sites,
};

use super::batch::{Batch, NewHead};
use super::columns::{ColumnValues, TableChange, Way, big, boolean, bytes, date, int, maybe_text, text, time};

/// Writes every row of the batch and moves the head from the version `from`. Returns the number of heads moved.
pub(super) fn write(c: &mut PgConnection, batch: &Batch, head: &NewHead, from: i64) -> QueryResult<usize> {
    WriteBatch { changes: changes(batch), head, from }.execute(c)
}

/// Writes the new codes of householders; the earlier code of a site stops working.
pub(super) fn write_codes(c: &mut PgConnection, rows: &[CodeRow]) -> QueryResult<usize> {
    codes(rows).execute(c)
}

struct WriteBatch<'a> {
    changes: [TableChange<'a>; 10],
    head: &'a NewHead,
    from: i64,
}

impl RunQueryDsl<PgConnection> for WriteBatch<'_> {}

/// Diesel caches the prepared statement by this type, because its text never changes.
impl QueryId for WriteBatch<'_> {
    type QueryId = WriteBatch<'static>;
    const HAS_STATIC_QUERY_ID: bool = true;
}

impl QueryFragment<Pg> for WriteBatch<'_> {
    fn walk_ast<'b>(&'b self, mut out: AstPass<'_, 'b, Pg>) -> QueryResult<()> {
        for (index, change) in self.changes.iter().enumerate() {
            out.push_sql(if index == 0 { "WITH t0 AS (" } else { "), t" });
            if index > 0 {
                out.push_sql(&index.to_string());
                out.push_sql(" AS (");
            }
            change.walk_ast(out.reborrow())?;
        }
        out.push_sql(") UPDATE register_head SET version = ");
        out.push_bind_param::<BigInt, _>(&self.head.version)?;
        out.push_sql(", hash = ");
        out.push_bind_param::<Binary, _>(&self.head.hash)?;
        out.push_sql(", recorded_at = ");
        out.push_bind_param::<Timestamp, _>(&self.head.recorded_at)?;
        out.push_sql(" WHERE id = 1 AND version = ");
        out.push_bind_param::<BigInt, _>(&self.from)
    }
}

fn changes(batch: &Batch) -> [TableChange<'_>; 10] {
    // Named one by one, so that a table added to the batch and not written does not compile. Measures that are
    // replaced, codes and erasures are statements of their own: `write.rs`.
    let Batch {
        sites,
        changed_sites,
        refs,
        privates,
        installations,
        changed_installations,
        measures,
        entries,
        facts,
        journal,
        remeasured: _,
        codes: _,
        erased: _,
    } = batch;
    let change = |table, columns, way| TableChange { table, columns, way };
    let update_site = Way::Update { key: "id", never_change: &["partner"] };
    let update_installation = Way::Update {
        key: "id",
        never_change: &["partner", "sandbox", "external_id", "reported_at", "registered_version"],
    };
    [
        change("sites", site_columns(sites), Way::Insert),
        change("sites", site_columns(changed_sites), update_site),
        change("site_refs", site_ref_columns(refs), Way::Insert),
        change("site_private", site_private_columns(privates), Way::InsertOrReplace { key: "site" }),
        change("installations", installation_columns(installations), Way::Insert),
        change("installations", installation_columns(changed_installations), update_installation),
        change("installation_measures", measure_columns(measures), Way::Insert),
        change("entries", entry_columns(entries), Way::Insert),
        change("entry_facts", facts_columns(facts), Way::Insert),
        change("journal", journal_columns(journal), Way::Insert),
    ]
}

fn site_columns(rows: &[SiteRow]) -> Vec<ColumnValues<'_>> {
    vec![
        text(sites::id, rows, |r| &r.id),
        text(sites::partner, rows, |r| &r.partner),
        text(sites::kind, rows, |r| &r.kind),
        text(sites::province_code, rows, |r| &r.province_code),
        maybe_text(sites::former_province_code, rows, |r| r.former_province_code.as_deref()),
        maybe_text(sites::commune_code, rows, |r| r.commune_code.as_deref()),
        boolean(sites::low_income, rows, |r| r.low_income),
        boolean(sites::remote, rows, |r| r.remote),
        boolean(sites::woman_headed, rows, |r| r.woman_headed),
        int(sites::place_version, rows, |r| Some(r.place_version)),
        maybe_text(sites::superseded_by, rows, |r| r.superseded_by.as_deref()),
        int(sites::revision, rows, |r| Some(r.revision)),
        big(sites::version, rows, |r| Some(r.version)),
    ]
}

fn site_ref_columns(rows: &[SiteRefRow]) -> Vec<ColumnValues<'_>> {
    vec![
        text(site_refs::partner, rows, |r| &r.partner),
        text(site_refs::external_id, rows, |r| &r.external_id),
        text(site_refs::site, rows, |r| &r.site),
        big(site_refs::version, rows, |r| Some(r.version)),
    ]
}

fn site_private_columns(rows: &[SitePrivateRow]) -> Vec<ColumnValues<'_>> {
    vec![
        text(site_private::site, rows, |r| &r.site),
        maybe_text(site_private::address, rows, |r| r.address.as_deref()),
        maybe_text(site_private::grid_customer_code, rows, |r| r.grid_customer_code.as_deref()),
        int(site_private::lat_microdeg, rows, |r| r.lat_microdeg),
        int(site_private::lon_microdeg, rows, |r| r.lon_microdeg),
        date(site_private::consent_on, rows, |r| r.consent_on),
        int(site_private::consent_text_version, rows, |r| r.consent_text_version),
        date(site_private::consent_withdrawn_on, rows, |r| r.consent_withdrawn_on),
    ]
}

fn installation_columns(rows: &[InstallationRow]) -> Vec<ColumnValues<'_>> {
    vec![
        text(installations::id, rows, |r| &r.id),
        text(installations::site, rows, |r| &r.site),
        text(installations::partner, rows, |r| &r.partner),
        boolean(installations::sandbox, rows, |r| Some(r.sandbox)),
        text(installations::external_id, rows, |r| &r.external_id),
        maybe_text(installations::project, rows, |r| r.project.as_deref()),
        date(installations::installed_on, rows, |r| r.installed_on),
        text(installations::status, rows, |r| &r.status),
        maybe_text(installations::evidence_tier, rows, |r| r.evidence_tier.as_deref()),
        time(installations::reported_at, rows, |r| Some(r.reported_at)),
        time(installations::verified_at, rows, |r| r.verified_at),
        date(installations::decommissioned_on, rows, |r| r.decommissioned_on),
        big(installations::cost_vnd, rows, |r| r.cost_vnd),
        big(installations::support_vnd, rows, |r| r.support_vnd),
        maybe_text(installations::finance, rows, |r| r.finance.as_deref()),
        maybe_text(installations::system_owner, rows, |r| r.system_owner.as_deref()),
        maybe_text(installations::power_use, rows, |r| r.power_use.as_deref()),
        maybe_text(installations::attributes_sold, rows, |r| r.attributes_sold.as_deref()),
        big(installations::registered_version, rows, |r| Some(r.registered_version)),
        int(installations::revision, rows, |r| Some(r.revision)),
        big(installations::version, rows, |r| Some(r.version)),
        text(installations::province_code, rows, |r| &r.province_code),
        boolean(installations::set_aside, rows, |r| Some(r.set_aside)),
    ]
}

fn measure_columns(rows: &[MeasureRow]) -> Vec<ColumnValues<'_>> {
    vec![
        text(installation_measures::installation, rows, |r| &r.installation),
        int(installation_measures::measure, rows, |r| Some(r.measure)),
        big(installation_measures::quantity, rows, |r| Some(r.quantity)),
        big(installation_measures::inverter_w, rows, |r| r.inverter_w),
    ]
}

fn entry_columns(rows: &[EntryRow]) -> Vec<ColumnValues<'_>> {
    vec![
        big(entries::version, rows, |r| Some(r.version)),
        time(entries::recorded_at, rows, |r| Some(r.recorded_at)),
        text(entries::actor, rows, |r| &r.actor),
        text(entries::action, rows, |r| &r.action),
        text(entries::cause, rows, |r| &r.cause),
        text(entries::subject, rows, |r| &r.subject),
        bytes(entries::digest, rows, |r| Some(&r.digest)),
        bytes(entries::journal_digest, rows, |r| Some(&r.journal_digest)),
        bytes(entries::previous, rows, |r| Some(&r.previous)),
        bytes(entries::hash, rows, |r| Some(&r.hash)),
        big(entries::public_version, rows, |r| r.public_version),
    ]
}

fn facts_columns(rows: &[FactsRow]) -> Vec<ColumnValues<'_>> {
    vec![
        big(entry_facts::version, rows, |r| Some(r.version)),
        bytes(entry_facts::salt, rows, |r| r.salt.as_deref()),
        text(entry_facts::facts, rows, |r| &r.facts),
        maybe_text(entry_facts::note, rows, |r| r.note.as_deref()),
    ]
}

fn journal_columns(rows: &[JournalRow]) -> Vec<ColumnValues<'_>> {
    vec![
        big(journal::version, rows, |r| Some(r.version)),
        int(journal::seq, rows, |r| Some(r.seq)),
        date(journal::recorded_on, rows, |r| Some(r.recorded_on)),
        text(journal::cause, rows, |r| &r.cause),
        big(journal::cell, rows, |r| Some(r.cell)),
        text(journal::deltas, rows, |r| &r.deltas),
    ]
}

fn codes(rows: &[CodeRow]) -> TableChange<'_> {
    let columns = vec![
        bytes(householder_codes::hash, rows, |r| Some(&r.hash)),
        text(householder_codes::site, rows, |r| &r.site),
        time(householder_codes::issued_at, rows, |r| Some(r.issued_at)),
    ];
    TableChange { table: "householder_codes", columns, way: Way::InsertOrReplace { key: "site" } }
}

#[cfg(test)]
mod tests {
    use diesel::QueryDsl;

    use super::*;

    /// The names of all columns of a table in `schema.rs`, in their order.
    macro_rules! schema_columns {
        ($table:ident) => {{
            let query = $table::table.select($table::all_columns);
            let text = diesel::debug_query::<Pg, _>(&query).to_string();
            let (list, _) = text.trim_start_matches("SELECT ").split_once(" FROM ").unwrap();
            let name = |column: &str| column.rsplit('.').next().unwrap().trim_matches('"').to_owned();
            list.split(", ").map(name).collect::<Vec<_>>()
        }};
    }

    /// SQLite writes the rows by derive. A column forgotten here would be null on PostgreSQL alone.
    #[test]
    fn write_batch_gives_each_table_every_column_of_the_schema() {
        let batch = Batch::default();
        let mut changes = Vec::from(changes(&batch));
        changes.push(codes(&batch.codes));
        for change in &changes {
            let columns = match change.table {
                "sites" => schema_columns!(sites),
                "site_refs" => schema_columns!(site_refs),
                "site_private" => schema_columns!(site_private),
                "installations" => schema_columns!(installations),
                "installation_measures" => schema_columns!(installation_measures),
                "entries" => schema_columns!(entries),
                "entry_facts" => schema_columns!(entry_facts),
                "journal" => schema_columns!(journal),
                "householder_codes" => schema_columns!(householder_codes),
                other => panic!("{other} is no table of a batch"),
            };
            let names: Vec<&str> = change.columns.iter().map(|column| column.name).collect();
            assert_eq!(names, columns, "{}", change.table);
            if let Way::Update { key, never_change } = change.way {
                assert!(never_change.iter().chain([&key]).all(|name| names.contains(name)), "{}", change.table);
            }
        }
    }
}
