//! The rows of sites and installations, and their way to the domain's types and back.

use chrono::{DateTime, NaiveDate, NaiveDateTime, Utc};
use diesel::{AsChangeset, Insertable, Queryable, Selectable};

use crate::db::engine::DbError;
use crate::domain::records::{
    AttributesSold, Consent, Finance, GridCode, Installation, Location, MeasureLine, MeasureLines, PowerUse,
    PrivateFacts, Site, SiteFacts, StatusDetails, SystemOwner, Terms,
};
use crate::domain::reference::{CommuneId, FormerProvinceId, MeasureId, PLACE_VERSION, Place, ProvinceId};
use crate::domain::values::{Code, Flags, InstallationId, Quantity, SiteId, SiteKind, Status, Text, Tier, Vnd};

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

#[derive(Queryable, Selectable, Insertable, AsChangeset, Clone)]
#[diesel(table_name = schema::installations, treat_none_as_null = true)]
pub(in crate::db) struct InstallationRow {
    pub id: String,
    pub site: String,
    pub partner: String,
    pub sandbox: bool,
    pub external_id: String,
    pub project: Option<String>,
    pub installed_on: Option<NaiveDate>,
    pub status: String,
    pub evidence_tier: Option<String>,
    pub reported_at: NaiveDateTime,
    pub verified_at: Option<NaiveDateTime>,
    pub decommissioned_on: Option<NaiveDate>,
    pub cost_vnd: Option<i64>,
    pub support_vnd: Option<i64>,
    pub finance: Option<String>,
    pub system_owner: Option<String>,
    pub power_use: Option<String>,
    pub attributes_sold: Option<String>,
    pub registered_version: i64,
    pub revision: i32,
    pub version: i64,
    /// Copied from the site.
    pub province_code: String,
    pub set_aside: bool,
}

#[derive(Queryable, Selectable, Insertable, Clone)]
#[diesel(table_name = schema::installation_measures)]
pub(in crate::db) struct MeasureRow {
    pub installation: String,
    pub measure: i32,
    pub quantity: i64,
    pub inverter_w: Option<i64>,
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

impl InstallationRow {
    pub(in crate::db) fn of(site: &Site, installation: &Installation) -> Self {
        let (state, terms) = (&installation.state, &installation.terms);
        Self {
            id: installation.id.to_string(),
            site: installation.site.to_string(),
            partner: installation.partner.to_string(),
            sandbox: installation.sandbox,
            external_id: installation.external_id.as_str().to_owned(),
            project: terms.project.as_ref().map(ToString::to_string),
            installed_on: state.installed_on(),
            status: state.status().as_str().to_owned(),
            evidence_tier: state.verification().map(|(tier, _)| tier.as_str().to_owned()),
            reported_at: stored(installation.reported_at),
            verified_at: state.verification().map(|(_, at)| stored(at)),
            decommissioned_on: state.decommissioned_on(),
            cost_vnd: terms.cost.map(Vnd::vnd),
            support_vnd: terms.support.map(Vnd::vnd),
            finance: terms.finance.map(|value| value.as_str().to_owned()),
            system_owner: terms.system_owner.map(|value| value.as_str().to_owned()),
            power_use: terms.power_use.map(|value| value.as_str().to_owned()),
            attributes_sold: terms.attributes_sold.map(|value| value.as_str().to_owned()),
            registered_version: installation.registered_version,
            revision: installation.revision,
            version: installation.version,
            province_code: site.facts.place.province().code().to_owned(),
            set_aside: installation.set_aside,
        }
    }
}

impl MeasureRow {
    pub(in crate::db) fn of(installation: InstallationId, line: &MeasureLine) -> Self {
        Self {
            installation: installation.to_string(),
            measure: i32::from(line.measure.number()),
            quantity: line.quantity.milli(),
            inverter_w: line.inverter_w.map(Quantity::milli),
        }
    }
}

/// Reads a stored word. A word that the register never writes is corruption.
fn word<T>(what: &str, stored: &str, parse: impl FnOnce(&str) -> Option<T>) -> Result<T, DbError> {
    parse(stored).ok_or_else(|| DbError::corrupt(format!("{what} {stored:?}")))
}

fn optional_word<T>(
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

impl InstallationRow {
    /// The installation of this row and its measure rows.
    pub(in crate::db) fn with_measures(self, measures: &[MeasureRow]) -> Result<Installation, DbError> {
        let lines = measures.iter().map(MeasureLine::try_from).collect::<Result<Vec<_>, _>>()?;
        let state = self.state()?;
        Ok(Installation {
            id: word("installation", &self.id, |text| InstallationId::parse(text).ok())?,
            site: site_id(&self.site)?,
            partner: Code::stored(self.partner),
            sandbox: self.sandbox,
            external_id: Text::stored(self.external_id),
            terms: Terms {
                project: self.project.map(Code::stored),
                cost: self.cost_vnd.map(Vnd::stored),
                support: self.support_vnd.map(Vnd::stored),
                finance: optional_word("finance", self.finance.as_deref(), Finance::parse)?,
                system_owner: optional_word("system owner", self.system_owner.as_deref(), SystemOwner::parse)?,
                power_use: optional_word("power use", self.power_use.as_deref(), PowerUse::parse)?,
                attributes_sold: optional_word("attributes", self.attributes_sold.as_deref(), AttributesSold::parse)?,
            },
            measures: MeasureLines::stored(lines),
            state,
            set_aside: self.set_aside,
            reported_at: self.reported_at.and_utc(),
            registered_version: self.registered_version,
            revision: self.revision,
            version: self.version,
        })
    }

    fn state(&self) -> Result<StatusDetails, DbError> {
        let incomplete = || DbError::corrupt(format!("installation {}: {} without its facts", self.id, self.status));
        let tier = optional_word("evidence tier", self.evidence_tier.as_deref(), Tier::parse)?;
        let verified = tier.zip(self.verified_at.map(|at| at.and_utc()));
        let on = self.installed_on;
        Ok(match word("status", &self.status, Status::parse)? {
            Status::Pledged => StatusDetails::Pledged,
            Status::Installed => StatusDetails::Installed { on: on.ok_or_else(incomplete)? },
            Status::Verified => {
                let (tier, at) = verified.ok_or_else(incomplete)?;
                StatusDetails::Verified { on: on.ok_or_else(incomplete)?, tier, at }
            }
            Status::Rejected => StatusDetails::Rejected { on },
            Status::Withdrawn => StatusDetails::Withdrawn { on },
            Status::Decommissioned => StatusDetails::Decommissioned {
                on: on.ok_or_else(incomplete)?,
                verified,
                ended: self.decommissioned_on.ok_or_else(incomplete)?,
            },
        })
    }
}

impl TryFrom<&MeasureRow> for MeasureLine {
    type Error = DbError;

    fn try_from(row: &MeasureRow) -> Result<Self, DbError> {
        let measure = u8::try_from(row.measure).ok().and_then(MeasureId::from_number);
        Ok(Self {
            measure: measure.ok_or_else(|| DbError::corrupt(format!("measure {}", row.measure)))?,
            quantity: Quantity::stored(row.quantity),
            inverter_w: row.inverter_w.map(Quantity::stored),
        })
    }
}
