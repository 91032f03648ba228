//! The rows of sites, and how stored instants, ids and words are read: the way to the domain's types and back.

use chrono::{DateTime, NaiveDate, NaiveDateTime, Utc};
use diesel::{AsChangeset, Insertable, Queryable, Selectable};

use crate::db::engine::DbError;
use crate::domain::records::{Consent, GridCode, Location, PrivateFacts, Site, SiteFacts};
use crate::domain::reference::{CommuneId, FormerProvinceId, PLACE_VERSION, Place, ProvinceId};
use crate::domain::values::{Code, Flags, InstallationId, SiteId, SiteKind, Text};

use super::schema;

#[derive(Queryable, Selectable, Insertable, AsChangeset, Clone)]
#[diesel(table_name = schema::sites, treat_none_as_null = true)]
pub(in crate::db) struct SiteRow {
    pub id: String,
    pub partner: String,
    pub kind: String,
    pub province_code: String,
    pub former_province_code: Option<String>,
    pub commune_code: Option<String>,
    pub low_income: Option<bool>,
    pub remote: Option<bool>,
    pub woman_headed: Option<bool>,
    pub place_version: i32,
    pub superseded_by: Option<String>,
    pub revision: i32,
    pub version: i64,
}

#[derive(Queryable, Selectable, Insertable, Clone)]
#[diesel(table_name = schema::site_refs)]
pub(in crate::db) struct SiteRefRow {
    pub partner: String,
    pub external_id: String,
    pub site: String,
    /// The version of the entry that sealed it.
    pub version: i64,
}

#[derive(Queryable, Selectable, Insertable, Clone)]
#[diesel(table_name = schema::site_private)]
pub(in crate::db) struct SitePrivateRow {
    pub site: String,
    pub address: Option<String>,
    pub grid_customer_code: Option<String>,
    pub lat_microdeg: Option<i32>,
    pub lon_microdeg: Option<i32>,
    pub consent_on: Option<NaiveDate>,
    pub consent_text_version: Option<i32>,
    pub consent_withdrawn_on: Option<NaiveDate>,
}

/// An instant as it is stored: UTC without a zone, in whole microseconds.
pub(in crate::db) fn stored(instant: DateTime<Utc>) -> NaiveDateTime {
    crate::domain::values::stored(instant).naive_utc()
}

impl From<&Site> for SiteRow {
    fn from(site: &Site) -> Self {
        let place = &site.facts.place;
        Self {
            id: site.id.to_string(),
            partner: site.partner.to_string(),
            kind: site.facts.kind.as_str().to_owned(),
            province_code: place.province().code().to_owned(),
            former_province_code: place.former().map(|former| former.code().to_owned()),
            commune_code: place.commune().map(|commune| commune.code().to_owned()),
            low_income: site.facts.flags.low_income,
            remote: site.facts.flags.remote,
            woman_headed: site.facts.flags.woman_headed,
            place_version: PLACE_VERSION,
            superseded_by: site.superseded_by.map(|id| id.to_string()),
            revision: site.revision,
            version: site.version,
        }
    }
}

impl SitePrivateRow {
    pub(in crate::db) fn of(site: SiteId, private: &PrivateFacts) -> Self {
        Self {
            site: site.to_string(),
            address: private.address.as_ref().map(|address| address.as_str().to_owned()),
            grid_customer_code: private.grid_customer_code.as_ref().map(|code| code.as_str().to_owned()),
            lat_microdeg: private.location.map(Location::lat_microdeg),
            lon_microdeg: private.location.map(Location::lon_microdeg),
            consent_on: private.consent.map(|consent| consent.on),
            consent_text_version: private.consent.map(|consent| consent.text_version),
            consent_withdrawn_on: private.consent_withdrawn_on,
        }
    }
}

/// Reads a stored word. A word that the register never writes is corruption.
pub(super) fn word<T>(what: &str, stored: &str, parse: impl FnOnce(&str) -> Option<T>) -> Result<T, DbError> {
    parse(stored).ok_or_else(|| DbError::corrupt(format!("{what} {stored:?}")))
}

pub(super) fn optional_word<T>(
    what: &str,
    stored: Option<&str>,
    parse: impl FnOnce(&str) -> Option<T>,
) -> Result<Option<T>, DbError> {
    stored.map(|stored| word(what, stored, parse)).transpose()
}

/// Reads the stored id of a site.
pub(in crate::db) fn site_id(stored: &str) -> Result<SiteId, DbError> {
    word("site", stored, |text| SiteId::parse(text).ok())
}

/// Reads the stored id of an installation.
pub(in crate::db) fn installation_id(stored: &str) -> Result<InstallationId, DbError> {
    word("installation", stored, |text| InstallationId::parse(text).ok())
}

impl TryFrom<SiteRow> for Site {
    type Error = DbError;

    fn try_from(row: SiteRow) -> Result<Self, DbError> {
        if row.place_version != PLACE_VERSION {
            return Err(DbError::corrupt(format!("the place version {} of a site", row.place_version)));
        }
        let province = word("province", &row.province_code, ProvinceId::parse)?;
        let former = optional_word("former province", row.former_province_code.as_deref(), FormerProvinceId::parse)?;
        let commune = optional_word("commune", row.commune_code.as_deref(), CommuneId::parse)?;
        Ok(Self {
            id: site_id(&row.id)?,
            partner: Code::stored(row.partner),
            facts: SiteFacts {
                kind: word("kind of site", &row.kind, SiteKind::parse)?,
                place: Place::stored(province, former, commune),
                flags: Flags { low_income: row.low_income, remote: row.remote, woman_headed: row.woman_headed },
            },
            superseded_by: row.superseded_by.as_deref().map(site_id).transpose()?,
            revision: row.revision,
            version: row.version,
        })
    }
}

impl From<SitePrivateRow> for PrivateFacts {
    fn from(row: SitePrivateRow) -> Self {
        let consent = row.consent_on.zip(row.consent_text_version);
        Self {
            address: row.address.map(Text::stored),
            grid_customer_code: row.grid_customer_code.map(GridCode::stored),
            location: row.lat_microdeg.zip(row.lon_microdeg).map(|(lat, lon)| Location::stored(lat, lon)),
            consent: consent.map(|(on, text_version)| Consent { on, text_version }),
            consent_withdrawn_on: row.consent_withdrawn_on,
        }
    }
}
