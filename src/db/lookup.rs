//! Finding records: by the names that partners give, and whole, as counting needs them.

use std::collections::{BTreeSet, HashMap};

use diesel::pg::Pg;
use diesel::query_builder::{BoxedSqlQuery, SqlQuery};
use diesel::sql_types::{self, Array};
use diesel::{
    ExpressionMethods, JoinOnDsl, QueryDsl, Queryable, QueryableByName, RunQueryDsl, Selectable, SelectableHelper,
};

use super::connection::{Connection, on_backend};
use super::error::DbError;
use super::rows::{InstallationRow, MeasureRow, SitePrivateRow, SiteRefRow, SiteRow, site_id};
use super::schema::{installation_measures, installations, site_private, site_refs, sites};
use crate::domain::id::{Code, InstallationId, PartnerCode, SiteId};
use crate::domain::installation::Installation;
use crate::domain::private::{GridCode, PrivateFacts};
use crate::domain::site::{Site, SiteRecord};
use crate::domain::text::{ExternalId, Text};

/// A partner and the name that it gave to something.
pub type Named = (PartnerCode, ExternalId);

/// SQLite takes at most 32,766 parameters in one statement.
const CHUNK: usize = 5_000;

/// The sites of the installations that partners know by these external ids.
pub fn sites_of_installations(
    connection: &mut Connection,
    names: &[Named],
) -> Result<HashMap<Named, (InstallationId, SiteId)>, DbError> {
    let mut found = HashMap::new();
    for chunk in names.chunks(CHUNK) {
        let rows: Vec<NamedInstallation> = match connection {
            Connection::Sqlite(c) => installations::table
                .filter(installations::partner.eq_any(partners(chunk)))
                .filter(installations::external_id.eq_any(external_ids(chunk)))
                .select(NamedInstallation::as_select())
                .load(&mut **c)?,
            Connection::Postgres(c) => by_name(INSTALLATIONS_BY_NAME, chunk).load(&mut **c)?,
        };
        for row in rows {
            let id = InstallationId::parse(&row.id).map_err(|_| DbError::corrupt("an installation's id"))?;
            found.insert((Code::stored(row.partner), Text::stored(row.external_id)), (id, site_id(&row.site)?));
        }
    }
    Ok(found)
}

/// The sites that partners know by these external ids.
pub fn sites_by_name(connection: &mut Connection, names: &[Named]) -> Result<HashMap<Named, SiteId>, DbError> {
    let mut found = HashMap::new();
    for chunk in names.chunks(CHUNK) {
        let rows: Vec<SiteRefRow> = match connection {
            Connection::Sqlite(c) => site_refs::table
                .filter(site_refs::partner.eq_any(partners(chunk)))
                .filter(site_refs::external_id.eq_any(external_ids(chunk)))
                .select(SiteRefRow::as_select())
                .load(&mut **c)?,
            Connection::Postgres(c) => by_name(SITES_BY_NAME, chunk).load(&mut **c)?,
        };
        for row in rows {
            found.insert((Code::stored(row.partner), Text::stored(row.external_id)), site_id(&row.site)?);
        }
    }
    Ok(found)
}

/// PostgreSQL plans by statistics, which a young table does not have: told to find partners and
/// external ids in two lists, it reads all rows of the partners. So each name is found by itself,
/// and `LIMIT` keeps the planner from joining the tables in another way.
const INSTALLATIONS_BY_NAME: &str = "SELECT found.partner, found.external_id, found.id, found.site \
     FROM unnest($1, $2) AS wanted (partner, external_id), LATERAL (SELECT * FROM installations i \
     WHERE i.partner = wanted.partner AND i.external_id = wanted.external_id LIMIT 1) AS found";
const SITES_BY_NAME: &str = "SELECT found.partner, found.external_id, found.site \
     FROM unnest($1, $2) AS wanted (partner, external_id), LATERAL (SELECT * FROM site_refs r \
     WHERE r.partner = wanted.partner AND r.external_id = wanted.external_id LIMIT 1) AS found";

#[derive(Queryable, QueryableByName, Selectable)]
#[diesel(table_name = installations)]
struct NamedInstallation {
    partner: String,
    external_id: String,
    id: String,
    site: String,
}

fn by_name<'a>(sql: &str, names: &'a [Named]) -> BoxedSqlQuery<'a, Pg, SqlQuery> {
    let partners: Vec<&str> = names.iter().map(|(partner, _)| partner.as_str()).collect();
    let query = diesel::sql_query(sql).into_boxed();
    query.bind::<Array<sql_types::Text>, _>(partners).bind::<Array<sql_types::Text>, _>(external_ids(names))
}

fn partners(names: &[Named]) -> BTreeSet<&str> {
    names.iter().map(|(partner, _)| partner.as_str()).collect()
}

fn external_ids(names: &[Named]) -> Vec<&str> {
    names.iter().map(|(_, external_id)| external_id.as_str()).collect()
}

