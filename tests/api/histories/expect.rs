//! What the reference makes of a step: the rules once more, in other words than the register's.

use chrono::NaiveDate;
use green_homes::domain::records::SiteFacts;
use green_homes::domain::reference::MeasureId;
use green_homes::domain::values::Flags;
use green_homes::domain::values::InstallationId;
use green_homes::domain::values::SiteKind;
use green_homes::domain::values::Tier;
use serde_json::{Value, json};

use super::expected_register::{ExpectedRegister, Home, Record, Said, Seen};
use super::plan::Planned;
use super::steps::{Lines, MEASURES, Step, day, place};
use crate::reference_counts::{ReferenceInstallation, ReferenceSite, Standing};
use crate::support::Reply;

impl ExpectedRegister {
    /// Does what a step asks for, and gives what should be answered.
    pub(super) fn apply(&mut self, planned: &Planned, reply: &Reply, lost: bool) -> Said {
        match &planned.step {
            Step::Register { .. } => self.registered(planned, reply, lost),
            Step::Resend(n) => self.resent(*n, &planned.body),
            Step::Correct { .. } | Step::CorrectEnd(..) | Step::CorrectSite { .. } => self.corrected_if(planned),
            Step::Complete(n, on) => self.completed(*n, day(*on)),
            Step::Verify(n, tier) => self.verified(*n, *tier),
            Step::Reject(n) => self.rejected(*n),
            Step::Decide(decisions) => Said::Each(decisions.iter().map(|one| self.decided(*one)).collect()),
            Step::Resubmit(n) => self.resubmitted(*n),
            Step::Withdraw(n) => match self.reference.installations[*n].standing {
                Standing::Withdrawn => Said::Unchanged,
                Standing::Ended(..) => Said::Refused(409),
                _ => self.set(*n, Standing::Withdrawn, "withdraw"),
            },
            Step::Decommission(n, on) => self.decommissioned(*n, day(*on)),
            _ => self.at_home(planned, reply, lost),
        }
    }

    fn set(&mut self, n: usize, standing: Standing, action: &'static str) -> Said {
        self.reference.installations[n].stands(standing);
        self.act(n, action)
    }

    fn registered(&mut self, planned: &Planned, reply: &Reply, lost: bool) -> Said {
        let external_id = |record: &Record| record.sent["external_id"] == planned.body["external_id"];
        if let Some(n) = self.records.iter().position(external_id) {
            return self.resent(n, &planned.body);
        }
        let Step::Register { facts: (place_no, kind, remote), day: on, lines, cost, identified, .. } = &planned.step
        else {
            panic!("a registration")
        };
        let installation = &reply.body["data"]["installation"];
        let id = installation["id"].as_str().and_then(|id| InstallationId::parse(id).ok());
        let (Some(id), Some(site)) = (id, installation["site"]["id"].as_str()) else { return Said::Impossible };
        let name = planned.body["site"]["external_id"].as_str().unwrap();
        let known = self.homes.iter().position(|home| home.name == name);
        let code = reply.body["data"]["householder"]["code"].as_str().filter(|_| !lost);
        let gets_code = known.is_none() && *identified && *kind == 0 && !lost;
        if gets_code != code.is_some() || known.is_some_and(|n| self.homes[n].id != site) {
            return Said::Impossible;
        }
        let known = known.unwrap_or_else(|| {
            let flags = Flags { remote: *remote, ..Flags::default() };
            let facts = SiteFacts { kind: SiteKind::ALL[*kind], place: place(*place_no), flags };
            self.reference.sites.push(ReferenceSite { facts, merged_away: false });
            let (name, id, code) = (name.to_owned(), site.to_owned(), code.map(str::to_owned));
            self.homes.push(Home { name, id, code, identified: *identified, ..Home::default() });
            self.homes.len() - 1
        });
        let on = on.map(day);
        let standing = if on.is_some() { Standing::Installed } else { Standing::Pledged };
        let lines = reference_lines(lines);
        self.reference.installations.push(ReferenceInstallation {
            id,
            site: known,
            standing,
            on,
            lines,
            cost: *cost,
            sold: None,
            aside: false,
        });
        self.records.push(Record { last: "", sent: planned.body.clone(), revision: 0, etags: None });
        self.act(self.records.len() - 1, "register")
    }

