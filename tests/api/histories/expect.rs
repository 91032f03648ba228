//! What the model makes of a step: the rules once more, in other words than the register's.

use chrono::NaiveDate;
use green_homes::domain::id::InstallationId;
use green_homes::domain::reference::MeasureId;
use green_homes::domain::site::{Flags, SiteFacts, SiteKind};
use serde_json::{Value, json};

use super::{Driver, Lines, MEASURES, Step, day, place};
use crate::model::{ModelInstallation, ModelSite, Standing};

impl Driver {
    /// Does to the model what the step asks for, and gives the status that it should be answered with.
    pub(super) fn follow(&mut self, step: &Step, reply: &Value) -> u16 {
        let known = self.model.installations.len();
        let which = |n: &usize| n % known.max(1);
        match step {
            Step::Register { at, facts, day: on, lines, cost } => {
                self.registered((at.as_ref(), *facts), on.map(day), lines, *cost, reply)
            }
            Step::Resend(n) => self.resent(which(n)),
            Step::Correct { which: n, day: on, lines, cost } => {
                self.corrected(which(n), on.map(day), lines.as_ref().map(model_lines), *cost)
            }
            Step::CorrectEnd(n, on) => self.end_corrected(which(n), day(*on)),
            Step::CorrectSite { which: n, place, kind, remote } => {
                let site = n % self.model.sites.len();
                self.site_corrected(site, *place, *kind, *remote)
            }
            Step::Complete(n, on) => {
                let (n, on) = (which(n), day(*on));
                let installation = &self.model.installations[n];
                let again = installation.standing == Standing::Installed
                    && installation.on == Some(on)
                    && self.last[n] == "complete";
                if installation.standing == Standing::Pledged {
                    self.model.installations[n].on = Some(on);
                    self.set(n, Standing::Installed, "complete")
                } else if again {
                    200
                } else {
                    409
                }
            }
            Step::Verify(n, tier) => {
                let n = which(n);
                match self.model.installations[n].standing {
                    Standing::Installed => self.set(n, Standing::Verified(*tier), "verify"),
                    Standing::Verified(reached) if *tier > reached => self.set(n, Standing::Verified(*tier), "verify"),
                    Standing::Verified(reached) if *tier == reached => 200,
                    _ => 409,
                }
            }
            Step::Reject(n) => match self.model.installations[which(n)].standing {
                Standing::Rejected => 200,
                Standing::Withdrawn | Standing::Ended(..) => 409,
                _ => self.set(which(n), Standing::Rejected, "reject"),
            },
            Step::Resubmit(n) => {
                let n = which(n);
                let installation = &self.model.installations[n];
                let back = if installation.on.is_some() { Standing::Installed } else { Standing::Pledged };
                match installation.standing {
                    Standing::Rejected => self.set(n, back, "resubmit"),
                    Standing::Pledged | Standing::Installed if self.last[n] == "resubmit" => 200,
                    _ => 409,
                }
            }
            Step::Withdraw(n) => match self.model.installations[which(n)].standing {
                Standing::Withdrawn => 200,
                Standing::Ended(..) => 409,
                _ => self.set(which(n), Standing::Withdrawn, "withdraw"),
            },
            Step::Decommission(n, on) => self.decommissioned(which(n), day(*on)),
        }
    }

    fn set(&mut self, n: usize, standing: Standing, action: &'static str) -> u16 {
        self.model.installations[n].standing = standing;
        self.last[n] = action;
        200
    }

    fn registered(
        &mut self,
        (at, (place_no, kind, remote)): (Option<&usize>, (usize, usize, Option<bool>)),
        on: Option<NaiveDate>,
        lines: &Lines,
        cost: Option<i64>,
        reply: &Value,
    ) -> u16 {
        let body = self.registration(at, (place_no, kind, remote), on, lines, cost);
        let site = at.and_then(|at| at.checked_rem(self.model.sites.len())).unwrap_or(self.model.sites.len());
        if site == self.model.sites.len() {
            let flags = Flags { remote, ..Flags::default() };
            let facts = SiteFacts { kind: SiteKind::ALL[kind], place: place(place_no), flags };
            self.model.sites.push(ModelSite { facts, merged_away: false });
        }
        let id = reply["data"]["installation"]["id"].as_str().and_then(|id| InstallationId::parse(id).ok());
        let standing = if on.is_some() { Standing::Installed } else { Standing::Pledged };
        let id = id.unwrap_or_else(|| panic!("{reply}"));
        self.model.installations.push(ModelInstallation { id, site, standing, on, lines: model_lines(lines), cost });
        self.last.push("register");
        self.sent.push(body);
        200
    }

