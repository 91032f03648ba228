//! Finding records by the names that partners gave: installations and sites by external id, sites by grid customer code.

use std::collections::{BTreeSet, HashMap};

use diesel::pg::Pg;
use diesel::query_builder::{AstPass, Query, QueryFragment, QueryId};
use diesel::sql_types::{Array, Integer, Nullable, Text as SqlText};
use diesel::{
    ExpressionMethods, JoinOnDsl, NullableExpressionMethods, PgConnection, QueryDsl, QueryResult, RunQueryDsl,
    SelectableHelper, SqliteConnection,
};

use crate::db::engine::{Connection, DbError};
use crate::db::tables::{SiteRefRow, installation_id, installations, site_id, site_private, site_refs, sites};
use crate::domain::records::GridCode;
use crate::domain::values::{Code, ExternalId, InstallationId, PartnerCode, SiteId, Text};

use super::by_id::CHUNK;

/// A partner and the external id that it gave to an installation or a site.
pub type Named = (PartnerCode, ExternalId);

/// The names to look for.
#[derive(Default)]
pub struct NamesWanted {
    /// External ids of installations.
    pub installations: Vec<Named>,
    /// External ids of sites.
    pub sites: Vec<Named>,
    /// Grid customer codes of sites.
    pub grid_codes: Vec<(PartnerCode, GridCode)>,
}

/// The records of the names; a name without a record is left out.
#[derive(Default)]
pub struct NamesFound {
    /// Installations with their sites.
    pub installations: HashMap<Named, (InstallationId, SiteId)>,
    /// Sites by the external ids of partners.
    pub sites: HashMap<Named, SiteId>,
    /// Sites that partners recorded with a grid customer code; the oldest of several.
    pub grid_codes: HashMap<(PartnerCode, GridCode), SiteId>,
}

/// Looks up every name.
pub fn find(connection: &mut Connection, wanted: &NamesWanted) -> Result<NamesFound, DbError> {
    let mut found = NamesFound::default();
    if wanted.installations.is_empty() && wanted.sites.is_empty() && wanted.grid_codes.is_empty() {
        return Ok(found);
    }
    let rows = match connection {
        Connection::Sqlite(c) => on_sqlite(c, wanted)?,
        Connection::Postgres(c) => Names::of(wanted).load(&mut **c)?,
    };
    for (what, partner, name, installation, site) in rows {
        let (partner, site) = (Code::stored(partner), site_id(&site)?);
        match (what, installation) {
            (INSTALLATION, Some(id)) => {
                found.installations.insert((partner, Text::stored(name)), (installation_id(&id)?, site));
            }
            (SITE, _) => {
                found.sites.insert((partner, Text::stored(name)), site);
            }
            _ => {
                let oldest = found.grid_codes.entry((partner, GridCode::stored(name))).or_insert(site);
                *oldest = site.min(*oldest);
            }
        }
    }
    Ok(found)
}

/// The kind of the name, the partner, the name, the installation if the name is of one, the site.
type NameRow = (i32, String, String, Option<String>, String);
const INSTALLATION: i32 = 0;
const SITE: i32 = 1;
const GRID_CODE: i32 = 2;

