//! The bodies with which an administrator adds partners, clients and projects, and resets secrets.

use chrono::TimeDelta;

use crate::api::body::{AnyDay, BodyReader, Pointer, body, integer_within, is_given};
use crate::domain::records::{
    KEEP_OLD_HOURS, MOST_DAILY_INSTALLATIONS, MOST_KEEP_OLD_HOURS, NewClient, NewPartner, NewProject, OwnQuota, Role,
    misplaced,
};
use crate::domain::reference::ProvinceId;
use crate::domain::values::{Code, Name};

body! {
    /// A partner to add.
    #[schema(example = json!({"code": "SOLARCO", "name": "Solar Co"}))]
    pub struct CreatePartner -> NewPartner {
        /// The partner's code: 2 to 20 letters A-Z, digits and hyphens. It never changes.
        code: Code,
        /// The partner's name, at most 200 characters.
        name: Name,
        /// The kind of organisation, for example "installer".
        kind: Option<Name>,
        /// The partner's role in VCCA.
        vcca_role: Option<Name>,
        /// Whether the partner may be named in public. Left out: false.
        listed: Option<bool>,
        /// Whether the partner only tries things out: its installations are kept apart and never counted. It never
        /// changes. Left out: false.
        sandbox: Option<bool>,
    }
}

impl CreatePartner {
    fn settle(self, _: &Pointer<'_>, _: &mut BodyReader) -> Option<NewPartner> {
        Some(NewPartner {
            code: self.code?,
            name: self.name?,
            kind: self.kind?,
            vcca_role: self.vcca_role?,
            listed: self.listed?.unwrap_or(false),
            sandbox: self.sandbox?.unwrap_or(false),
        })
    }
}

body! {
    /// A client to add.
    #[schema(example = json!({"role": "partner", "partner": "SOLARCO", "name": "Back office"}))]
    pub struct CreateClient -> NewClient {
        /// The role of the client. It decides the client's scopes.
        role: Role,
        /// The code of the partner that the client acts for. Required with the role partner, refused with others.
        partner: Option<Code>,
        /// The code of the partner that the person works for. Only with the role reviewer, who then sees nothing of
        /// that partner.
        affiliation: Option<Code>,
        /// The one province that the client may see. Only with the roles reviewer and dashboard.
        province_code: Option<ProvinceId>,
        /// The person or program behind the client, at most 200 characters.
        name: Name,
    }
}

impl CreateClient {
    fn settle(self, at: &Pointer<'_>, reader: &mut BodyReader) -> Option<NewClient> {
        let is_sent = |name: &str| match name {
            "partner" => is_given(&self.partner),
            "affiliation" => is_given(&self.affiliation),
            _ => is_given(&self.province_code),
        };
        for (name, fault) in misplaced(self.role?, is_sent) {
            reader.fault::<()>(&at.member(name), fault);
        }
        Some(NewClient {
            role: self.role?,
            partner: self.partner?,
            affiliation: self.affiliation?,
            province: self.province_code?,
            name: self.name?,
        })
    }
}

body! {
    /// A request for a new secret.
    pub struct ResetSecret -> TimeDelta {
        /// Hours for which the old secret still works, 0 to 168. Left out: 24.
        #[schema(minimum = 0, maximum = 168)]
        keep_old_hours: Option<i64>,
    }
}

impl ResetSecret {
    fn settle(self, at: &Pointer<'_>, reader: &mut BodyReader) -> Option<TimeDelta> {
        let hours = match self.keep_old_hours? {
            Some(number) => {
                reader.note(&at.member("keep_old_hours"), integer_within(&number, 0, MOST_KEEP_OLD_HOURS))?
            }
            None => KEEP_OLD_HOURS,
        };
        Some(TimeDelta::hours(hours))
    }
}

body! {
    /// A daily quota of one partner.
    #[schema(example = json!({"daily_installations": 20000, "until": "2026-12-31"}))]
    pub struct SetQuota -> OwnQuota {
        /// The most new installations a day (Hà Nội), 0 to 20,000; 0 is no limit.
        #[schema(minimum = 0, maximum = 20_000)]
        daily_installations: i64,
        /// The last day on which it holds (YYYY-MM-DD, Hà Nội): today or later.
        until: AnyDay as chrono::NaiveDate,
    }
}

impl SetQuota {
    fn settle(self, at: &Pointer<'_>, reader: &mut BodyReader) -> Option<OwnQuota> {
        let most = integer_within(&self.daily_installations?, 0, MOST_DAILY_INSTALLATIONS);
        let most = reader.note(&at.member("daily_installations"), most)?;
        Some(OwnQuota { daily_installations: u32::try_from(most).unwrap_or(u32::MAX), until: self.until? })
    }
}

body! {
    /// A project to add.
    #[schema(example = json!({"code": "SCHOOLS-1", "name_vi": "Mái trường xanh", "name_en": "Green school roofs"}))]
    pub struct CreateProject -> NewProject {
        /// The project's code: 2 to 20 letters A-Z, digits and hyphens. It never changes.
        code: Code,
        /// The Vietnamese name, at most 200 characters.
        name_vi: Name,
        /// The English name, at most 200 characters.
        name_en: Name,
        /// The organisation that funds the project.
        funder: Option<Name>,
    }
}

impl CreateProject {
    fn settle(self, _: &Pointer<'_>, _: &mut BodyReader) -> Option<NewProject> {
        Some(NewProject { code: self.code?, name_vi: self.name_vi?, name_en: self.name_en?, funder: self.funder? })
    }
}

#[cfg(test)]
mod tests {
    use chrono::NaiveDate;

    use super::*;
    use crate::api::body::{parse, read};

    fn client(body: &str) -> Result<NewClient, Vec<(String, &'static str)>> {
        let node = parse(body.as_bytes()).unwrap();
        read::<CreateClient>(&node, NaiveDate::default())
            .map_err(|faults| faults.into_iter().map(|f| (f.pointer, f.fault.code())).collect())
    }

    #[test]
    fn read_new_client_only_partners_belong_to_a_partner() {
        assert!(client(r#"{"role":"partner","partner":"SOLARCO","name":"ERP"}"#).is_ok());
        let missing = client(r#"{"role":"partner","name":"ERP"}"#).unwrap_err();
        assert_eq!(missing, [("/partner".to_owned(), "missing")]);
        let surplus = client(r#"{"role":"admin","partner":"SOLARCO","name":"ERP"}"#).unwrap_err();
        assert_eq!(surplus, [("/partner".to_owned(), "not_allowed_here")]);
    }

    #[test]
    fn read_new_client_limits_only_those_who_read() {
        let limited = r#"{"role":"reviewer","affiliation":"SOLARCO","province_code":"01","name":"An"}"#;
        assert!(client(limited).is_ok());
        assert!(client(&limited.replace("reviewer", "dashboard").replace("affiliation", "affiliations")).is_err());
        let refused = client(&limited.replace("reviewer", "admin")).unwrap_err();
        let not_allowed = |pointer: &str| (pointer.to_owned(), "not_allowed_here");
        assert_eq!(refused, [not_allowed("/affiliation"), not_allowed("/province_code")]);
        assert!(client(r#"{"role":"dashboard","province_code":"01","name":"Excel"}"#).is_ok());
    }
}
