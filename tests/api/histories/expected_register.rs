//! What should be in the register, and what a request should be answered: the reference with what the
//! routes show beside the count. Which orders explain the answers to requests that were sent at once.

use std::collections::BTreeMap;

use serde_json::Value;

use super::plan::{By, Planned};
use super::steps::Step;
use crate::reference_counts::ReferenceRegister;
use crate::support::Reply;

#[derive(Clone, Default)]
pub(super) struct ExpectedRegister {
    pub reference: ReferenceRegister,
    /// Beside the reference's installations.
    pub records: Vec<Record>,
    /// Beside the reference's sites.
    pub homes: Vec<Home>,
    pub disputes: Vec<Dispute>,
    pub suspended: bool,
    /// The partner's client.
    pub client: String,
    /// What was answered under whose keys.
    pub kept: BTreeMap<(By, String), Kept>,
    /// Householders' codes that were replaced.
    pub dead: Vec<String>,
    /// The version of the register at the last turn.
    pub version: i64,
    /// Action and subject of the entries since the last turn.
    pub entries: Vec<String>,
    /// The same of the steps that follow a suspension or its end, in the order of their words.
    pub steps: Vec<String>,
}

#[derive(Clone)]
pub(super) struct Record {
    /// What last changed it.
    pub last: &'static str,
    pub sent: Value,
    pub revision: u32,
    pub etags: Option<Etags>,
}

#[derive(Clone, Default)]
pub(super) struct Home {
    pub name: String,
    pub id: String,
    /// The householder's code, if there is one and its answer was not lost.
    pub code: Option<String>,
    pub identified: bool,
    pub withdrawn: bool,
    pub revision: u32,
    pub etags: Option<Etags>,
}

/// The first that was seen, and the last.
pub(super) type Etags = (String, String);

#[derive(Clone, Debug)]
pub(super) struct Dispute {
    pub id: i64,
    pub home: usize,
    /// What is said, until it is erased.
    pub note: Option<u8>,
    pub upheld: Option<bool>,
}

/// What is kept under an idempotency key.
#[derive(Clone)]
pub(super) struct Kept {
    pub planned: Planned,
    pub said: Said,
    /// The answer, once one was seen.
    pub body: Option<Value>,
}

/// For which state a correction is.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Seen {
    Any,
    Never,
    /// Of the installation and its site.
    Revision((u32, u32)),
}

/// What an answer says.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(super) enum Said {
    Changed,
    Unchanged,
    /// Done, changed or not: the answer looks the same.
    Fine,
    Refused(u16),
    /// Of each decision.
    Each(Vec<String>),
    /// What cannot be: no order explains it.
    Impossible,
}

impl Said {
    pub(super) fn of(step: &Step, reply: &Reply) -> Self {
        let data = &reply.body["data"];
        match (step, reply.status) {
            (_, 400..) => Self::Refused(reply.status),
            (Step::Decide(_), _) => {
                let word = |one: &Value| one["outcome"].as_str().unwrap().to_owned();
                Self::Each(data.as_array().unwrap().iter().map(word).collect())
            }
            (Step::Dispute(..), 201) => Self::Changed,
            (Step::Dispute(..), _) => Self::Unchanged,
            _ => match data["outcome"].as_str().or(reply.body["outcome"].as_str()) {
                Some("unchanged") => Self::Unchanged,
                Some("changed" | "withdrawn") => Self::Changed,
                Some("created") if reply.status == 201 => Self::Changed,
                _ => Self::Fine,
            },
        }
    }
}

impl ExpectedRegister {
    pub(super) const PARTNER: &str = "REFERENCE";

    /// Does what was asked for, unless it was done under its key; what should be answered. An
    /// answer that was `lost` is that to the same request sent again.
    pub(super) fn follow(&mut self, planned: &Planned, reply: &Reply, lost: bool) -> Said {
        if planned.by == By::Partner && self.suspended {
            return Said::Refused(401);
        }
        if let By::Householder(home) = planned.by
            && reply.status == 401
            && self.entries.contains(&self.entry("issue_code", home))
        {
            // The code was replaced meanwhile.
            return Said::Refused(401);
        }
        let Some(key) = planned.key.clone().map(|key| (planned.by, key)) else {
            return self.apply(planned, reply, lost);
        };
        if let Some(kept) = self.kept.get(&key) {
            return match kept.planned.step {
                _ if !kept.planned.is_the_same(planned) => Said::Refused(422),
                // Nothing but a secret, which is shown once.
                Step::IssueCode(_) => Said::Refused(409),
                _ => kept.said.clone(),
            };
        }
        let said = self.apply(planned, reply, lost);
        if !matches!(said, Said::Refused(_)) {
            let kept = Kept { planned: planned.clone(), said: said.clone(), body: None };
            self.kept.insert(key, kept);
        }
        said
    }

