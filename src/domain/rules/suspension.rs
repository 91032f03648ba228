//! What happens to the installations of a suspended partner: those that nobody verified are set aside, which is to say that they
//! count for nothing. When the partner is resumed they are given back. A verification ends it, too, because a reviewer has seen it.

use crate::domain::records::SiteRecord;
use crate::domain::values::InstallationId;

use super::stamp::Stamp;

/// Sets an unverified installation aside, or gives it back. `None` if nothing has to change.
#[must_use]
pub fn set_aside(record: &SiteRecord, id: InstallationId, aside: bool, stamp: Stamp) -> Option<SiteRecord> {
    let recorded = record.installation(id)?;
    if recorded.set_aside == aside || (aside && !recorded.state.counts_unverified()) {
        return None;
    }
    let mut after = record.clone();
    for installation in after.installations.iter_mut().filter(|one| one.id == id) {
        installation.set_aside = aside;
        stamp.mark(installation);
    }
    Some(after)
}
