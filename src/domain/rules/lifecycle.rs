//! The statuses of an installation and the actions that lead from one to another. Each action is a function from the record
//! before to the record after. The test below holds the whole table; docs/internals/statuses.md shows it.

use chrono::NaiveDate;

use crate::domain::records::{SiteRecord, StatusDetails};
use crate::domain::refusals::Refusal;
use crate::domain::values::{Action, Fault, InstallationId, Status, Tier};

use super::stamp::Stamp;

/// The record after a change, or `None` when the record is in that state already.
pub type Changed = Result<Option<SiteRecord>, Refusal>;

/// The actions that a status allows. A correction of a decommissioned installation changes its last day alone. A verified
/// installation is verified again by a higher tier alone.
#[must_use]
pub fn allowed(status: Status) -> &'static [Action] {
    use Action::{Complete, Correct, Decommission, Reject, Resubmit, Verify, Withdraw};
    match status {
        Status::Pledged => &[Correct, Complete, Withdraw, Reject],
        Status::Installed | Status::Verified => &[Correct, Verify, Reject, Withdraw, Decommission],
        Status::Rejected => &[Correct, Resubmit, Withdraw],
        Status::Withdrawn => &[],
        Status::Decommissioned => &[Correct],
    }
}

/// A reviewer found evidence of `tier`. A higher tier takes the place of a lower one.
pub fn verify(record: &SiteRecord, id: InstallationId, tier: Tier, stamp: Stamp) -> Changed {
    if tier == Tier::Sampled {
        return Err(Refusal::invalid("/evidence_tier", Fault::TierNotYet));
    }
    change(record, id, Action::Verify, stamp, |state| match *state {
        StatusDetails::Installed { on } => Next::To(StatusDetails::Verified { on, tier, at: stamp.at }),
        StatusDetails::Verified { tier: reached, .. } if reached == tier => Next::Already,
        StatusDetails::Verified { on, tier: reached, .. } if tier > reached => {
            Next::To(StatusDetails::Verified { on, tier, at: stamp.at })
        }
        _ => Next::Refused,
    })
}

/// A reviewer refuses the installation.
pub fn reject(record: &SiteRecord, id: InstallationId, stamp: Stamp) -> Changed {
    change(record, id, Action::Reject, stamp, |state| match *state {
        StatusDetails::Pledged => Next::To(StatusDetails::Rejected { on: None }),
        StatusDetails::Installed { on } | StatusDetails::Verified { on, .. } => {
            Next::To(StatusDetails::Rejected { on: Some(on) })
        }
        StatusDetails::Rejected { .. } => Next::Already,
        StatusDetails::Withdrawn { .. } | StatusDetails::Decommissioned { .. } => Next::Refused,
    })
}

/// The installation went out of operation. `ended` is its last day.
pub fn decommission(record: &SiteRecord, id: InstallationId, ended: NaiveDate, stamp: Stamp) -> Changed {
    change(record, id, Action::Decommission, stamp, |state| match *state {
        StatusDetails::Installed { on } => ended_state(on, None, ended, stamp),
        StatusDetails::Verified { on, tier, at } => ended_state(on, Some((tier, at)), ended, stamp),
        StatusDetails::Decommissioned { ended: recorded, .. } if recorded == ended => Next::Already,
        _ => Next::Refused,
    })
}

fn ended_state(
    on: NaiveDate,
    verified: Option<(Tier, chrono::DateTime<chrono::Utc>)>,
    ended: NaiveDate,
    stamp: Stamp,
) -> Next {
    let wrong = |fault| Next::Wrong(Refusal::invalid("/decommissioned_on", fault));
    if ended > stamp.day {
        return wrong(Fault::InTheFuture { today: stamp.day });
    }
    if ended < on {
        return wrong(Fault::BeforeInstallation { on });
    }
    Next::To(StatusDetails::Decommissioned { on, verified, ended })
}

/// The partner installed its pledge on day `on`. `last` is the action that last changed the installation; it tells a
/// repeated request from a wrong one.
pub fn complete(record: &SiteRecord, id: InstallationId, on: NaiveDate, last: Option<Action>, stamp: Stamp) -> Changed {
    change(record, id, Action::Complete, stamp, |state| match *state {
        StatusDetails::Pledged if on > stamp.day => {
            Next::Wrong(Refusal::invalid("/installed_on", Fault::InTheFuture { today: stamp.day }))
        }
        StatusDetails::Pledged => Next::To(StatusDetails::Installed { on }),
        StatusDetails::Installed { on: recorded } if recorded == on && last == Some(Action::Complete) => Next::Already,
        _ => Next::Refused,
    })
}

