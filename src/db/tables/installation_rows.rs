//! The rows of installations and their measures, and their way to the domain's types and back.

use chrono::{NaiveDate, NaiveDateTime};
use diesel::{AsChangeset, Insertable, Queryable, Selectable};

use crate::db::engine::DbError;
use crate::domain::records::{
    AttributesSold, Finance, Installation, MeasureLine, MeasureLines, PowerUse, Site, StatusDetails, SystemOwner, Terms,
};
use crate::domain::reference::MeasureId;
use crate::domain::values::{Code, InstallationId, Quantity, Status, Text, Tier, Vnd};

use super::schema;
use super::site_rows::{installation_id, optional_word, site_id, stored, word};

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

impl InstallationRow {
    /// The installation of this row and its measure rows.
    pub(in crate::db) fn with_measures(self, measures: &[MeasureRow]) -> Result<Installation, DbError> {
        let lines = measures.iter().map(MeasureLine::try_from).collect::<Result<Vec<_>, _>>()?;
        let state = self.state()?;
        Ok(Installation {
            id: installation_id(&self.id)?,
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
