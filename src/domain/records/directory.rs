//! Who is known: partners and clients, and which client may act. The database fills a directory; the rules are here.

use std::collections::BTreeMap;

use chrono::{DateTime, Utc};

use crate::domain::values::PartnerCode;

use super::actor::Actor;
use super::partner::OwnQuota;

/// A partner as every process knows it.
#[derive(Clone, Debug)]
pub struct Partner {
    pub code: PartnerCode,
    pub name: String,
    /// Whether the partner is a sandbox, which moves no number.
    pub sandbox: bool,
    /// Whether its clients are shut out.
    pub suspended: bool,
    /// The daily quota of its own, if it was given one, even if its last day is over.
    pub quota: Option<OwnQuota>,
}

/// A client with the hashes of its secrets.
#[derive(Clone)]
pub struct Client {
    /// The client as it acts.
    pub actor: Actor,
    /// The name of the client, for administrators.
    pub name: String,
    pub created_at: DateTime<Utc>,
    /// The instant since which it is shut out.
    pub revoked_at: Option<DateTime<Utc>>,
    /// Its secrets, ended ones too.
    pub secrets: Vec<Secret>,
}

/// A secret, as far as the register knows it.
#[derive(Clone)]
pub struct Secret {
    /// The SHA-256 of the secret, as it is stored.
    pub hash: String,
    pub expires_at: Option<DateTime<Utc>>,
}

impl Client {
    /// The secrets that work at an instant.
    pub fn secrets_at(&self, now: DateTime<Utc>) -> impl Iterator<Item = &Secret> {
        self.secrets.iter().filter(move |secret| secret.expires_at.is_none_or(|at| at > now))
    }
}

/// All partners and clients.
#[derive(Clone, Default)]
pub struct Directory {
    pub partners: BTreeMap<PartnerCode, Partner>,
    /// Clients by their ids.
    pub clients: BTreeMap<String, Client>,
}

impl Directory {
    #[must_use]
    pub fn client(&self, client_id: &str) -> Option<&Client> {
        self.clients.get(client_id)
    }

    /// The actor behind a client that may act: the client is not revoked, and its partner is not suspended.
    #[must_use]
    pub fn active(&self, client_id: &str) -> Option<&Actor> {
        let client = self.client(client_id).filter(|client| client.revoked_at.is_none())?;
        let suspended = |code: &PartnerCode| self.partner(code).is_none_or(|partner| partner.suspended);
        if client.actor.partner.as_ref().is_some_and(suspended) { None } else { Some(&client.actor) }
    }

    #[must_use]
    pub fn partner(&self, code: &PartnerCode) -> Option<&Partner> {
        self.partners.get(code)
    }
}

#[cfg(test)]
mod tests {
    use super::super::actor::Role;
    use super::*;

    #[test]
    fn active_is_a_client_that_is_not_revoked_and_whose_partner_is_not_suspended() {
        let code = PartnerCode::parse("SOLARCO").unwrap();
        let actor = Actor { role: Role::Partner, partner: Some(code.clone()), ..Actor::operator("c-1") };
        let client = |revoked_at| Client {
            actor: actor.clone(),
            name: "App".to_owned(),
            created_at: DateTime::UNIX_EPOCH,
            revoked_at,
            secrets: Vec::new(),
        };
        let partner = |suspended| Partner {
            code: code.clone(),
            name: "Solar".to_owned(),
            sandbox: false,
            suspended,
            quota: None,
        };
        let is_active = |partner: Option<Partner>, client: Client| {
            let partners = partner.map(|partner| (code.clone(), partner)).into_iter().collect();
            let clients = [("c-1".to_owned(), client)].into();
            Directory { partners, clients }.active("c-1").is_some()
        };
        assert!(is_active(Some(partner(false)), client(None)));
        assert!(!is_active(Some(partner(false)), client(Some(DateTime::UNIX_EPOCH))), "revoked");
        assert!(!is_active(Some(partner(true)), client(None)), "suspended");
        assert!(!is_active(None, client(None)), "of no known partner");
        assert!(Directory::default().active("c-1").is_none());
    }
}
