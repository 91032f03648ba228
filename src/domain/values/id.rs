//! The identities of sites and installations, and the codes of partners and projects.

use std::fmt;

use serde::Serialize;
use uuid::Uuid;

use super::fault::Fault;
use super::text::without_strays;

/// Declares an identity that is a UUID.
macro_rules! uuid_id {
    ($(#[$doc:meta])* $name:ident) => {
        $(#[$doc])*
        #[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Serialize)]
        #[serde(transparent)]
        pub struct $name(Uuid);

        impl $name {
            /// Wraps a new UUID. Version 7 shows the time at which it was made, which is no secret.
            #[must_use]
            pub const fn new(uuid: Uuid) -> Self {
                Self(uuid)
            }

            /// Reads the hyphenated form.
            pub fn parse(raw: &str) -> Result<Self, Fault> {
                let hyphenated = raw.len() == 36;
                hyphenated.then(|| Uuid::try_parse(raw).ok()).flatten().map(Self).ok_or(Fault::NotAnId)
            }

            #[must_use]
            pub fn uuid(self) -> Uuid {
                self.0
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                self.0.hyphenated().fmt(f)
            }
        }
    };
}

uuid_id!(
    /// The identity of a site.
    SiteId
);
uuid_id!(
    /// The identity of an installation.
    InstallationId
);

/// A short code chosen by an administrator: 2 to 20 of `A-Z`, `0-9` and `-`, kept in capitals.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Serialize)]
#[serde(transparent)]
pub struct Code(String);

/// The code of a partner; never changes.
pub type PartnerCode = Code;
/// The code of a project; never changes.
pub type ProjectCode = Code;

impl Code {
    /// Takes strays away, trims and capitalises `raw`, then checks it.
    pub fn parse(raw: &str) -> Result<Self, Fault> {
        let tidied = without_strays(raw);
        let code = tidied.as_deref().unwrap_or(raw).trim().to_ascii_uppercase();
        let allowed = |c: char| c.is_ascii_uppercase() || c.is_ascii_digit() || c == '-';
        if !(2..=20).contains(&code.len()) || !code.chars().all(allowed) {
            return Err(Fault::NotACode);
        }
        Ok(Self(code))
    }

    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Takes back a stored code.
    #[must_use]
    pub fn stored(code: String) -> Self {
        Self(code)
    }
}

impl fmt::Display for Code {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parse_code_capitalises_and_refuses_anything_odd() {
        assert_eq!(Code::parse(" solarbk ").unwrap().as_str(), "SOLARBK");
        assert_eq!(Code::parse("\u{FEFF}solar\u{200B}bk\u{A0}").unwrap().as_str(), "SOLARBK");
        for bad in ["", "A", "ĐẮK", "A B", "ABCDEFGHIJKLMNOPQRSTU", "A_B"] {
            assert_eq!(Code::parse(bad).unwrap_err(), Fault::NotACode, "{bad}");
        }
    }

    #[test]
    fn parse_id_takes_only_the_hyphenated_form() {
        let id = SiteId::new(Uuid::now_v7());
        assert_eq!(SiteId::parse(&id.to_string()), Ok(id));
        assert_eq!(SiteId::parse(&id.uuid().simple().to_string()), Err(Fault::NotAnId));
    }
}
