//! What the reference makes of what concerns the people at home, and who may call.

use super::expected_register::{Dispute, ExpectedRegister, Said};
use super::plan::Planned;
use super::steps::Step;
use crate::support::Reply;

const MOST_OPEN: usize = 10;

impl ExpectedRegister {
    pub(super) fn at_home(&mut self, planned: &Planned, reply: &Reply, lost: bool) -> Said {
        match planned.step {
            Step::IssueCode(n) => self.code_issued(n, reply, lost),
            Step::Dispute(home, what) => self.disputed(home, what, reply, lost),
            Step::CloseDispute(n, upheld) => match self.disputes[n].upheld {
                Some(before) if before != upheld => Said::Refused(409),
                Some(_) => Said::Fine,
                None => {
                    self.disputes[n].upheld = Some(upheld);
                    self.note("close_dispute", self.disputes[n].home);
                    Said::Fine
                }
            },
            Step::WithdrawConsent(home) | Step::Erase(home) => self.erased(home),
            Step::Suspend => self.admitted(true),
            Step::Resume => self.admitted(false),
            Step::Revoke => {
                self.entries.push(format!("revoke_client client/{}", self.client));
                Said::Fine
            }
            _ => panic!("{:?}", planned.step),
        }
    }

    /// Nobody takes over a complaint that is open.
    fn code_issued(&mut self, n: usize, reply: &Reply, lost: bool) -> Said {
        let home = self.reference.installations[n].site;
        if self.open_at(home).next().is_some() {
            return Said::Refused(409);
        }
        self.dead.extend(self.homes[home].code.take());
        self.homes[home].code = reply.body["data"]["code"].as_str().filter(|_| !lost).map(str::to_owned);
        self.note("issue_code", home);
        Said::Fine
    }

    fn open_at(&self, home: usize) -> impl Iterator<Item = &Dispute> {
        self.disputes.iter().filter(move |dispute| dispute.home == home && dispute.upheld.is_none())
    }

    /// The same again is the one that is open. A new one is named by the version of its entry.
    fn disputed(&mut self, home: usize, what: u8, reply: &Reply, lost: bool) -> Said {
        if self.open_at(home).any(|dispute| dispute.note == Some(what)) {
            return Said::Unchanged;
        }
        if self.open_at(home).count() >= MOST_OPEN {
            return Said::Refused(409);
        }
        self.note("dispute", home);
        let id = self.version + i64::try_from(self.entries.len()).unwrap();
        // The answer that was lost is not the one that came when it was sent again.
        if !lost && reply.body["data"]["id"] != id {
            return Said::Impossible;
        }
        self.disputes.push(Dispute { id, home, note: Some(what), upheld: None });
        Said::Changed
    }

    fn erased(&mut self, home: usize) -> Said {
        let mut changed = false;
        for dispute in self.disputes.iter_mut().filter(|dispute| dispute.home == home) {
            changed |= dispute.note.take().is_some();
        }
        if !self.homes[home].withdrawn {
            self.homes[home].withdrawn = true;
            self.homes[home].revision += 1;
            changed = true;
        }
        if !changed {
            return Said::Unchanged;
        }
        self.note("erase", home);
        Said::Changed
    }

    fn admitted(&mut self, suspended: bool) -> Said {
        if self.suspended != suspended {
            self.suspended = suspended;
            let action = if suspended { "suspend_partner" } else { "resume_partner" };
            self.entries.push(format!("{action} partner/{}", Self::PARTNER));
        }
        Said::Fine
    }
}
