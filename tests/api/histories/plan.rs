//! The request that a step makes.

use chrono::NaiveDate;
use green_homes::domain::site::SiteKind;
use serde_json::{Value, json};

use super::{Driver, Lines, MEASURES, PROVINCES, Step, day};

/// One request.
pub(super) struct Planned {
    pub by_reviewer: bool,
    pub method: &'static str,
    pub path: String,
    pub body: Value,
}

impl Driver {
    /// The request of a step; none while there is nothing that it could speak of.
    pub(super) fn plan(&mut self, step: &Step) -> Option<Planned> {
        let known = self.model.installations.len();
        let one = |which: &usize| {
            Some(format!("/v1/installations/{}", self.model.installations.get(which.checked_rem(known)?)?.id))
        };
        let plan = |by_reviewer, method, path, body| Some(Planned { by_reviewer, method, path, body });
        match step {
            Step::Register { at, facts, day: on, lines, cost } => {
                let body = self.registration(at.as_ref(), *facts, on.map(day), lines, *cost);
                plan(false, "POST", "/v1/installations".to_owned(), body)
            }
            Step::Resend(which) => {
                plan(false, "POST", "/v1/installations".to_owned(), self.sent.get(which.checked_rem(known)?)?.clone())
            }
            Step::Correct { which, day: on, lines, cost } => {
                let mut body = json!({"reason": "other"});
                if let Some(on) = on {
                    body["installed_on"] = json!(day(*on));
                }
                if let Some(lines) = lines {
                    body["measures"] = line_values(lines);
                }
                if let Some(cost) = cost {
                    body["cost_vnd"] = json!(cost);
                }
                plan(false, "PATCH", one(which)?, body)
            }
            Step::CorrectEnd(which, on) => {
                plan(false, "PATCH", one(which)?, json!({"decommissioned_on": day(*on), "reason": "data_entry_error"}))
            }
            Step::CorrectSite { which, place, kind, remote } => {
                let id = self.site_id(which.checked_rem(self.model.sites.len())?);
                let mut body = json!({"reason": "site_change", "remote": remote});
                if let Some(place) = place {
                    body["province_code"] = json!(PROVINCES[*place]);
                }
                if let Some(kind) = kind {
                    body["kind"] = json!(SiteKind::ALL[*kind].as_str());
                }
                plan(false, "PATCH", format!("/v1/sites/{id}"), body)
            }
            Step::Complete(which, on) => {
                plan(false, "POST", format!("{}/complete", one(which)?), json!({"installed_on": day(*on)}))
            }
            Step::Verify(which, tier) => {
                plan(true, "POST", format!("{}/verify", one(which)?), json!({"evidence_tier": tier.as_str()}))
            }
            Step::Reject(which) => plan(true, "POST", format!("{}/reject", one(which)?), json!({"reason": "other"})),
            Step::Resubmit(which) => plan(false, "POST", format!("{}/resubmit", one(which)?), json!({})),
            Step::Withdraw(which) => {
                plan(false, "POST", format!("{}/withdraw", one(which)?), json!({"reason": "cancelled"}))
            }
            Step::Decommission(which, on) => {
                let body = json!({"decommissioned_on": day(*on), "reason": "removed"});
                plan(false, "POST", format!("{}/decommission", one(which)?), body)
            }
        }
    }

    pub(super) fn registration(
        &self,
        at: Option<&usize>,
        (place, kind, remote): (usize, usize, Option<bool>),
        on: Option<NaiveDate>,
        lines: &Lines,
        cost: Option<i64>,
    ) -> Value {
        let site = at.and_then(|at| at.checked_rem(self.model.sites.len())).unwrap_or(self.model.sites.len());
        let mut body = json!({
            "external_id": format!("I{}", self.sent.len()),
            "site": {"external_id": format!("S{site}"), "kind": SiteKind::ALL[kind].as_str(),
                "province_code": PROVINCES[place], "remote": remote},
            "status": if on.is_some() { "installed" } else { "pledged" },
            "measures": line_values(lines),
            "cost_vnd": cost,
        });
        if let Some(on) = on {
            body["installed_on"] = json!(on);
        }
        body
    }

    fn site_id(&self, site: usize) -> String {
        let at_it = self.model.installations.iter().find(|installation| installation.site == site).unwrap();
        let mut connection = self.own.connection().unwrap();
        green_homes::db::lookup::sites_of(&mut connection, &[at_it.id]).unwrap()[&at_it.id].to_string()
    }
}

fn line_values(lines: &Lines) -> Value {
    let line = |(measure, units): &(usize, i64)| match measure {
        0 => json!({"measure": MEASURES[0], "quantity": units, "inverter_kw": *units * 2}),
        _ => json!({"measure": MEASURES[*measure], "quantity": units}),
    };
    lines.iter().map(line).collect()
}
