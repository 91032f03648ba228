//! A batch on PostgreSQL: one prepared statement, one round trip. Each table gets its rows as
//! one array a column, so the statement's text never changes and is planned once.

use diesel::pg::Pg;
use diesel::query_builder::{AstPass, QueryFragment, QueryId};
use diesel::sql_types::{Array, BigInt, Binary, Bool, Date, Integer, Nullable, Text, Timestamp};
use diesel::{PgConnection, QueryResult, RunQueryDsl};

use chrono::{NaiveDate, NaiveDateTime};

use super::store::{Batch, NewHead};

/// Moves the head and inserts every row of the batch.
pub(super) fn write(c: &mut PgConnection, batch: &Batch, head: &NewHead, from: i64) -> QueryResult<usize> {
    WriteBatch { tables: tables(batch), head, from }.execute(c)
}

struct WriteBatch<'a> {
    tables: [Table<'a>; 8],
    head: &'a NewHead,
    from: i64,
}

/// The rows of one table, column by column.
struct Table<'a> {
    insert: &'static str,
    columns: Vec<Column<'a>>,
    on_conflict: &'static str,
}

enum Column<'a> {
    Text(Vec<Option<&'a str>>),
    Int(Vec<Option<i32>>),
    Big(Vec<Option<i64>>),
    Bool(Vec<Option<bool>>),
    Date(Vec<Option<NaiveDate>>),
    Time(Vec<Option<NaiveDateTime>>),
    Bytes(Vec<Option<&'a [u8]>>),
}

impl RunQueryDsl<PgConnection> for WriteBatch<'_> {}

/// One text for ever, so one prepared statement.
impl QueryId for WriteBatch<'_> {
    type QueryId = WriteBatch<'static>;
    const HAS_STATIC_QUERY_ID: bool = true;
}

impl QueryFragment<Pg> for WriteBatch<'_> {
    fn walk_ast<'b>(&'b self, mut out: AstPass<'_, 'b, Pg>) -> QueryResult<()> {
        for (index, table) in self.tables.iter().enumerate() {
            out.push_sql(if index == 0 { "WITH t0 AS (" } else { "), t" });
            if index > 0 {
                out.push_sql(&index.to_string());
                out.push_sql(" AS (");
            }
            table.walk(&mut out)?;
        }
        out.push_sql(") UPDATE register_head SET version = ");
        out.push_bind_param::<BigInt, _>(&self.head.version)?;
        out.push_sql(", hash = ");
        out.push_bind_param::<Binary, _>(&self.head.hash)?;
        out.push_sql(", recorded_at = ");
        out.push_bind_param::<Timestamp, _>(&self.head.recorded_at)?;
        out.push_sql(" WHERE version = ");
        out.push_bind_param::<BigInt, _>(&self.from)
    }
}

impl Table<'_> {
    fn walk<'b>(&'b self, out: &mut AstPass<'_, 'b, Pg>) -> QueryResult<()> {
        out.push_sql("INSERT INTO ");
        out.push_sql(self.insert);
        out.push_sql(" SELECT * FROM unnest(");
        for (index, column) in self.columns.iter().enumerate() {
            if index > 0 {
                out.push_sql(", ");
            }
            match column {
                Column::Text(values) => out.push_bind_param::<Array<Nullable<Text>>, _>(values)?,
                Column::Int(values) => out.push_bind_param::<Array<Nullable<Integer>>, _>(values)?,
                Column::Big(values) => out.push_bind_param::<Array<Nullable<BigInt>>, _>(values)?,
                Column::Bool(values) => out.push_bind_param::<Array<Nullable<Bool>>, _>(values)?,
                Column::Date(values) => out.push_bind_param::<Array<Nullable<Date>>, _>(values)?,
                Column::Time(values) => out.push_bind_param::<Array<Nullable<Timestamp>>, _>(values)?,
                Column::Bytes(values) => out.push_bind_param::<Array<Nullable<Binary>>, _>(values)?,
            }
        }
        out.push_sql(") ");
        out.push_sql(self.on_conflict);
        Ok(())
    }
}

fn text<'a, R>(rows: &'a [R], get: impl Fn(&'a R) -> &'a str) -> Column<'a> {
    Column::Text(rows.iter().map(|row| Some(get(row))).collect())
}

