//! The quota of a partner: how many installations it may register on one day in Hà Nội.

use chrono::Days;

use crate::db::partners::quotas;
use crate::domain::refusals::Refusal;
use crate::domain::values::{PartnerCode, date};

use super::deciding::{BatchInProgress, Quota, Stop};

impl BatchInProgress<'_> {
    /// Counts one more installation of a partner, or refuses it. Under the lock of the head, so that no two processes pass it together.
    /// A dry run registers nothing, so it is neither counted nor refused.
    pub(super) fn take_from_quota(&mut self, partner: &PartnerCode) -> Result<(), Stop> {
        if self.dry_run {
            return Ok(());
        }
        let (at, day) = (self.stamp.at, self.stamp.day);
        if !self.quotas.contains_key(partner) {
            let own = quotas::own(self.connection, partner)?.filter(|quota| day <= quota.until);
            let most = own.map_or(self.daily_installations, |quota| quota.daily_installations);
            self.quotas.insert(partner.clone(), Quota { most, stored: None, in_batch: 0 });
        }
        let Some(quota) = self.quotas.get_mut(partner) else { return Ok(()) };
        if quota.most > 0 {
            let stored = match quota.stored {
                Some(counted) => counted,
                None => {
                    // What a clock ahead recorded, before it was set back, lies after now.
                    quotas::registered_between(self.connection, partner, (date::start_of(day), at))?
                }
            };
            quota.stored = Some(stored);
            if stored + quota.in_batch >= i64::from(quota.most) {
                let next_day = day + Days::new(1);
                let wait = (date::start_of(next_day) - at).num_seconds().unsigned_abs() + 1;
                return Err(Refusal::DailyQuota { most: quota.most, next_day, wait }.into());
            }
        }
        quota.in_batch += 1;
        Ok(())
    }

    /// Goes by the new quota of a partner from now on.
    pub(super) fn note_quota(&mut self, partner: &PartnerCode, most: u32) {
        if let Some(quota) = self.quotas.get_mut(partner) {
            quota.most = most;
        }
    }
}
