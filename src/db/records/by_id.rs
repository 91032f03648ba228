//! Whole records by their ids.

use std::collections::HashMap;

use diesel::{BoolExpressionMethods, ExpressionMethods, QueryDsl, RunQueryDsl, SelectableHelper};

use crate::db::engine::{Connection, DbError, on_backend};
use crate::db::tables::{
    InstallationRow, MeasureRow, SitePrivateRow, SiteRefRow, SiteRow, installation_id, installation_measures,
    installations, site_id, site_private, site_refs, sites,
};
use crate::domain::records::{Installation, PrivateFacts, Site, SiteRecord};
use crate::domain::values::{InstallationId, PartnerCode, SiteId, Text};

/// SQLite takes at most 32,766 parameters in one statement.
pub(in crate::db) const CHUNK: usize = 5_000;

/// The sites at which these installations stand. Unknown ids are left out.
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
            found.insert(installation_id(&id)?, site_id(&site)?);
        }
    }
    Ok(found)
}

/// The records of these sites, with everything at them. Unknown ids are left out.
pub fn records(connection: &mut Connection, ids: &[SiteId]) -> Result<Vec<SiteRecord>, DbError> {
    let mut records = Vec::with_capacity(ids.len());
    for chunk in ids.chunks(CHUNK) {
        let ids: Vec<String> = chunk.iter().map(ToString::to_string).collect();
        records.extend(load(connection, &ids)?);
    }
    Ok(records)
}

/// The records of the next `limit` sites, in the order of their ids, without personal data, because counting needs none.
pub fn counted(connection: &mut Connection, after: Option<SiteId>, limit: i64) -> Result<Vec<SiteRecord>, DbError> {
    let after = after.map(|id| id.to_string()).unwrap_or_default();
    let rows: Vec<SiteRow> = on_backend!(connection, c => {
        sites::table.filter(sites::id.gt(after)).order(sites::id).limit(limit).select(SiteRow::as_select()).load(c)
    })?;
    with_installations(connection, rows)
}

/// As [`counted`], of the sites of one partner.
pub fn counted_of(
    connection: &mut Connection,
    partner: &PartnerCode,
    after: Option<SiteId>,
    limit: i64,
) -> Result<Vec<SiteRecord>, DbError> {
    let after = after.map(|id| id.to_string()).unwrap_or_default();
    let rows: Vec<SiteRow> = on_backend!(connection, c => {
        let own = installations::table.filter(installations::partner.eq(partner.as_str())).select(installations::site);
        sites::table
            .filter(sites::id.gt(after).and(sites::id.eq_any(own)))
            .order(sites::id)
            .limit(limit)
            .select(SiteRow::as_select())
            .load(c)
    })?;
    with_installations(connection, rows)
}

fn with_installations(connection: &mut Connection, rows: Vec<SiteRow>) -> Result<Vec<SiteRecord>, DbError> {
    let ids: Vec<String> = rows.iter().map(|row| row.id.clone()).collect();
    let mut at_site = installations_of(connection, &ids)?;
    let record = |row: SiteRow| {
        let site = Site::try_from(row)?;
        let installations = at_site.remove(&site.id).unwrap_or_default();
        Ok(SiteRecord { site, external_id: None, private: PrivateFacts::default(), installations })
    };
    rows.into_iter().map(record).collect()
}

/// The record of each of these sites. A site that was merged away answers with the record of its
/// successor: the site at the end of its `superseded_by` chain. Unknown ids are left out.
pub fn successors(connection: &mut Connection, sites: &[SiteId]) -> Result<HashMap<SiteId, SiteRecord>, DbError> {
    let mut found = HashMap::new();
    let mut wanted: Vec<(SiteId, SiteId)> = sites.iter().map(|site| (*site, *site)).collect();
    while !wanted.is_empty() {
        let current: Vec<SiteId> = wanted.iter().map(|(_, current)| *current).collect();
        let records = records(connection, &current)?;
        let mut merged_away = Vec::new();
        for (asked, current) in wanted {
            let Some(record) = records.iter().find(|record| record.site.id == current) else { continue };
            match record.site.superseded_by {
                Some(successor) => merged_away.push((asked, successor)),
                None => {
                    found.insert(asked, record.clone());
                }
            }
        }
        wanted = merged_away;
    }
    Ok(found)
}

/// The record of a site, or of its successor.
pub fn successor(connection: &mut Connection, site: SiteId) -> Result<Option<SiteRecord>, DbError> {
    Ok(successors(connection, &[site])?.remove(&site))
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
            .order(site_refs::version)
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
            // A name that was given later shows only once the site itself changes, because the revision tag of the site must
            // change with everything that the site shows.
            let named = |r: &&SiteRefRow| r.site == row.id && r.partner == row.partner && r.version <= row.version;
            let own = refs.iter().find(named);
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