fn maybe_text<'a, R>(rows: &'a [R], get: impl Fn(&'a R) -> Option<&'a str>) -> Column<'a> {
    Column::Text(rows.iter().map(get).collect())
}

fn big<'a, R>(rows: &'a [R], get: impl Fn(&'a R) -> Option<i64>) -> Column<'a> {
    Column::Big(rows.iter().map(get).collect())
}

fn int<'a, R>(rows: &'a [R], get: impl Fn(&'a R) -> Option<i32>) -> Column<'a> {
    Column::Int(rows.iter().map(get).collect())
}

fn boolean<'a, R>(rows: &'a [R], get: impl Fn(&'a R) -> Option<bool>) -> Column<'a> {
    Column::Bool(rows.iter().map(get).collect())
}

fn date<'a, R>(rows: &'a [R], get: impl Fn(&'a R) -> Option<NaiveDate>) -> Column<'a> {
    Column::Date(rows.iter().map(get).collect())
}

fn time<'a, R>(rows: &'a [R], get: impl Fn(&'a R) -> Option<NaiveDateTime>) -> Column<'a> {
    Column::Time(rows.iter().map(get).collect())
}

fn bytes<'a, R>(rows: &'a [R], get: impl Fn(&'a R) -> Option<&'a [u8]>) -> Column<'a> {
    Column::Bytes(rows.iter().map(get).collect())
}

fn tables(batch: &Batch) -> [Table<'_>; 8] {
    [
        sites(batch),
        site_refs(batch),
        site_private(batch),
        installations(batch),
        installation_measures(batch),
        entries(batch),
        entry_facts(batch),
        journal(batch),
    ]
}

fn sites(batch: &Batch) -> Table<'_> {
    let rows = &batch.sites;
    Table {
        insert: "sites (id, partner, kind, province_code, former_province_code, commune_code, low_income, remote, \
                 woman_headed, place_version, superseded_by, revision, version)",
        columns: vec![
            text(rows, |r| &r.id),
            text(rows, |r| &r.partner),
            text(rows, |r| &r.kind),
            text(rows, |r| &r.province_code),
            maybe_text(rows, |r| r.former_province_code.as_deref()),
            maybe_text(rows, |r| r.commune_code.as_deref()),
            boolean(rows, |r| r.low_income),
            boolean(rows, |r| r.remote),
            boolean(rows, |r| r.woman_headed),
            int(rows, |r| Some(r.place_version)),
            maybe_text(rows, |r| r.superseded_by.as_deref()),
            int(rows, |r| Some(r.revision)),
            big(rows, |r| Some(r.version)),
        ],
        on_conflict: "ON CONFLICT (id) DO UPDATE SET kind = excluded.kind, province_code = excluded.province_code, \
             former_province_code = excluded.former_province_code, commune_code = excluded.commune_code, \
             low_income = excluded.low_income, remote = excluded.remote, woman_headed = excluded.woman_headed, \
             place_version = excluded.place_version, superseded_by = excluded.superseded_by, \
             revision = excluded.revision, version = excluded.version",
    }
}

fn site_refs(batch: &Batch) -> Table<'_> {
    let rows = &batch.refs;
    Table {
        insert: "site_refs (partner, external_id, site)",
        columns: vec![text(rows, |r| &r.partner), text(rows, |r| &r.external_id), text(rows, |r| &r.site)],
        on_conflict: "",
    }
}

fn site_private(batch: &Batch) -> Table<'_> {
    let rows = &batch.privates;
    Table {
        insert: "site_private (site, address, grid_customer_code, lat_microdeg, lon_microdeg, consent_on, \
                 consent_text_version)",
        columns: vec![
            text(rows, |r| &r.site),
            maybe_text(rows, |r| r.address.as_deref()),
            maybe_text(rows, |r| r.grid_customer_code.as_deref()),
            int(rows, |r| r.lat_microdeg),
            int(rows, |r| r.lon_microdeg),
            date(rows, |r| r.consent_on),
            int(rows, |r| r.consent_text_version),
        ],
        on_conflict: "",
    }
}

fn installations(batch: &Batch) -> Table<'_> {
    let rows = &batch.installations;
    Table {
        insert: "installations (id, site, partner, sandbox, external_id, project, installed_on, status, \
                 evidence_tier, reported_at, verified_at, decommissioned_on, cost_vnd, support_vnd, finance, \
                 system_owner, power_use, attributes_sold, registered_version, revision, version)",
        columns: vec![
            text(rows, |r| &r.id),
            text(rows, |r| &r.site),
            text(rows, |r| &r.partner),
            boolean(rows, |r| Some(r.sandbox)),
            text(rows, |r| &r.external_id),
            maybe_text(rows, |r| r.project.as_deref()),
            date(rows, |r| r.installed_on),
            text(rows, |r| &r.status),
            maybe_text(rows, |r| r.evidence_tier.as_deref()),
            time(rows, |r| Some(r.reported_at)),
            time(rows, |r| r.verified_at),
            date(rows, |r| r.decommissioned_on),
            big(rows, |r| r.cost_vnd),
            big(rows, |r| r.support_vnd),
            maybe_text(rows, |r| r.finance.as_deref()),
            maybe_text(rows, |r| r.system_owner.as_deref()),
            maybe_text(rows, |r| r.power_use.as_deref()),
            maybe_text(rows, |r| r.attributes_sold.as_deref()),
            big(rows, |r| Some(r.registered_version)),
            int(rows, |r| Some(r.revision)),
            big(rows, |r| Some(r.version)),
        ],
        on_conflict: "ON CONFLICT (id) DO UPDATE SET site = excluded.site, project = excluded.project, \
             installed_on = excluded.installed_on, status = excluded.status, \
             evidence_tier = excluded.evidence_tier, verified_at = excluded.verified_at, \
             decommissioned_on = excluded.decommissioned_on, cost_vnd = excluded.cost_vnd, \
             support_vnd = excluded.support_vnd, finance = excluded.finance, \
             system_owner = excluded.system_owner, power_use = excluded.power_use, \
             attributes_sold = excluded.attributes_sold, revision = excluded.revision, version = excluded.version",
    }
}

