//! A batch on PostgreSQL: one prepared statement, one round trip. Each table gets its rows as
//! one array a column, so the statement's text never changes and is planned once.

use chrono::{NaiveDate, NaiveDateTime};
use diesel::pg::Pg;
use diesel::query_builder::{AstPass, QueryFragment, QueryId};
use diesel::sql_types::{Array, BigInt, Binary, Bool, Date, Integer, Nullable, Text, Timestamp};
use diesel::{PgConnection, QueryResult, RunQueryDsl};

use crate::db::tables::{InstallationRow, SiteRow};

use super::batch::{Batch, NewHead};

/// Moves the head and inserts every row of the batch.
pub(in crate::db) fn write(c: &mut PgConnection, batch: &Batch, head: &NewHead, from: i64) -> QueryResult<usize> {
    WriteBatch { changes: changes(batch), head, from }.execute(c)
}

struct WriteBatch<'a> {
    changes: [Change<'a>; 10],
    head: &'a NewHead,
    from: i64,
}

/// What happens to one table: its rows column by column, between the words before and after.
struct Change<'a> {
    before: &'static str,
    columns: Vec<Column<'a>>,
    after: &'static str,
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
        for (index, change) in self.changes.iter().enumerate() {
            out.push_sql(if index == 0 { "WITH t0 AS (" } else { "), t" });
            if index > 0 {
                out.push_sql(&index.to_string());
                out.push_sql(" AS (");
            }
            change.walk(&mut out)?;
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

impl Change<'_> {
    fn walk<'b>(&'b self, out: &mut AstPass<'_, 'b, Pg>) -> QueryResult<()> {
        out.push_sql(self.before);
        out.push_sql(" unnest(");
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
        out.push_sql(self.after);
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

fn changes(batch: &Batch) -> [Change<'_>; 10] {
    [
        new_sites(&batch.sites),
        changed_sites(&batch.changed_sites),
        site_refs(batch),
        site_private(batch),
        new_installations(&batch.installations),
        changed_installations(&batch.changed_installations),
        installation_measures(batch),
        entries(batch),
        entry_facts(batch),
        journal(batch),
    ]
}

fn new_sites(rows: &[SiteRow]) -> Change<'_> {
    Change {
        before: "INSERT INTO sites (id, partner, kind, province_code, former_province_code, commune_code, low_income, \
                 remote, woman_headed, place_version, superseded_by, revision, version) SELECT * FROM",
        columns: site_columns(rows),
        after: "",
    }
}

fn changed_sites(rows: &[SiteRow]) -> Change<'_> {
    Change {
        before: "UPDATE sites SET kind = new.kind, province_code = new.province_code, \
                 former_province_code = new.former_province_code, commune_code = new.commune_code, \
                 low_income = new.low_income, remote = new.remote, woman_headed = new.woman_headed, \
                 place_version = new.place_version, superseded_by = new.superseded_by, revision = new.revision, \
                 version = new.version FROM",
        columns: site_columns(rows),
        after: "AS new (id, partner, kind, province_code, former_province_code, commune_code, low_income, remote, \
                woman_headed, place_version, superseded_by, revision, version) WHERE sites.id = new.id",
    }
}

fn site_columns(rows: &[SiteRow]) -> Vec<Column<'_>> {
    vec![
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
    ]
}

fn site_refs(batch: &Batch) -> Change<'_> {
    let rows = &batch.refs;
    Change {
        before: "INSERT INTO site_refs (partner, external_id, site, version) SELECT * FROM",
        columns: vec![
            text(rows, |r| &r.partner),
            text(rows, |r| &r.external_id),
            text(rows, |r| &r.site),
            big(rows, |r| Some(r.version)),
        ],
        after: "",
    }
}