/// The sites that partners recorded with these grid customer codes; of several, the oldest.
pub fn sites_by_grid_code(
    connection: &mut Connection,
    codes: &[(PartnerCode, GridCode)],
) -> Result<HashMap<(PartnerCode, GridCode), SiteId>, DbError> {
    let mut found = HashMap::new();
    for chunk in codes.chunks(CHUNK) {
        let wanted: Vec<&str> = chunk.iter().map(|(_, code)| code.as_str()).collect();
        let rows: Vec<(String, Option<String>, String)> = on_backend!(connection, c => {
            site_private::table
                .inner_join(sites::table.on(sites::id.eq(site_private::site)))
                .filter(site_private::grid_customer_code.eq_any(&wanted))
                .select((sites::partner, site_private::grid_customer_code, sites::id))
                .order(sites::id.desc())
                .load(c)
        })?;
        for (partner, code, site) in rows {
            if let Some(code) = code {
                found.insert((Code::stored(partner), GridCode::stored(code)), site_id(&site)?);
            }
        }
    }
    Ok(found)
}

/// The sites at which these installations are. Unknown ids are left out.
pub fn sites_of(
    connection: &mut Connection,
    ids: &[InstallationId],
) -> Result<HashMap<InstallationId, SiteId>, DbError> {
    let mut found = HashMap::new();
    for chunk in ids.chunks(CHUNK) {
        let wanted: Vec<String> = chunk.iter().map(ToString::to_string).collect();
        let rows: Vec<(String, String)> = on_backend!(connection, c => {
            installations::table
                .filter(installations::id.eq_any(&wanted))
                .select((installations::id, installations::site))
                .load(c)
        })?;
        for (id, site) in rows {
            let id = InstallationId::parse(&id).map_err(|_| DbError::corrupt("an installation's id"))?;
            found.insert(id, site_id(&site)?);
        }
    }
    Ok(found)
}

/// Whole records of these sites, with everything at them. Unknown ids are left out.
pub fn records(connection: &mut Connection, ids: &[SiteId]) -> Result<Vec<SiteRecord>, DbError> {
    let mut records = Vec::with_capacity(ids.len());
    for chunk in ids.chunks(CHUNK) {
        let ids: Vec<String> = chunk.iter().map(ToString::to_string).collect();
        records.extend(load(connection, &ids)?);
    }
    Ok(records)
}

fn load(connection: &mut Connection, ids: &[String]) -> Result<Vec<SiteRecord>, DbError> {
    let rows: Vec<SiteRow> = on_backend!(connection, c => {
        sites::table.filter(sites::id.eq_any(ids)).select(SiteRow::as_select()).order(sites::id).load(c)
    })?;
    if rows.is_empty() {
        return Ok(Vec::new());
    }
    let refs: Vec<SiteRefRow> = on_backend!(connection, c => {
        site_refs::table
            .filter(site_refs::site.eq_any(ids))
            .select(SiteRefRow::as_select())
            .order((site_refs::partner, site_refs::external_id))
            .load(c)
    })?;
    let privates: Vec<SitePrivateRow> = on_backend!(connection, c => {
        site_private::table.filter(site_private::site.eq_any(ids)).select(SitePrivateRow::as_select()).load(c)
    })?;
    let mut privates: HashMap<String, SitePrivateRow> =
        privates.into_iter().map(|row| (row.site.clone(), row)).collect();
    let mut at_site = installations_of(connection, ids)?;
    rows.into_iter()
        .map(|row| {
            let own = refs.iter().find(|r| r.site == row.id && r.partner == row.partner);
            let private = privates.remove(&row.id).map_or_else(PrivateFacts::default, PrivateFacts::from);
            let site = Site::try_from(row)?;
            let installations = at_site.remove(&site.id).unwrap_or_default();
            let external_id = own.map(|r| Text::stored(r.external_id.clone()));
            Ok(SiteRecord { site, external_id, private, installations })
        })
        .collect()
}

fn installations_of(
    connection: &mut Connection,
    site_ids: &[String],
) -> Result<HashMap<SiteId, Vec<Installation>>, DbError> {
    let rows: Vec<InstallationRow> = on_backend!(connection, c => {
        installations::table
            .filter(installations::site.eq_any(site_ids))
            .select(InstallationRow::as_select())
            .order((installations::registered_version, installations::id))
            .load(c)
    })?;
    let ids: Vec<&str> = rows.iter().map(|row| row.id.as_str()).collect();
    let mut measures: HashMap<String, Vec<MeasureRow>> = HashMap::new();
    for chunk in ids.chunks(CHUNK) {
        let found: Vec<MeasureRow> = on_backend!(connection, c => {
            installation_measures::table
                .filter(installation_measures::installation.eq_any(chunk))
                .select(MeasureRow::as_select())
                .load(c)
        })?;
        for row in found {
            measures.entry(row.installation.clone()).or_default().push(row);
        }
    }
    let mut at_site: HashMap<SiteId, Vec<Installation>> = HashMap::new();
    for row in rows {
        let lines = measures.remove(&row.id).unwrap_or_default();
        let installation = row.with_measures(&lines)?;
        at_site.entry(installation.site).or_default().push(installation);
    }
    Ok(at_site)
}