    /// The same content, or a status further along; what was corrected since is another content.
    fn resent(&self, n: usize, sent: &Value) -> Said {
        let installation = &self.reference.installations[n];
        let same_day = sent["installed_on"].is_null() || sent["installed_on"] == json!(installation.on);
        let lines: Vec<_> = installation.lines.iter().map(|line| (line.0.code(), line.1)).collect();
        let sent_line = |line: &Value| {
            let measure = MeasureId::parse(line["measure"].as_str().unwrap()).unwrap();
            (measure, line["quantity"].as_i64().unwrap() * 1000)
        };
        let mut sent_lines: Vec<_> = sent["measures"].as_array().unwrap().iter().map(sent_line).collect();
        sent_lines.sort_by_key(|line| line.0);
        let sent_lines: Vec<_> = sent_lines.iter().map(|line| (line.0.code(), line.1)).collect();
        let same = same_day && lines == sent_lines && sent["cost_vnd"] == json!(installation.cost);
        let ended = matches!(installation.standing, Standing::Rejected | Standing::Withdrawn);
        if same && !ended { Said::Unchanged } else { Said::Refused(409) }
    }

    /// A correction for another state is refused, unless it is so already.
    fn corrected_if(&mut self, planned: &Planned) -> Said {
        let stale = match planned.seen {
            Seen::Any => false,
            Seen::Never => true,
            Seen::Revision(seen) => seen != self.revision_of(&planned.step),
        };
        let mut after = self.clone();
        let said = match &planned.step {
            Step::Correct { which, day: on, lines, cost } => {
                after.corrected(*which, on.map(day), lines.as_ref().map(reference_lines), *cost)
            }
            Step::CorrectEnd(n, on) => after.end_corrected(*n, day(*on)),
            Step::CorrectSite { which, place, kind, remote } => after.site_corrected(*which, *place, *kind, *remote),
            _ => panic!("a correction"),
        };
        if stale && said != Said::Unchanged {
            return Said::Refused(412);
        }
        *self = after;
        said
    }

    fn corrected(
        &mut self,
        n: usize,
        on: Option<NaiveDate>,
        lines: Option<Vec<(MeasureId, i64, i64)>>,
        cost: Option<i64>,
    ) -> Said {
        let installation = &mut self.reference.installations[n];
        if on.is_some() && installation.on.is_none() {
            let is_final = installation.standing == Standing::Withdrawn;
            return Said::Refused(if is_final { 409 } else { 422 });
        }
        let mut after = installation.clone();
        after.on = on.or(after.on);
        after.lines = lines.unwrap_or(after.lines);
        after.cost = cost.or(after.cost);
        let physical = after.on != installation.on || after.lines != installation.lines;
        if !physical && after.cost == installation.cost {
            return Said::Unchanged;
        }
        match installation.standing {
            Standing::Withdrawn | Standing::Ended(..) => return Said::Refused(409),
            Standing::Verified(_) if physical => after.standing = Standing::Installed,
            _ => {}
        }
        *installation = after;
        self.act(n, "correct")
    }

    fn end_corrected(&mut self, n: usize, ended: NaiveDate) -> Said {
        let installation = &mut self.reference.installations[n];
        match installation.standing {
            Standing::Ended(..) if installation.on > Some(ended) => Said::Refused(422),
            Standing::Ended(_, day) if day == ended => Said::Unchanged,
            Standing::Ended(tier, _) => self.set(n, Standing::Ended(tier, ended), "correct"),
            Standing::Withdrawn => Said::Refused(409),
            _ => Said::Refused(422),
        }
    }