fn on_sqlite(c: &mut SqliteConnection, wanted: &NamesWanted) -> QueryResult<Vec<NameRow>> {
    let mut rows: Vec<NameRow> = Vec::new();
    for chunk in wanted.installations.chunks(CHUNK) {
        let found: Vec<(String, String, String, String)> = installations::table
            .filter(installations::partner.eq_any(partners(chunk)))
            .filter(installations::external_id.eq_any(external_ids(chunk)))
            .select((installations::partner, installations::external_id, installations::id, installations::site))
            .load(c)?;
        rows.extend(found.into_iter().map(|(partner, name, id, site)| (INSTALLATION, partner, name, Some(id), site)));
    }
    for chunk in wanted.sites.chunks(CHUNK) {
        let found: Vec<SiteRefRow> = site_refs::table
            .filter(site_refs::partner.eq_any(partners(chunk)))
            .filter(site_refs::external_id.eq_any(external_ids(chunk)))
            .select(SiteRefRow::as_select())
            .load(c)?;
        rows.extend(found.into_iter().map(|row| (SITE, row.partner, row.external_id, None, row.site)));
    }
    for chunk in wanted.grid_codes.chunks(CHUNK) {
        let found: Vec<(String, String, String)> = site_private::table
            .inner_join(sites::table.on(sites::id.eq(site_private::site)))
            .filter(site_private::grid_customer_code.eq_any(grid_codes(chunk)))
            .select((sites::partner, site_private::grid_customer_code.assume_not_null(), sites::id))
            .load(c)?;
        rows.extend(found.into_iter().map(|(partner, code, site)| (GRID_CODE, partner, code, None, site)));
    }
    Ok(rows)
}

fn partners<N>(names: &[(PartnerCode, N)]) -> BTreeSet<&str> {
    names.iter().map(|(partner, _)| partner.as_str()).collect()
}

fn external_ids(names: &[Named]) -> Vec<&str> {
    names.iter().map(|(_, external_id)| external_id.as_str()).collect()
}

fn grid_codes(names: &[(PartnerCode, GridCode)]) -> Vec<&str> {
    names.iter().map(|(_, code)| code.as_str()).collect()
}

/// All names in one prepared statement, on PostgreSQL. Its planner goes by statistics, which a young table lacks: given
/// partners and external ids as two lists, it would read all rows of the partners. So each name is looked up by itself;
/// `LIMIT` and `OFFSET` keep the planner from joining the tables in another way.
struct Names<'a> {
    lists: [(&'static str, Vec<&'a str>); 5],
}

impl<'a> Names<'a> {
    fn of(wanted: &'a NamesWanted) -> Self {
        fn owners(names: &[Named]) -> Vec<&str> {
            names.iter().map(|(partner, _)| partner.as_str()).collect()
        }
        let lists = [
            (
                "SELECT 0, found.partner, found.external_id, found.id, found.site FROM unnest(",
                owners(&wanted.installations),
            ),
            (", ", external_ids(&wanted.installations)),
            (
                ") AS wanted (partner, external_id), LATERAL (SELECT * FROM installations i \
                 WHERE i.partner = wanted.partner AND i.external_id = wanted.external_id LIMIT 1) AS found \
                 UNION ALL SELECT 1, found.partner, found.external_id, NULL, found.site FROM unnest(",
                owners(&wanted.sites),
            ),
            (", ", external_ids(&wanted.sites)),
            (
                ") AS wanted (partner, external_id), LATERAL (SELECT * FROM site_refs r \
                 WHERE r.partner = wanted.partner AND r.external_id = wanted.external_id LIMIT 1) AS found \
                 UNION ALL SELECT 2, found.partner, wanted.code, NULL, found.site FROM unnest(",
                grid_codes(&wanted.grid_codes),
            ),
        ];
        Self { lists }
    }
}

impl Query for Names<'_> {
    type SqlType = (Integer, SqlText, SqlText, Nullable<SqlText>, SqlText);
}

impl RunQueryDsl<PgConnection> for Names<'_> {}

/// Diesel caches the prepared statement by this type, because its text never changes.
impl QueryId for Names<'_> {
    type QueryId = Names<'static>;
    const HAS_STATIC_QUERY_ID: bool = true;
}

impl QueryFragment<Pg> for Names<'_> {
    fn walk_ast<'b>(&'b self, mut out: AstPass<'_, 'b, Pg>) -> QueryResult<()> {
        for (before, list) in &self.lists {
            out.push_sql(before);
            out.push_bind_param::<Array<SqlText>, _>(list)?;
        }
        out.push_sql(
            ") AS wanted (code), LATERAL (SELECT s.partner, p.site FROM site_private p JOIN sites s ON s.id = p.site \
             WHERE p.grid_customer_code = wanted.code OFFSET 0) AS found",
        );
        Ok(())
    }
}
