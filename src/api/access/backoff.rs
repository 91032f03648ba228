//! Guessing a secret gets slower and slower. Only ids of clients come here, so there are never
//! more of them than clients.

use std::collections::HashMap;
use std::sync::{Mutex, MutexGuard, PoisonError};

use chrono::{DateTime, TimeDelta, Utc};

/// Wrong secrets in a row that cost nothing.
const FREE: u32 = 4;
/// The longest wait, in seconds.
const LONGEST: i64 = 60;

/// Clients that were named with wrong secrets.
#[derive(Default)]
pub struct Backoff(Mutex<HashMap<String, Failing>>);

struct Failing {
    in_a_row: u32,
    until: DateTime<Utc>,
}

impl Backoff {
    /// Whether a secret of this client may be tried now; else the seconds to wait.
    pub fn check(&self, client_id: &str, now: DateTime<Utc>) -> Result<(), u64> {
        let left = self.failing().get(client_id).map_or(TimeDelta::zero(), |failing| failing.until - now);
        let millis = u64::try_from(left.num_milliseconds()).unwrap_or_default();
        if millis == 0 { Ok(()) } else { Err(millis.div_ceil(1000)) }
    }

    /// A secret was right: the next wrong one is the first.
    pub fn right(&self, client_id: &str) {
        self.failing().remove(client_id);
    }

    /// A secret was wrong. From the fifth in a row on one waits: a second, then twice as long
    /// each time, up to a minute.
    pub fn wrong(&self, client_id: &str, now: DateTime<Utc>) {
        let mut failing = self.failing();
        let one = failing.entry(client_id.to_owned()).or_insert(Failing { in_a_row: 0, until: now });
        one.in_a_row = one.in_a_row.saturating_add(1);
        if let Some(doubled) = one.in_a_row.checked_sub(FREE + 1) {
            let seconds = 1_i64.checked_shl(doubled).filter(|seconds| (1..LONGEST).contains(seconds));
            one.until = now + TimeDelta::seconds(seconds.unwrap_or(LONGEST));
        }
    }

    fn failing(&self) -> MutexGuard<'_, HashMap<String, Failing>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn wrong_secrets_in_a_row_wait_from_a_second_up_to_a_minute() {
        let (backoff, mut now) = (Backoff::default(), Utc::now());
        for _ in 0..4 {
            backoff.wrong("c", now);
            assert_eq!(backoff.check("c", now), Ok(()));
        }
        for seconds in [1, 2, 4, 8, 16, 32, 60, 60].into_iter().chain(std::iter::repeat_n(60, 100)) {
            backoff.wrong("c", now);
            assert_eq!(backoff.check("c", now), Err(seconds));
            assert_eq!(backoff.check("other", now), Ok(()));
            now += TimeDelta::seconds(i64::try_from(seconds).unwrap());
            assert_eq!(backoff.check("c", now), Ok(()));
        }
        backoff.right("c");
        backoff.wrong("c", now);
        assert_eq!(backoff.check("c", now), Ok(()));
    }
}