/// A rejected installation waits for a reviewer once more. `last` is the action that last changed the installation.
pub fn resubmit(record: &SiteRecord, id: InstallationId, last: Option<Action>, stamp: Stamp) -> Changed {
    change(record, id, Action::Resubmit, stamp, |state| match *state {
        StatusDetails::Rejected { on: None } => Next::To(StatusDetails::Pledged),
        StatusDetails::Rejected { on: Some(on) } => Next::To(StatusDetails::Installed { on }),
        StatusDetails::Pledged | StatusDetails::Installed { .. } if last == Some(Action::Resubmit) => Next::Already,
        _ => Next::Refused,
    })
}

/// The partner takes an installation back: the record stays and counts for nothing.
pub fn withdraw(record: &SiteRecord, id: InstallationId, stamp: Stamp) -> Changed {
    change(record, id, Action::Withdraw, stamp, |state| match *state {
        StatusDetails::Pledged => Next::To(StatusDetails::Withdrawn { on: None }),
        StatusDetails::Installed { on } | StatusDetails::Verified { on, .. } => {
            Next::To(StatusDetails::Withdrawn { on: Some(on) })
        }
        StatusDetails::Rejected { on } => Next::To(StatusDetails::Withdrawn { on }),
        StatusDetails::Withdrawn { .. } => Next::Already,
        StatusDetails::Decommissioned { .. } => Next::Refused,
    })
}

/// The outcome of an action in a status.
enum Next {
    To(StatusDetails),
    Already,
    Refused,
    Wrong(Refusal),
}

