//! Two sites become one, or one site becomes two. No request asks for either yet, because the capability comes
//! with the review of look-alike sites. Until then the model tests alone use it.

use crate::domain::records::{PrivateFacts, SiteRecord};
use crate::domain::refusals::Refusal;
use crate::domain::values::{InstallationId, SiteId};

use super::stamp::Stamp;

/// Two sites turn out to be one. The installations at `from` move to `into`, and `from` points there. Returns the emptied
/// record and the merged record.
pub fn merge(from: &SiteRecord, into: &SiteRecord, stamp: Stamp) -> Result<(SiteRecord, SiteRecord), Refusal> {
    let same = from.site.id == into.site.id;
    if same || from.site.superseded_by.is_some() || into.site.superseded_by.is_some() {
        return Err(Refusal::NotFound);
    }
    let (mut emptied, mut merged) = (from.clone(), into.clone());
    for mut installation in emptied.installations.drain(..) {
        installation.site = into.site.id;
        stamp.mark(&mut installation);
        merged.installations.push(installation);
    }
    merged.installations.sort_by_key(|installation| installation.registered_version);
    emptied.site.superseded_by = Some(into.site.id);
    emptied.site.revision += 1;
    emptied.site.version = stamp.version;
    Ok((emptied, merged))
}

/// An installation turns out to be at another site. It moves to a new site with the same facts and the id `fresh`. Returns
/// the record of the old site and the record of the new site.
pub fn split(
    record: &SiteRecord,
    id: InstallationId,
    fresh: SiteId,
    stamp: Stamp,
) -> Result<(SiteRecord, SiteRecord), Refusal> {
    let mut rest = record.clone();
    let place = rest.installations.iter().position(|i| i.id == id).ok_or(Refusal::NotFound)?;
    if rest.installations.len() < 2 {
        return Err(Refusal::NotFound);
    }
    let mut moved = rest.installations.remove(place);
    moved.site = fresh;
    stamp.mark(&mut moved);
    let mut site = record.site.clone();
    site.id = fresh;
    site.partner = moved.partner.clone();
    site.revision = 1;
    site.version = stamp.version;
    let own = SiteRecord { site, external_id: None, private: PrivateFacts::default(), installations: vec![moved] };
    Ok((rest, own))
}
