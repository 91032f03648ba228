//! The parsed request of a partner that corrects an installation, or a site that it recorded.

use chrono::NaiveDate;

use crate::domain::records::{
    AttributesSold, Consent, Finance, GridCode, Location, MeasureLines, PowerUse, PrivateFacts, SiteFacts, SystemOwner,
    Terms,
};
use crate::domain::reference::Place;
use crate::domain::values::{Address, Flags, ProjectCode, SiteKind, Vnd};

/// The correction of an optional fact.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub enum Amend<T> {
    /// The fact stays.
    #[default]
    Keep,
    /// The fact becomes unknown.
    Clear,
    /// The fact becomes this value.
    Set(T),
}

impl<T: Clone> Amend<T> {
    /// The fact after the correction.
    #[must_use]
    pub fn applied(&self, before: Option<&T>) -> Option<T> {
        match self {
            Self::Keep => before.cloned(),
            Self::Clear => None,
            Self::Set(value) => Some(value.clone()),
        }
    }
}

/// The corrections of an installation. Facts that the request leaves out stay.
#[derive(Clone, Debug, Default)]
pub struct Correction {
    pub installed_on: Option<NaiveDate>,
    /// The last day in operation, of a decommissioned installation.
    pub decommissioned_on: Option<NaiveDate>,
    /// All measures of the installation.
    pub measures: Option<MeasureLines>,
    pub terms: TermsCorrection,
}

/// The corrections of the optional facts of an installation.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct TermsCorrection {
    pub project: Amend<ProjectCode>,
    pub cost: Amend<Vnd>,
    /// The part of the cost that was support.
    pub support: Amend<Vnd>,
    pub finance: Amend<Finance>,
    pub system_owner: Amend<SystemOwner>,
    pub power_use: Amend<PowerUse>,
    pub attributes_sold: Amend<AttributesSold>,
}

impl TermsCorrection {
    /// The facts after the correction.
    #[must_use]
    pub fn applied(&self, before: &Terms) -> Terms {
        Terms {
            project: self.project.applied(before.project.as_ref()),
            cost: self.cost.applied(before.cost.as_ref()),
            support: self.support.applied(before.support.as_ref()),
            finance: self.finance.applied(before.finance.as_ref()),
            system_owner: self.system_owner.applied(before.system_owner.as_ref()),
            power_use: self.power_use.applied(before.power_use.as_ref()),
            attributes_sold: self.attributes_sold.applied(before.attributes_sold.as_ref()),
        }
    }
}

/// The corrections of a site. Facts that the request leaves out stay.
#[derive(Clone, Debug, Default)]
pub struct SiteCorrection {
    pub kind: Option<SiteKind>,
    /// The place as a whole.
    pub place: Option<Place>,
    pub low_income: Amend<bool>,
    pub remote: Amend<bool>,
    pub woman_headed: Amend<bool>,
    pub address: Amend<Address>,
    pub grid_customer_code: Amend<GridCode>,
    pub location: Amend<Location>,
    pub consent: Amend<Consent>,
}

impl SiteCorrection {
    /// The counted facts after the correction.
    #[must_use]
    pub fn facts(&self, before: &SiteFacts) -> SiteFacts {
        let flags = &before.flags;
        SiteFacts {
            kind: self.kind.unwrap_or(before.kind),
            place: self.place.unwrap_or(before.place),
            flags: Flags {
                low_income: self.low_income.applied(flags.low_income.as_ref()),
                remote: self.remote.applied(flags.remote.as_ref()),
                woman_headed: self.woman_headed.applied(flags.woman_headed.as_ref()),
            },
        }
    }

    /// The personal data after the correction.
    #[must_use]
    pub fn private(&self, before: &PrivateFacts) -> PrivateFacts {
        PrivateFacts {
            address: self.address.applied(before.address.as_ref()),
            grid_customer_code: self.grid_customer_code.applied(before.grid_customer_code.as_ref()),
            location: self.location.applied(before.location.as_ref()),
            consent: self.consent.applied(before.consent.as_ref()),
            // A consent given after the withdrawal is a new one, so the withdrawal no longer stands.
            consent_withdrawn_on: before
                .consent_withdrawn_on
                .filter(|day| !matches!(self.consent, Amend::Set(consent) if consent.on > *day)),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn consent_given_after_the_day_of_its_withdrawal_is_a_new_one() {
        let day = |text: &str| text.parse::<NaiveDate>().unwrap();
        let before = PrivateFacts { consent_withdrawn_on: Some(day("2026-11-24")), ..PrivateFacts::default() };
        let withdrawn = |on: &str| {
            let consent = Amend::Set(Consent { on: day(on), text_version: 1 });
            SiteCorrection { consent, ..SiteCorrection::default() }.private(&before).consent_withdrawn_on
        };
        for not_after in ["2026-11-23", "2026-11-24"] {
            assert_eq!(withdrawn(not_after), before.consent_withdrawn_on, "{not_after}");
        }
        assert_eq!(withdrawn("2026-11-25"), None);
    }
}
