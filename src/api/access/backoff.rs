//! Back-off against guessing: after four wrong secrets in a row a client waits, longer each time. The map holds ids of existing
//! clients only, so it is never larger than the list of clients.

use std::collections::HashMap;
use std::sync::{Mutex, MutexGuard, PoisonError};

use chrono::{DateTime, TimeDelta, Utc};

/// Wrong secrets in a row without a wait.
const FREE: u32 = 4;
/// The longest wait, in seconds.
const LONGEST: i64 = 60;

/// The clients whose last secret was wrong.
#[derive(Default)]
pub struct Backoff(Mutex<HashMap<String, Failing>>);

struct Failing {
    in_a_row: u32,
    until: DateTime<Utc>,
}

impl Backoff {
    /// `Ok` where a secret of this client may be tried now, else the seconds to wait.
    pub fn check(&self, client_id: &str, now: DateTime<Utc>) -> Result<(), u64> {
        let left = self.failing().get(client_id).map_or(TimeDelta::zero(), |failing| failing.until - now);
        let millis = u64::try_from(left.num_milliseconds()).unwrap_or_default();
        if millis == 0 { Ok(()) } else { Err(millis.div_ceil(1000)) }
    }

    /// Notes that a secret was right: the next wrong one counts as the first.
    pub fn note_right(&self, client_id: &str) {
        self.failing().remove(client_id);
    }

    /// Notes that a secret was wrong. From the fifth in a row on the client waits: 1 s, 2 s, 4 s and so on, up to 60 s.
    pub fn note_wrong(&self, client_id: &str, now: DateTime<Utc>) {
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
            backoff.note_wrong("c", now);
            assert_eq!(backoff.check("c", now), Ok(()));
        }
        for seconds in [1, 2, 4, 8, 16, 32, 60, 60].into_iter().chain(std::iter::repeat_n(60, 100)) {
            backoff.note_wrong("c", now);
            assert_eq!(backoff.check("c", now), Err(seconds));
            assert_eq!(backoff.check("other", now), Ok(()));
            now += TimeDelta::seconds(i64::try_from(seconds).unwrap());
            assert_eq!(backoff.check("c", now), Ok(()));
        }
        backoff.note_right("c");
        backoff.note_wrong("c", now);
        assert_eq!(backoff.check("c", now), Ok(()));
    }
}
