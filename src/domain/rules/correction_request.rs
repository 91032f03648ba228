//! What a partner corrects: of an installation, or of a site that it recorded.

use chrono::NaiveDate;

use crate::domain::records::{
    AttributesSold, Consent, Finance, GridCode, Location, MeasureLines, PowerUse, PrivateFacts, SiteFacts, SystemOwner,
    Terms,
};
use crate::domain::reference::Place;
use crate::domain::values::{Address, Flags, ProjectCode, SiteKind, Vnd};

/// What a correction does to an optional fact.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub enum Amend<T> {
    /// Nothing was said of it.
    #[default]
    Keep,
    /// It is unknown after all.
    Clear,
    /// It is this.
    Set(T),
}

impl<T: Clone> Amend<T> {
    /// The fact afterwards.
    #[must_use]
    pub fn applied(&self, before: Option<&T>) -> Option<T> {
        match self {
            Self::Keep => before.cloned(),
            Self::Clear => None,
            Self::Set(value) => Some(value.clone()),
        }
    }
}

/// Corrections of an installation; what is not said stays.
#[derive(Clone, Debug, Default)]
pub struct Correction {
    /// The day of installation.
    pub installed_on: Option<NaiveDate>,
    /// The last day in operation, once it was decommissioned.
    pub decommissioned_on: Option<NaiveDate>,
    /// Everything that was installed.
    pub measures: Option<MeasureLines>,
    /// The optional facts.
    pub terms: TermsCorrection,
}

/// Corrections of the optional facts of an installation.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct TermsCorrection {
    /// The project it belongs to.
    pub project: Amend<ProjectCode>,
    /// What it cost.
    pub cost: Amend<Vnd>,
    /// What of it was support.
    pub support: Amend<Vnd>,
    /// Who paid.
    pub finance: Amend<Finance>,
    /// Who owns it.
    pub system_owner: Amend<SystemOwner>,
    /// Where the power goes.
    pub power_use: Amend<PowerUse>,
    /// Whether its attributes were sold.
    pub attributes_sold: Amend<AttributesSold>,
}

impl TermsCorrection {
    /// The facts afterwards.
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

/// Corrections of a site; what is not said stays.
#[derive(Clone, Debug, Default)]
pub struct SiteCorrection {
    /// What kind of place.
    pub kind: Option<SiteKind>,
    /// Where it is, as a whole.
    pub place: Option<Place>,
    /// A low-income household.
    pub low_income: Amend<bool>,
    /// A remote place.
    pub remote: Amend<bool>,
    /// A household headed by a woman.
    pub woman_headed: Amend<bool>,
    /// The address line.
    pub address: Amend<Address>,
    /// The electricity customer code.
    pub grid_customer_code: Amend<GridCode>,
    /// The place on the map.
    pub location: Amend<Location>,
    /// The householder's consent.
    pub consent: Amend<Consent>,
}

impl SiteCorrection {
    /// The counted facts afterwards.
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

    /// The personal data afterwards.
    #[must_use]
    pub fn private(&self, before: &PrivateFacts) -> PrivateFacts {
        PrivateFacts {
            address: self.address.applied(before.address.as_ref()),
            grid_customer_code: self.grid_customer_code.applied(before.grid_customer_code.as_ref()),
            location: self.location.applied(before.location.as_ref()),
            consent: self.consent.applied(before.consent.as_ref()),
            // Whoever consents anew, after the day that they withdrew, consents again.
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