    /// The same content, or a status further along; what was corrected since is another content.
    fn resent(&self, n: usize) -> u16 {
        let (installation, sent) = (&self.model.installations[n], &self.sent[n]);
        let same_day = sent["installed_on"].is_null() || sent["installed_on"] == json!(installation.on);
        let lines: Vec<_> = installation.lines.iter().map(|line| (line.0.code(), line.1)).collect();
        let mut sent_lines: Vec<_> = sent["measures"]
            .as_array()
            .unwrap()
            .iter()
            .map(|line| {
                let measure = MeasureId::parse(line["measure"].as_str().unwrap()).unwrap();
                (measure, line["quantity"].as_i64().unwrap() * 1000)
            })
            .collect();
        sent_lines.sort_by_key(|line| line.0);
        let sent_lines: Vec<_> = sent_lines.iter().map(|line| (line.0.code(), line.1)).collect();
        let same = same_day && lines == sent_lines && sent["cost_vnd"] == json!(installation.cost);
        let ended = matches!(installation.standing, Standing::Rejected | Standing::Withdrawn);
        if same && !ended { 200 } else { 409 }
    }

    fn corrected(
        &mut self,
        n: usize,
        on: Option<NaiveDate>,
        lines: Option<Vec<(MeasureId, i64, i64)>>,
        cost: Option<i64>,
    ) -> u16 {
        let installation = &mut self.model.installations[n];
        if on.is_some() && installation.on.is_none() {
            return 422;
        }
        let mut after = installation.clone();
        after.on = on.or(after.on);
        after.lines = lines.unwrap_or(after.lines);
        after.cost = cost.or(after.cost);
        let physical = after.on != installation.on || after.lines != installation.lines;
        if !physical && after.cost == installation.cost {
            return 200;
        }
        match installation.standing {
            Standing::Withdrawn | Standing::Ended(..) => return 409,
            Standing::Verified(_) if physical => after.standing = Standing::Installed,
            _ => {}
        }
        *installation = after;
        self.last[n] = "correct";
        200
    }

    fn end_corrected(&mut self, n: usize, ended: NaiveDate) -> u16 {
        let installation = &mut self.model.installations[n];
        let Standing::Ended(tier, _) = installation.standing else { return 422 };
        if installation.on > Some(ended) {
            return 422;
        }
        installation.standing = Standing::Ended(tier, ended);
        200
    }

    fn site_corrected(
        &mut self,
        site: usize,
        new_place: Option<usize>,
        kind: Option<usize>,
        remote: Option<bool>,
    ) -> u16 {
        let facts = &mut self.model.sites[site].facts;
        let before = *facts;
        facts.place = new_place.map_or(facts.place, place);
        facts.kind = kind.map_or(facts.kind, |kind| SiteKind::ALL[kind]);
        facts.flags.remote = remote;
        let moved = facts.place != before.place || facts.kind != before.kind;
        for (n, installation) in self.model.installations.iter_mut().enumerate().filter(|_| moved) {
            if installation.site == site && matches!(installation.standing, Standing::Verified(_)) {
                installation.standing = Standing::Installed;
                self.last[n] = "correct_site";
            }
        }
        200
    }

    fn decommissioned(&mut self, n: usize, ended: NaiveDate) -> u16 {
        let installation = &self.model.installations[n];
        let tier = match installation.standing {
            Standing::Installed => None,
            Standing::Verified(tier) => Some(tier),
            Standing::Ended(_, day) if day == ended => return 200,
            _ => return 409,
        };
        if installation.on > Some(ended) {
            return 422;
        }
        self.set(n, Standing::Ended(tier, ended), "decommission")
    }
}

fn model_lines(lines: &Lines) -> Vec<(MeasureId, i64, i64)> {
    let inverter = |(measure, units): &(usize, i64)| if *measure == 0 { units * 2000 } else { 0 };
    let mut lines: Vec<_> =
        lines.iter().map(|line| (MeasureId::parse(MEASURES[line.0]).unwrap(), line.1 * 1000, inverter(line))).collect();
    lines.sort_by_key(|line| line.0);
    lines
}