fn site_private(batch: &Batch) -> Change<'_> {
    let rows = &batch.privates;
    Change {
        before: "INSERT INTO site_private (site, address, grid_customer_code, lat_microdeg, lon_microdeg, consent_on, \
                 consent_text_version, consent_withdrawn_on) SELECT * FROM",
        columns: vec![
            text(rows, |r| &r.site),
            maybe_text(rows, |r| r.address.as_deref()),
            maybe_text(rows, |r| r.grid_customer_code.as_deref()),
            int(rows, |r| r.lat_microdeg),
            int(rows, |r| r.lon_microdeg),
            date(rows, |r| r.consent_on),
            int(rows, |r| r.consent_text_version),
            date(rows, |r| r.consent_withdrawn_on),
        ],
        after: "ON CONFLICT (site) DO UPDATE SET address = excluded.address, \
                grid_customer_code = excluded.grid_customer_code, lat_microdeg = excluded.lat_microdeg, \
                lon_microdeg = excluded.lon_microdeg, consent_on = excluded.consent_on, \
                consent_text_version = excluded.consent_text_version, \
                consent_withdrawn_on = excluded.consent_withdrawn_on",
    }
}

fn new_installations(rows: &[InstallationRow]) -> Change<'_> {
    Change {
        before: "INSERT INTO installations (id, site, partner, sandbox, external_id, project, installed_on, status, \
                 evidence_tier, reported_at, verified_at, decommissioned_on, cost_vnd, support_vnd, finance, \
                 system_owner, power_use, attributes_sold, registered_version, revision, version) SELECT * FROM",
        columns: installation_columns(rows),
        after: "",
    }
}

fn changed_installations(rows: &[InstallationRow]) -> Change<'_> {
    Change {
        before: "UPDATE installations SET site = new.site, project = new.project, installed_on = new.installed_on, \
                 status = new.status, evidence_tier = new.evidence_tier, verified_at = new.verified_at, \
                 decommissioned_on = new.decommissioned_on, cost_vnd = new.cost_vnd, support_vnd = new.support_vnd, \
                 finance = new.finance, system_owner = new.system_owner, power_use = new.power_use, \
                 attributes_sold = new.attributes_sold, revision = new.revision, version = new.version FROM",
        columns: installation_columns(rows),
        after: "AS new (id, site, partner, sandbox, external_id, project, installed_on, status, evidence_tier, \
                reported_at, verified_at, decommissioned_on, cost_vnd, support_vnd, finance, system_owner, power_use, \
                attributes_sold, registered_version, revision, version) WHERE installations.id = new.id",
    }
}

fn installation_columns(rows: &[InstallationRow]) -> Vec<Column<'_>> {
    vec![
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
    ]
}

fn installation_measures(batch: &Batch) -> Change<'_> {
    let rows = &batch.measures;
    Change {
        before: "INSERT INTO installation_measures (installation, measure, quantity, inverter_w) SELECT * FROM",
        columns: vec![
            text(rows, |r| &r.installation),
            int(rows, |r| Some(r.measure)),
            big(rows, |r| Some(r.quantity)),
            big(rows, |r| r.inverter_w),
        ],
        after: "",
    }
}

fn entries(batch: &Batch) -> Change<'_> {
    let rows = &batch.entries;
    Change {
        before: "INSERT INTO entries (version, recorded_at, actor, action, cause, subject, digest, journal_digest, \
                 previous, hash) SELECT * FROM",
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
        after: "",
    }
}

fn entry_facts(batch: &Batch) -> Change<'_> {
    let rows = &batch.facts;
    Change {
        before: "INSERT INTO entry_facts (version, salt, facts, note) SELECT * FROM",
        columns: vec![
            big(rows, |r| Some(r.version)),
            bytes(rows, |r| r.salt.as_deref()),
            text(rows, |r| &r.facts),
            maybe_text(rows, |r| r.note.as_deref()),
        ],
        after: "",
    }
}

fn journal(batch: &Batch) -> Change<'_> {
    let rows = &batch.journal;
    Change {
        before: "INSERT INTO journal (version, seq, recorded_on, cause, cell, deltas) SELECT * FROM",
        columns: vec![
            big(rows, |r| Some(r.version)),
            int(rows, |r| Some(r.seq)),
            date(rows, |r| Some(r.recorded_on)),
            text(rows, |r| &r.cause),
            big(rows, |r| Some(r.cell)),
            text(rows, |r| &r.deltas),
        ],
        after: "",
    }
}