    fn site_corrected(
        &mut self,
        site: usize,
        new_place: Option<usize>,
        kind: Option<usize>,
        remote: Option<bool>,
    ) -> Said {
        let facts = &mut self.reference.sites[site].facts;
        let before = *facts;
        facts.place = new_place.map_or(facts.place, place);
        facts.kind = kind.map_or(facts.kind, |kind| SiteKind::ALL[kind]);
        facts.flags.remote = remote;
        if *facts == before {
            return Said::Unchanged;
        }
        let moved = facts.place != before.place || facts.kind != before.kind;
        for n in 0..self.records.len() {
            let installation = &mut self.reference.installations[n];
            if moved && installation.site == site && matches!(installation.standing, Standing::Verified(_)) {
                installation.standing = Standing::Installed;
                self.touch(n, "correct_site");
            }
        }
        self.homes[site].revision += 1;
        self.note("correct_site", site);
        Said::Changed
    }

    fn completed(&mut self, n: usize, on: NaiveDate) -> Said {
        let installation = &mut self.reference.installations[n];
        match installation.standing {
            Standing::Pledged => {
                installation.on = Some(on);
                self.set(n, Standing::Installed, "complete")
            }
            Standing::Installed if installation.on == Some(on) && self.records[n].last == "complete" => Said::Unchanged,
            _ => Said::Refused(409),
        }
    }

    fn verified(&mut self, n: usize, tier: Tier) -> Said {
        match self.reference.installations[n].standing {
            Standing::Installed => self.set(n, Standing::Verified(tier), "verify"),
            Standing::Verified(reached) if tier > reached => self.set(n, Standing::Verified(tier), "verify"),
            Standing::Verified(reached) if tier == reached => Said::Unchanged,
            _ => Said::Refused(409),
        }
    }

    fn rejected(&mut self, n: usize) -> Said {
        match self.reference.installations[n].standing {
            Standing::Rejected => Said::Unchanged,
            Standing::Withdrawn | Standing::Ended(..) => Said::Refused(409),
            _ => self.set(n, Standing::Rejected, "reject"),
        }
    }

    fn decided(&mut self, (n, tier): (usize, Option<Tier>)) -> String {
        let said = if let Some(tier) = tier { self.verified(n, tier) } else { self.rejected(n) };
        match said {
            Said::Changed => "changed".to_owned(),
            Said::Unchanged => "unchanged".to_owned(),
            _ => "refused".to_owned(),
        }
    }

    fn resubmitted(&mut self, n: usize) -> Said {
        let installation = &self.reference.installations[n];
        let back = if installation.on.is_some() { Standing::Installed } else { Standing::Pledged };
        match installation.standing {
            Standing::Rejected => self.set(n, back, "resubmit"),
            Standing::Pledged | Standing::Installed if self.records[n].last == "resubmit" => Said::Unchanged,
            _ => Said::Refused(409),
        }
    }

    fn decommissioned(&mut self, n: usize, ended: NaiveDate) -> Said {
        let installation = &self.reference.installations[n];
        let tier = match installation.standing {
            Standing::Installed => None,
            Standing::Verified(tier) => Some(tier),
            Standing::Ended(_, day) if day == ended => return Said::Unchanged,
            _ => return Said::Refused(409),
        };
        if installation.on > Some(ended) {
            return Said::Refused(422);
        }
        self.set(n, Standing::Ended(tier, ended), "decommission")
    }
}

fn reference_lines(lines: &Lines) -> Vec<(MeasureId, i64, i64)> {
    let inverter = |(measure, units): &(usize, i64)| if *measure == 0 { units * 2000 } else { 0 };
    let mut lines: Vec<_> =
        lines.iter().map(|line| (MeasureId::parse(MEASURES[line.0]).unwrap(), line.1 * 1000, inverter(line))).collect();
    lines.sort_by_key(|line| line.0);
    lines
}
