//! Whether the clock of a machine is believed. A clock that is wrong would close days that have not come and record installations on
//! them, for good. So it is held against the last sign of life of the register, and against another clock where there is one.

use std::fmt;

use chrono::{DateTime, SecondsFormat, TimeDelta, Utc};

/// A register without a sign of life for longer than this believes no clock by itself.
pub const SILENCE: TimeDelta = TimeDelta::days(2);
/// Two clocks that agree differ by less than this, and none is this far behind the register.
pub const APART: TimeDelta = TimeDelta::hours(1);

/// Why a clock is not believed.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct ClockDoubt {
    pub kind: ClockFault,
    /// What the clock says.
    pub clock: DateTime<Utc>,
    /// What it was held against: the last sign of life of the register, or another clock.
    pub against: DateTime<Utc>,
}

/// What is wrong with a clock.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum ClockFault {
    /// Too far past the last sign of life.
    Ahead,
    /// Before the last sign of life.
    Behind,
    /// Another clock says something else.
    Disagrees,
}

impl ClockDoubt {
    /// Judges a clock. `last_sign` is the last instant at which the register was seen at work; `other` is the clock of another
    /// machine, if there is one.
    #[must_use]
    pub fn of(clock: DateTime<Utc>, last_sign: DateTime<Utc>, other: Option<DateTime<Utc>>) -> Option<Self> {
        let doubt = |kind, against| Some(Self { kind, clock, against });
        if let Some(other) = other.filter(|other| (clock - other).abs() >= APART) {
            return doubt(ClockFault::Disagrees, other);
        }
        if last_sign - clock > APART {
            return doubt(ClockFault::Behind, last_sign);
        }
        if other.is_none() && clock - last_sign > SILENCE {
            return doubt(ClockFault::Ahead, last_sign);
        }
        None
    }
}

/// The doubt with its ways out, for the operator.
impl fmt::Display for ClockDoubt {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let text = |instant: DateTime<Utc>| instant.to_rfc3339_opts(SecondsFormat::Secs, true);
        let (clock, against) = (text(self.clock), text(self.against));
        match self.kind {
            ClockFault::Ahead => write!(
                f,
                "the clock of this machine says {clock}, but the last sign of life of the register is of {against}: set the clock; if \
                 it is right, because the register stood still, run `green-homes clock accept`"
            ),
            ClockFault::Behind => write!(
                f,
                "the clock of this machine says {clock}, but the register was at work at {against}: set the clock; if it is right, \
                 because a clock that was ahead carried the register off, run `green-homes clock set-back`"
            ),
            ClockFault::Disagrees => {
                write!(
                    f,
                    "the clock of this machine says {clock}, the clock of the database says {against}: set the wrong one"
                )
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn kind(clock_hours: i64, other_hours: Option<i64>) -> Option<ClockFault> {
        let last_sign: DateTime<Utc> = "2026-11-27T03:00:00Z".parse().unwrap();
        let at = |hours| last_sign + TimeDelta::hours(hours);
        ClockDoubt::of(at(clock_hours), last_sign, other_hours.map(at)).map(|doubt| doubt.kind)
    }

    #[test]
    fn clock_alone_is_believed_for_two_days_past_the_last_sign_of_life() {
        assert_eq!([kind(0, None), kind(48, None), kind(49, None)], [None, None, Some(ClockFault::Ahead)]);
    }

    #[test]
    fn clock_that_another_agrees_with_is_believed_after_any_time() {
        assert_eq!(kind(24 * 400, Some(24 * 400)), None);
        assert_eq!(kind(24 * 400, Some(0)), Some(ClockFault::Disagrees));
        assert_eq!(kind(2, Some(0)), Some(ClockFault::Disagrees), "an hour at the most");
    }

    #[test]
    fn clock_before_the_last_sign_of_life_is_not_believed_even_with_another() {
        assert_eq!(kind(-1, None), None, "an hour at the most");
        assert_eq!(kind(-2, None), Some(ClockFault::Behind));
        assert_eq!(kind(-2, Some(-2)), Some(ClockFault::Behind));
    }

    #[test]
    fn doubt_says_the_way_out() {
        let last: DateTime<Utc> = "2026-11-27T03:00:00Z".parse().unwrap();
        let said = |clock, other| ClockDoubt::of(clock, last, other).unwrap().to_string();
        assert!(said(last + TimeDelta::days(70), None).contains("2027-02-05T03:00:00Z"));
        assert!(said(last + TimeDelta::days(70), None).ends_with("run `green-homes clock accept`"));
        assert!(said(last - TimeDelta::days(70), None).ends_with("run `green-homes clock set-back`"));
        assert!(
            said(last + TimeDelta::days(1), Some(last)).contains("the clock of the database says 2026-11-27T03:00:00Z")
        );
    }
}
