//! Merging two sites into one, and splitting an installation off its site.

use uuid::Uuid;

use crate::domain::records::SiteRecord;
use crate::domain::refusals::Refusal;
use crate::domain::rules::merge_and_split;
use crate::domain::values::{Action, Cause, InstallationId, SiteId};
use crate::register::commands::Done;

use super::deciding::{BatchInProgress, Stop};
use super::posting::Change;

impl BatchInProgress<'_> {
    pub(super) fn merge(&mut self, actor: &str, from: SiteId, into: SiteId) -> Result<Done, Stop> {
        let (from, into) = self.records.own_record(from).zip(self.records.own_record(into)).ok_or(Refusal::NotFound)?;
        let before = vec![from.clone(), into.clone()];
        let (emptied, merged) = merge_and_split::merge(from, into, self.stamp)?;
        self.rearrange(actor, Action::Merge, Cause::Merged, before, vec![emptied, merged])
    }

    pub(super) fn split(&mut self, actor: &str, id: InstallationId) -> Result<Done, Stop> {
        let before = self.records.record_of(id).ok_or(Refusal::NotFound)?.clone();
        let (rest, own) = merge_and_split::split(&before, id, SiteId::new(Uuid::now_v7()), self.stamp)?;
        self.rearrange(actor, Action::Split, Cause::Split, vec![before], vec![rest, own])
    }

    fn rearrange(
        &mut self,
        actor: &str,
        action: Action,
        cause: Cause,
        before: Vec<SiteRecord>,
        after: Vec<SiteRecord>,
    ) -> Result<Done, Stop> {
        let subject = after.last().map(|record| format!("site/{}", record.site.id)).unwrap_or_default();
        self.post(Change { actor, action, cause, subject, before, after, reason: None, note: None, name: None })?;
        Ok(Done::Rearranged)
    }
}
