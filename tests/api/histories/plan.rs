//! The request that a step makes.

use green_homes::domain::values::SiteKind;
use serde_json::{Value, json};

use super::expected_register::{ExpectedRegister, Seen};
use super::steps::{Asked, IfMatch, Key, Lines, MEASURES, PROVINCES, Step, day};

/// Who asks.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub(super) enum By {
    Partner,
    Reviewer,
    Admin,
    /// Whoever has this site's code.
    Householder(usize),
    /// On the command line.
    Operator,
}

/// One request, and the step that it makes of what is there.
#[derive(Clone, Debug)]
pub(super) struct Planned {
    /// The same step with the numbers of records that there are.
    pub step: Step,
    pub by: By,
    pub method: &'static str,
    pub path: String,
    pub body: Value,
    pub if_match: Option<String>,
    /// What the precondition holds for; `None` for whatever there is.
    pub seen: Seen,
    pub key: Option<String>,
}

const CREATE: &str = "/v1/installations";

impl ExpectedRegister {
    /// The request of a step; none while there is nothing that it could speak of.
    pub(super) fn plan(&self, asked: &Asked, number: usize) -> Option<Planned> {
        if let Step::Repeat(n) = asked.step {
            return self.kept.values().nth(n.checked_rem(self.kept.len())?).map(|kept| kept.planned.clone());
        }
        let step = self.resolved(&asked.step)?;
        let (by, method, path, body) = self.request(&step, number);
        let (if_match, seen) = match (asked.if_match, self.etag_of(&step)) {
            _ if method != "PATCH" => (None, Seen::Any),
            (IfMatch::Current, Some((_, current))) => (Some(current), Seen::Revision(self.revision_of(&step))),
            (IfMatch::Stale, Some((first, current))) if first != current => (Some(first), Seen::Never),
            (IfMatch::Stale, _) => (Some("\"0.0\"".to_owned()), Seen::Never),
            _ => (Some("*".to_owned()), Seen::Any),
        };
        let key = match asked.key {
            Key::Used(n) => {
                self.kept.keys().nth(n.checked_rem(self.kept.len()).unwrap_or(0)).map(|(_, key)| key.clone())
            }
            Key::Fresh => Some(format!("key-{number}")),
            Key::None => None,
        };
        let key = key.filter(|_| takes_keys(&step));
        Some(Planned { step, by, method, path, body, if_match, seen, key })
    }

    /// With numbers of records that there are.
    fn resolved(&self, step: &Step) -> Option<Step> {
        let known = self.reference.installations.len();
        let mut step = step.clone();
        match &mut step {
            Step::Register { at: Some(at), .. } => *at = at.checked_rem(self.homes.len()).unwrap_or(0),
            Step::Register { at, .. } => *at = Some(self.homes.len()),
            Step::Resend(n)
            | Step::Correct { which: n, .. }
            | Step::CorrectEnd(n, _)
            | Step::Complete(n, _)
            | Step::Verify(n, _)
            | Step::Reject(n)
            | Step::Resubmit(n)
            | Step::Withdraw(n)
            | Step::IssueCode(n)
            | Step::Decommission(n, _) => *n = n.checked_rem(known)?,
            Step::Decide(decisions) => {
                for (n, _) in decisions {
                    *n = n.checked_rem(known)?;
                }
            }
            Step::CorrectSite { which: n, .. } | Step::Erase(n) => *n = n.checked_rem(self.homes.len())?,
            Step::Dispute(n, _) | Step::WithdrawConsent(n) => {
                let open: Vec<usize> = (0..self.homes.len()).filter(|n| self.homes[*n].code.is_some()).collect();
                *n = *open.get(n.checked_rem(open.len())?)?;
            }
            Step::CloseDispute(n, _) => *n = n.checked_rem(self.disputes.len())?,
            // A client of a suspended partner gets no token.
            Step::Revoke if self.suspended => return None,
            Step::Suspend | Step::Resume | Step::Revoke | Step::Repeat(_) => {}
        }
        Some(step)
    }

