//! The householder: the code that opens the record of their site to them, their disputes, and the data that an erasure
//! leaves.

use std::fmt;

use chrono::{DateTime, NaiveDate, Utc};

use crate::domain::values::{Hash, InstallationId, Note, SiteId, coded_enum, sha256};

use super::actor::Actor;
use super::personal_data::PrivateFacts;
use super::site_record::SiteRecord;

/// Crockford's base32: no I, L, O or U, which people misread or misspell.
const DIGITS: &[u8; 32] = b"0123456789ABCDEFGHJKMNPQRSTVWXYZ";
/// The number of digits of a code. Each holds five bits.
pub const CODE_DIGITS: usize = 20;
const DIGITS_A_GROUP: usize = 5;

/// The most open disputes at one site.
pub const MOST_OPEN_DISPUTES: usize = 10;

/// The code that a householder shows in place of a password: 100 random bits, shown once.
#[derive(Clone, PartialEq, Eq)]
pub struct HouseholderCode(String);

impl HouseholderCode {
    /// The code of random bytes. Five bits of each byte make a digit.
    #[must_use]
    pub fn of_random(bytes: [u8; CODE_DIGITS]) -> Self {
        let digit = |byte: &u8| DIGITS.get(usize::from(byte & 31)).map_or('0', |digit| char::from(*digit));
        Self(bytes.iter().map(digit).collect())
    }

    /// The hash that the register keeps.
    #[must_use]
    pub fn hash(&self) -> Hash {
        hash_of_code(&self.0)
    }
}

/// In groups of five digits.
impl fmt::Display for HouseholderCode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (place, digit) in self.0.chars().enumerate() {
            if place > 0 && place % DIGITS_A_GROUP == 0 {
                f.write_str("-")?;
            }
            write!(f, "{digit}")?;
        }
        Ok(())
    }
}

impl fmt::Debug for HouseholderCode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("HouseholderCode(…)")
    }
}

/// The hash of a typed code. Capitals, hyphens and spaces do not matter; O stands for 0, I and L stand for 1. The hash
/// of a text that is no code belongs to nobody.
#[must_use]
pub fn hash_of_code(typed: &str) -> Hash {
    let meant = |c: char| match c.to_ascii_uppercase() {
        'O' => '0',
        'I' | 'L' => '1',
        other => other,
    };
    let code: String = typed.chars().filter(|c| !matches!(c, '-' | ' ')).map(meant).collect();
    sha256(code.as_bytes())
}

coded_enum!(
    /// The reason of a dispute.
    DisputeReason {
        /// The installation is not at this site.
        NotHere = "not_here",
        /// The installation is recorded wrongly.
        WrongFacts = "wrong_facts",
        /// The householder did not consent.
        NoConsent = "no_consent",
        /// Another reason; the note explains it.
        Other = "other",
    }
);

coded_enum!(
    /// The outcome of a dispute.
    DisputeOutcome {
        /// The householder is right.
        Upheld = "upheld",
        /// The record is right.
        Dismissed = "dismissed",
    }
);

/// A dispute to be opened.
#[derive(Clone, Debug)]
pub struct NewDispute {
    /// The installation that the dispute is about, if it is about one.
    pub installation: Option<InstallationId>,
    pub reason: DisputeReason,
    /// The words of the householder.
    pub note: Option<Note>,
}

/// A dispute, which moves no number.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Dispute {
    /// The version of the entry that opened it.
    pub id: i64,
    pub site: SiteId,
    /// The installation that the dispute is about, if it is about one.
    pub installation: Option<InstallationId>,
    pub reason: DisputeReason,
    pub opened_at: DateTime<Utc>,
    pub closed: Option<Closing>,
}

impl Dispute {
    /// Whether `actor` may close the dispute: they may see the installation that it is about, or else every installation at
    /// the site.
    #[must_use]
    pub fn is_for(&self, actor: &Actor, record: &SiteRecord) -> bool {
        match self.installation.and_then(|id| record.installation(id)) {
            Some(installation) => actor.may_see(record, installation),
            None => record.installations.iter().all(|installation| actor.may_see(record, installation)),
        }
    }
}

/// The end of a dispute.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Closing {
    pub at: DateTime<Utc>,
    /// The entry that closed it.
    pub version: i64,
    pub outcome: DisputeOutcome,
}

impl PrivateFacts {
    /// The names of the held data that identify the household.
    pub fn held(&self) -> impl Iterator<Item = &'static str> {
        let address = self.address.as_ref().map(|_| "address");
        let code = self.grid_customer_code.as_ref().map(|_| "grid_customer_code");
        let location = self.location.map(|_| "location");
        address.into_iter().chain(code).chain(location)
    }

    /// The data that an erasure on `day` leaves: the consent, and the day of its withdrawal.
    #[must_use]
    pub fn erased(&self, day: NaiveDate) -> Self {
        let before = self.consent_withdrawn_on.filter(|_| !self.identifies());
        let withdrawn_on = before.or(Some(day));
        Self { consent: self.consent, consent_withdrawn_on: withdrawn_on, ..Self::default() }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn show_a_code_in_four_groups_of_five() {
        let bytes = std::array::from_fn(|place| u8::try_from(place).unwrap() + 224);
        let code = HouseholderCode::of_random(bytes);
        assert_eq!(code.to_string(), "01234-56789-ABCDE-FGHJK");
        assert_eq!(format!("{code:?}"), "HouseholderCode(…)");
    }

    #[test]
    fn type_a_code_as_people_do_gives_the_same_hash() {
        let code = HouseholderCode::of_random([0, 1, 10, 17, 18, 19, 31, 0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 20, 21, 22]);
        let shown = code.to_string();
        let misread = shown.replace('0', "o").replacen('1', "l", 1).replacen('1', "I", 1);
        assert_ne!(misread, shown);
        for typed in [shown.to_lowercase(), shown.replace('-', ""), format!(" {} ", shown.replace('-', " ")), misread] {
            assert_eq!(hash_of_code(&typed), code.hash(), "{typed}");
        }
        for wrong in ["", "0", &shown[1..], &format!("{shown}0")] {
            assert_ne!(hash_of_code(wrong), code.hash(), "{wrong}");
        }
    }
}
