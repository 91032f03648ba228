//! Corrections of installations and sites, and when one costs the verification.

use crate::domain::records::{SiteRecord, StatusDetails};
use crate::domain::refusals::{FieldFault, Refusal};
use crate::domain::values::{Action, Fault, InstallationId, Rule, SiteKind};

use super::correction_request::{Correction, SiteCorrection};
use super::lifecycle::Changed;
use super::stamp::Stamp;

/// The partner corrects an installation. A verified installation becomes `installed` when its day of installation or its
/// measures change, because the reviewer verified other facts.
pub fn correct(record: &SiteRecord, id: InstallationId, correction: &Correction, stamp: Stamp) -> Changed {
    let recorded = record.installation(id).ok_or(Refusal::NotFound)?;
    let mut corrected = recorded.clone();
    if let Some(measures) = &correction.measures {
        corrected.measures = measures.by_number();
    }
    corrected.terms = correction.terms.applied(&recorded.terms);
    let refused = || Refusal::InvalidTransition { current: record.current(recorded), action: Action::Correct };
    let withdrawn = matches!(recorded.state, StatusDetails::Withdrawn { .. });
    corrected.state = match corrected_state(&recorded.state, correction, stamp) {
        Err(_) if withdrawn => return Err(refused()),
        state => state?,
    };
    if corrected.measures != recorded.measures {
        corrected.state = unverified(&corrected.state);
    }
    if corrected == *recorded {
        return Ok(None);
    }
    let ended = withdrawn || matches!(recorded.state, StatusDetails::Decommissioned { .. });
    let only_the_end = corrected.measures == recorded.measures && corrected.terms == recorded.terms;
    let may = !ended || (only_the_end && matches!(recorded.state, StatusDetails::Decommissioned { .. }));
    if !may || (ended && corrected.state.installed_on() != recorded.state.installed_on()) {
        return Err(refused());
    }
    stamp.mark(&mut corrected);
    let mut after = record.clone();
    for installation in after.installations.iter_mut().filter(|installation| installation.id == id) {
        *installation = corrected.clone();
    }
    Ok(Some(after))
}

/// The status with its corrected days.
fn corrected_state(state: &StatusDetails, correction: &Correction, stamp: Stamp) -> Result<StatusDetails, Refusal> {
    let mut faults = Vec::new();
    let mut wrong = |pointer: &str, fault| faults.push(FieldFault::new(pointer, fault));
    let on = correction.installed_on.or(state.installed_on());
    if correction.installed_on.is_some() && state.installed_on().is_none() {
        wrong("/installed_on", Fault::NotAllowed { rule: Rule::Pledged });
    } else if correction.installed_on.is_some_and(|on| on > stamp.day) {
        wrong("/installed_on", Fault::InTheFuture { today: stamp.day });
    }
    if let Some(ended) = correction.decommissioned_on {
        match on {
            _ if state.decommissioned_on().is_none() => {
                wrong("/decommissioned_on", Fault::NotAllowed { rule: Rule::NotDecommissioned });
            }
            _ if ended > stamp.day => wrong("/decommissioned_on", Fault::InTheFuture { today: stamp.day }),
            Some(on) if ended < on => wrong("/decommissioned_on", Fault::BeforeInstallation { on }),
            _ => {}
        }
    }
    if !faults.is_empty() {
        return Err(Refusal::Invalid(faults));
    }
    Ok(match (state.clone(), on) {
        (StatusDetails::Installed { .. }, Some(on)) => StatusDetails::Installed { on },
        (StatusDetails::Verified { on: recorded, .. }, Some(on)) if on != recorded => StatusDetails::Installed { on },
        (StatusDetails::Rejected { .. }, on) => StatusDetails::Rejected { on },
        (StatusDetails::Withdrawn { .. }, on) => StatusDetails::Withdrawn { on },
        (StatusDetails::Decommissioned { verified, ended, .. }, Some(on)) => {
            StatusDetails::Decommissioned { on, verified, ended: correction.decommissioned_on.unwrap_or(ended) }
        }
        (same, _) => same,
    })
}

/// `installed` in place of `verified`; any other status stays.
fn unverified(state: &StatusDetails) -> StatusDetails {
    match *state {
        StatusDetails::Verified { on, .. } => StatusDetails::Installed { on },
        ref other => other.clone(),
    }
}

/// The partner that recorded a site corrects it. Verified installations there become `installed`, because the reviewer saw
/// another place. Corrections of flags and of consent are about people and keep the verification.
pub fn correct_site(record: &SiteRecord, correction: &SiteCorrection, stamp: Stamp) -> Changed {
    let mut after = record.clone();
    after.site.facts = correction.facts(&record.site.facts);
    after.private = correction.private(&record.private);
    if after.site == record.site && after.private == record.private {
        return Ok(None);
    }
    let is_home = after.site.facts.kind == SiteKind::Home;
    if is_home && after.private.identifies() && !after.private.has_consent() {
        return Err(Refusal::invalid("/consent", Fault::ConsentRequired));
    }
    let (facts, recorded) = (&after.site.facts, &record.site.facts);
    let same_place = facts.kind == recorded.kind
        && facts.place == recorded.place
        && after.private.changed_since(&record.private).iter().all(|name| *name == "consent");
    for installation in after.installations.iter_mut().filter(|_| !same_place) {
        if matches!(installation.state, StatusDetails::Verified { .. }) {
            installation.state = unverified(&installation.state);
            stamp.mark(installation);
        }
    }
    after.site.revision += 1;
    after.site.version = stamp.version;
    Ok(Some(after))
}