    fn request(&self, step: &Step, number: usize) -> (By, &'static str, String, Value) {
        let one = |n: &usize| format!("{CREATE}/{}", self.reference.installations[*n].id);
        let post = |by, path, body| (by, "POST", path, body);
        match step {
            Step::Register { .. } => post(By::Partner, CREATE.to_owned(), registration(step, number)),
            Step::Resend(n) => post(By::Partner, CREATE.to_owned(), self.records[*n].sent.clone()),
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
                (By::Partner, "PATCH", one(which), body)
            }
            Step::CorrectEnd(n, on) => {
                let body = json!({"decommissioned_on": day(*on), "reason": "data_entry_error"});
                (By::Partner, "PATCH", one(n), body)
            }
            Step::CorrectSite { which, place, kind, remote } => {
                let mut body = json!({"reason": "site_change", "remote": remote});
                if let Some(place) = place {
                    body["province_code"] = json!(PROVINCES[*place]);
                }
                if let Some(kind) = kind {
                    body["kind"] = json!(SiteKind::ALL[*kind].as_str());
                }
                (By::Partner, "PATCH", format!("/v1/sites/{}", self.homes[*which].id), body)
            }
            Step::Complete(n, on) => {
                post(By::Partner, format!("{}/complete", one(n)), json!({"installed_on": day(*on)}))
            }
            Step::Verify(n, tier) => {
                post(By::Reviewer, format!("{}/verify", one(n)), json!({"evidence_tier": tier.as_str()}))
            }
            Step::Reject(n) => post(By::Reviewer, format!("{}/reject", one(n)), json!({"reason": "other"})),
            Step::Decide(decisions) => {
                let decision = |(n, tier): &(usize, Option<_>)| {
                    let id = self.reference.installations[*n].id.to_string();
                    tier.map_or_else(
                        || json!({"installation": id, "action": "reject", "reason": "other"}),
                        |tier: green_homes::domain::values::Tier| {
                            json!({"installation": id, "action": "verify", "evidence_tier": tier.as_str()})
                        },
                    )
                };
                let decisions: Value = decisions.iter().map(decision).collect();
                post(By::Reviewer, "/v1/review/decisions".to_owned(), json!({"decisions": decisions}))
            }
            Step::Resubmit(n) => post(By::Partner, format!("{}/resubmit", one(n)), json!({})),
            Step::Withdraw(n) => post(By::Partner, format!("{}/withdraw", one(n)), json!({"reason": "cancelled"})),
            Step::Decommission(n, on) => {
                let body = json!({"decommissioned_on": day(*on), "reason": "removed"});
                post(By::Partner, format!("{}/decommission", one(n)), body)
            }
            Step::IssueCode(n) => post(By::Partner, format!("{}/householder-code", one(n)), json!({})),
            Step::Dispute(n, what) => {
                let body = json!({"reason": "wrong_facts", "note": format!("Sai {what}")});
                post(By::Householder(*n), "/v1/householder/dispute".to_owned(), body)
            }
            Step::CloseDispute(n, upheld) => {
                let path = format!("/v1/review/disputes/{}/close", self.disputes[*n].id);
                post(By::Reviewer, path, json!({"outcome": if *upheld { "upheld" } else { "dismissed" }}))
            }
            Step::WithdrawConsent(n) => {
                post(By::Householder(*n), "/v1/householder/withdraw-consent".to_owned(), json!({}))
            }
            Step::Erase(n) => post(By::Operator, self.homes[*n].id.clone(), Value::Null),
            Step::Suspend => post(By::Admin, format!("/v1/partners/{}/suspend", Self::PARTNER), json!({})),
            Step::Resume => post(By::Admin, format!("/v1/partners/{}/resume", Self::PARTNER), json!({})),
            Step::Revoke => post(By::Admin, format!("/v1/clients/{}/revoke", self.client), json!({})),
            Step::Repeat(_) => unreachable!("a repeated request is another step's"),
        }
    }
}

/// Householders have no keys, and what is the same again anyway needs none.
fn takes_keys(step: &Step) -> bool {
    let at_home = matches!(step, Step::Dispute(..) | Step::CloseDispute(..) | Step::WithdrawConsent(_));
    !at_home && !step.is_alone() && !matches!(step, Step::Decide(_))
}

fn registration(step: &Step, number: usize) -> Value {
    let Step::Register { at, facts: (place, kind, remote), day: on, lines, cost, identified } = step else {
        panic!("a registration")
    };
    let mut body = json!({
        "external_id": format!("I{number}"),
        "site": {"external_id": format!("S{}", at.unwrap()), "kind": SiteKind::ALL[*kind].as_str(),
            "province_code": PROVINCES[*place], "remote": remote},
        "status": if on.is_some() { "installed" } else { "pledged" },
        "measures": line_values(lines),
        "cost_vnd": cost,
    });
    if let Some(on) = on {
        body["installed_on"] = json!(day(*on));
    }
    if *identified {
        body["site"]["address"] = json!("Ngõ 4711");
        body["consent"] = json!({"on": "2026-01-02", "text_version": 1});
    }
    body
}

fn line_values(lines: &Lines) -> Value {
    let line = |(measure, units): &(usize, i64)| match measure {
        0 => json!({"measure": MEASURES[0], "quantity": units, "inverter_kw": *units * 2}),
        _ => json!({"measure": MEASURES[*measure], "quantity": units}),
    };
    lines.iter().map(line).collect()
}