    /// What may have become of requests that were sent at once: each order in which the answers
    /// are right. Where the first answers were `lost`, any of the requests may have been carried
    /// out before, in any order.
    pub(super) fn explain(&self, answered: &[(Planned, Reply)], lost: bool) -> Vec<Self> {
        let all: Vec<usize> = (0..answered.len()).collect();
        let orders = ordered_subsets(&all);
        let before = if lost { orders.clone() } else { vec![Vec::new()] };
        let mut found = Vec::new();
        for first in &before {
            let mut book = self.clone();
            for n in first {
                book.follow(&answered[*n].0, &answered[*n].1, true);
            }
            let whole = orders.iter().filter(|order| order.len() == all.len());
            found.extend(whole.filter_map(|order| book.clone().followed(answered, order)));
        }
        found
    }

    fn followed(mut self, answered: &[(Planned, Reply)], order: &[usize]) -> Option<Self> {
        let right = order.iter().all(|n| {
            let (planned, reply) = &answered[*n];
            // Refused while the other one with its key was under way.
            let in_flight = reply.body["code"] == "idempotency_key_in_flight"
                && answered.iter().filter(|(other, _)| (other.by, &other.key) == (planned.by, &planned.key)).count()
                    > 1;
            in_flight || self.follow(planned, reply, false) == Said::of(&planned.step, reply)
        });
        right.then_some(self)
    }

    /// What nobody verified of a suspended partner is set aside, and given back when it is resumed.
    pub(super) fn settle(mut self) -> Self {
        for n in 0..self.records.len() {
            let one = &self.reference.installations[n];
            let (aside, id) = (one.aside, one.id);
            let action = match (self.suspended, aside) {
                (true, false) if one.is_unverified() => "set_aside",
                (false, true) => "give_back",
                _ => continue,
            };
            self.reference.installations[n].aside = !aside;
            self.steps.push(format!("{action} installation/{id}"));
            self.touch(n, action);
        }
        self.steps.sort();
        self
    }

    /// An action on an installation was done.
    pub(super) fn act(&mut self, n: usize, action: &'static str) -> Said {
        self.entries.push(format!("{action} installation/{}", self.reference.installations[n].id));
        self.touch(n, action);
        Said::Changed
    }

    pub(super) fn touch(&mut self, n: usize, action: &'static str) {
        self.records[n].last = action;
        self.records[n].revision += 1;
    }

    /// Something about a home was done.
    pub(super) fn note(&mut self, action: &str, home: usize) {
        self.entries.push(self.entry(action, home));
    }

    fn entry(&self, action: &str, home: usize) -> String {
        format!("{action} site/{}", self.homes[home].id)
    }

    /// Revisions of the record that a step corrects, and of its site.
    pub(super) fn revision_of(&self, step: &Step) -> (u32, u32) {
        match step {
            Step::CorrectSite { which, .. } => (0, self.homes[*which].revision),
            Step::Correct { which: n, .. } | Step::CorrectEnd(n, _) => {
                (self.records[*n].revision, self.homes[self.reference.installations[*n].site].revision)
            }
            _ => (0, 0),
        }
    }

    pub(super) fn etag_of(&self, step: &Step) -> Option<Etags> {
        match step {
            Step::CorrectSite { which, .. } => self.homes[*which].etags.clone(),
            Step::Correct { which: n, .. } | Step::CorrectEnd(n, _) => self.records[*n].etags.clone(),
            _ => None,
        }
    }
}

impl Planned {
    fn is_the_same(&self, other: &Self) -> bool {
        let parts = |one: &Self| (one.method, one.path.clone(), one.if_match.clone(), one.body.clone());
        parts(self) == parts(other)
    }
}

/// Every order of every part of these.
fn ordered_subsets(items: &[usize]) -> Vec<Vec<usize>> {
    let mut all = vec![Vec::new()];
    for first in items {
        let rest: Vec<usize> = items.iter().copied().filter(|item| item != first).collect();
        all.extend(ordered_subsets(&rest).into_iter().map(|order| [vec![*first], order].concat()));
    }
    all
}