fn installation_measures(batch: &Batch) -> Table<'_> {
    let rows = &batch.measures;
    Table {
        insert: "installation_measures (installation, measure, quantity, inverter_w)",
        columns: vec![
            text(rows, |r| &r.installation),
            int(rows, |r| Some(r.measure)),
            big(rows, |r| Some(r.quantity)),
            big(rows, |r| r.inverter_w),
        ],
        on_conflict: "",
    }
}

fn entries(batch: &Batch) -> Table<'_> {
    let rows = &batch.entries;
    Table {
        insert: "entries (version, recorded_at, actor, action, cause, subject, digest, journal_digest, previous, hash)",
        columns: vec![
            big(rows, |r| Some(r.version)),
            time(rows, |r| Some(r.recorded_at)),
            text(rows, |r| &r.actor),
            text(rows, |r| &r.action),
            text(rows, |r| &r.cause),
            text(rows, |r| &r.subject),
            bytes(rows, |r| Some(&r.digest)),
            bytes(rows, |r| Some(&r.journal_digest)),
            bytes(rows, |r| Some(&r.previous)),
            bytes(rows, |r| Some(&r.hash)),
        ],
        on_conflict: "",
    }
}

fn entry_facts(batch: &Batch) -> Table<'_> {
    let rows = &batch.facts;
    Table {
        insert: "entry_facts (version, salt, facts, note)",
        columns: vec![
            big(rows, |r| Some(r.version)),
            bytes(rows, |r| r.salt.as_deref()),
            text(rows, |r| &r.facts),
            maybe_text(rows, |r| r.note.as_deref()),
        ],
        on_conflict: "",
    }
}

fn journal(batch: &Batch) -> Table<'_> {
    let rows = &batch.journal;
    Table {
        insert: "journal (version, seq, recorded_on, cause, cell, deltas)",
        columns: vec![
            big(rows, |r| Some(r.version)),
            int(rows, |r| Some(r.seq)),
            date(rows, |r| Some(r.recorded_on)),
            text(rows, |r| &r.cause),
            big(rows, |r| Some(r.cell)),
            text(rows, |r| &r.deltas),
        ],
        on_conflict: "",
    }
}