/// Applies `next` to the status of one installation.
fn change(
    record: &SiteRecord,
    id: InstallationId,
    action: Action,
    stamp: Stamp,
    next: impl Fn(&StatusDetails) -> Next,
) -> Changed {
    let recorded = record.installation(id).ok_or(Refusal::NotFound)?;
    match next(&recorded.state) {
        Next::Already => Ok(None),
        Next::Wrong(refusal) => Err(refusal),
        Next::Refused => Err(Refusal::InvalidTransition { current: record.current(recorded), action }),
        Next::To(state) => {
            let mut after = record.clone();
            for installation in after.installations.iter_mut().filter(|i| i.id == id) {
                installation.state = state.clone();
                // What a reviewer has seen, or what counts for nothing anyway, need not be set aside.
                installation.set_aside &= state.counts_unverified();
                stamp.mark(installation);
            }
            Ok(Some(after))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::records::{Installation, MeasureLines, PrivateFacts, Site, SiteFacts, Terms};
    use crate::domain::reference::{Place, parse_province};
    use crate::domain::rules::correct::correct;
    use crate::domain::rules::correction_request::{Amend, Correction, TermsCorrection};
    use crate::domain::values::{Code, Flags, SiteId, SiteKind, Text, Vnd};

    const ID: InstallationId = InstallationId::new(uuid::Uuid::nil());

    fn stamp() -> Stamp {
        Stamp { version: 9, at: chrono::DateTime::UNIX_EPOCH, day: day("2026-11-24") }
    }

    fn day(text: &str) -> NaiveDate {
        text.parse().unwrap()
    }

    fn record(state: StatusDetails) -> SiteRecord {
        let place = Place::new(parse_province("01").unwrap(), None, None).unwrap();
        let partner = Code::parse("SOLARCO").unwrap();
        let site = Site {
            id: SiteId::new(uuid::Uuid::nil()),
            partner: partner.clone(),
            facts: SiteFacts { kind: SiteKind::Home, place, flags: Flags::default() },
            superseded_by: None,
            revision: 1,
            version: 1,
        };
        let installation = Installation {
            id: ID,
            site: site.id,
            partner,
            sandbox: false,
            external_id: Text::parse("1").unwrap(),
            terms: Terms::default(),
            measures: MeasureLines::stored(Vec::new()),
            state,
            set_aside: false,
            reported_at: chrono::DateTime::UNIX_EPOCH,
            registered_version: 1,
            revision: 1,
            version: 1,
        };
        SiteRecord { site, external_id: None, private: PrivateFacts::default(), installations: vec![installation] }
    }

    fn states() -> Vec<StatusDetails> {
        let (on, at) = (day("2026-01-15"), chrono::DateTime::UNIX_EPOCH);
        vec![
            StatusDetails::Pledged,
            StatusDetails::Installed { on },
            StatusDetails::Verified { on, tier: Tier::Inspected, at },
            StatusDetails::Rejected { on: Some(on) },
            StatusDetails::Withdrawn { on: Some(on) },
            StatusDetails::Decommissioned { on, verified: None, ended: day("2026-02-01") },
        ]
    }

    /// The status after a change: `=` if nothing changes, `-` if the status refuses the action, `!` if a value is wrong.
    fn outcomes(change: impl Fn(&SiteRecord) -> Changed) -> Vec<&'static str> {
        let word = |state: StatusDetails| match change(&record(state)) {
            Ok(Some(after)) => after.installation(ID).map_or("?", |i| i.state.status().as_str()),
            Ok(None) => "=",
            Err(Refusal::InvalidTransition { .. }) => "-",
            Err(_) => "!",
        };
        states().into_iter().map(word).collect()
    }

    #[test]
    fn every_action_in_every_status_does_what_the_table_says() {
        let statuses: Vec<Status> = states().iter().map(StatusDetails::status).collect();
        assert_eq!(statuses, Status::ALL);
        let verify = |tier| outcomes(move |record| verify(record, ID, tier, stamp()));
        assert_eq!(verify(Tier::Document), ["-", "verified", "-", "-", "-", "-"]);
        assert_eq!(verify(Tier::Inspected), ["-", "verified", "=", "-", "-", "-"]);
        assert_eq!(verify(Tier::Metered), ["-", "verified", "verified", "-", "-", "-"]);
        assert_eq!(verify(Tier::Sampled), ["!"; 6]);
        let reject = outcomes(|record| reject(record, ID, stamp()));
        assert_eq!(reject, ["rejected", "rejected", "rejected", "=", "-", "-"]);
        let end = |on: &str| outcomes(|record| decommission(record, ID, day(on), stamp()));
        assert_eq!(end("2026-02-01"), ["-", "decommissioned", "decommissioned", "-", "-", "="]);
        assert_eq!(end("2026-01-14"), ["-", "!", "!", "-", "-", "-"], "before it was installed");
        assert_eq!(end("2026-11-25"), ["-", "!", "!", "-", "-", "-"], "in the future");
        let withdraw = outcomes(|record| withdraw(record, ID, stamp()));
        assert_eq!(withdraw, ["withdrawn", "withdrawn", "withdrawn", "withdrawn", "=", "-"]);
        let complete = |last| outcomes(move |record| complete(record, ID, day("2026-01-15"), last, stamp()));
        assert_eq!(complete(None), ["installed", "-", "-", "-", "-", "-"]);
        assert_eq!(complete(Some(Action::Complete)), ["installed", "=", "-", "-", "-", "-"]);
        let resubmit = |last| outcomes(move |record| resubmit(record, ID, last, stamp()));
        assert_eq!(resubmit(None), ["-", "-", "-", "installed", "-", "-"]);
        assert_eq!(resubmit(Some(Action::Resubmit)), ["=", "=", "-", "installed", "-", "-"]);
        let correct = |correction: Correction| outcomes(move |record| correct(record, ID, &correction, stamp()));
        let cost = TermsCorrection { cost: Amend::Set(Vnd::stored(1)), ..TermsCorrection::default() };
        let money = correct(Correction { terms: cost, ..Correction::default() });
        assert_eq!(money, ["pledged", "installed", "verified", "rejected", "-", "-"]);
        let date = correct(Correction { installed_on: Some(day("2026-01-16")), ..Correction::default() });
        assert_eq!(date, ["!", "installed", "installed", "rejected", "-", "-"]);
        let possible = |action: Action, outcomes: &[&str]| {
            let done = outcomes.iter().map(|outcome| !matches!(*outcome, "-" | "=" | "!"));
            let allowed = Status::ALL.iter().map(|status| allowed(*status).contains(&action));
            assert!(done.eq(allowed), "{action:?}");
        };
        possible(Action::Verify, &verify(Tier::Metered));
        possible(Action::Reject, &reject);
        possible(Action::Decommission, &end("2026-02-01"));
        possible(Action::Withdraw, &withdraw);
        possible(Action::Complete, &complete(None));
        possible(Action::Resubmit, &resubmit(None));
        let end = correct(Correction { decommissioned_on: Some(day("2026-02-02")), ..Correction::default() });
        assert_eq!(end, ["!", "!", "!", "!", "-", "decommissioned"]);
        assert_eq!(correct(Correction::default()), ["="; 6]);
    }

    #[test]
    fn a_change_raises_the_revision_and_names_its_entry() {
        let after = verify(&record(StatusDetails::Installed { on: day("2026-01-15") }), ID, Tier::Document, stamp());
        let after = after.unwrap().unwrap();
        let changed = after.installation(ID).unwrap();
        assert_eq!((changed.revision, changed.version, after.site.version), (2, 9, 1));
    }
}
