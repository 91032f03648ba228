//! Days and instants. A day is a day in Hà Nội (UTC+7, no daylight saving since 1975); an
//! instant is UTC, cut to microseconds because PostgreSQL keeps no more.

use chrono::{DateTime, Datelike, Days, FixedOffset, NaiveDate, SubsecRound, TimeZone, Utc};

use super::fault::Fault;

const HA_NOI_SECONDS_EAST: i32 = 7 * 3600;
/// The first year whose dates the register takes.
pub const FIRST_YEAR: i32 = 2000;

fn ha_noi() -> FixedOffset {
    // `east_opt` takes up to 24 hours, so the fallback is never used.
    FixedOffset::east_opt(HA_NOI_SECONDS_EAST).unwrap_or_else(|| chrono::Offset::fix(&Utc))
}

/// The day in Hà Nội at `instant`.
#[must_use]
pub fn day_of(instant: DateTime<Utc>) -> NaiveDate {
    instant.with_timezone(&ha_noi()).date_naive()
}

/// The instant at which `day` begins in Hà Nội.
#[must_use]
pub fn start_of(day: NaiveDate) -> DateTime<Utc> {
    let midnight = day.and_hms_opt(0, 0, 0).unwrap_or_default();
    match ha_noi().from_local_datetime(&midnight) {
        chrono::LocalResult::Single(instant) => instant.with_timezone(&Utc),
        _ => DateTime::<Utc>::UNIX_EPOCH,
    }
}

/// `instant` as the register keeps it: whole microseconds.
#[must_use]
pub fn stored(instant: DateTime<Utc>) -> DateTime<Utc> {
    instant.trunc_subsecs(6)
}

/// Reads `YYYY-MM-DD`, not before the year 2000 and not after `today`.
pub fn parse_past_day(raw: &str, today: NaiveDate) -> Result<NaiveDate, Fault> {
    let day = parse_day(raw)?;
    if day > today { Err(Fault::InTheFuture { today }) } else { Ok(day) }
}

/// Reads a closed day: `YYYY-MM-DD`, from the year 2000 on and before `today`.
pub fn parse_closed_day(raw: &str, today: NaiveDate) -> Result<NaiveDate, Fault> {
    let day = parse_past_day(raw, today)?;
    if day < today { Ok(day) } else { Err(Fault::NotClosed) }
}

/// Reads a day in the form YYYY-MM-DD, from the year 2000 on.
pub fn parse_day(raw: &str) -> Result<NaiveDate, Fault> {
    let strict = raw.len() == 10 && raw.bytes().all(|byte| byte.is_ascii_digit() || byte == b'-');
    let day = strict.then(|| NaiveDate::parse_from_str(raw, "%Y-%m-%d").ok()).flatten().ok_or(Fault::NotADate)?;
    if day.year() < FIRST_YEAR { Err(Fault::BeforeYear { year: FIRST_YEAR }) } else { Ok(day) }
}

/// Reads an instant in the form of RFC 3339, or a day in Hà Nội, which stands for its beginning. From the year 2000 on.
pub fn parse_moment(raw: &str) -> Result<DateTime<Utc>, Fault> {
    if raw.len() <= 10 {
        return parse_day(raw).map(start_of);
    }
    let instant = DateTime::parse_from_rfc3339(raw).map_err(|_| Fault::NotAMoment)?.with_timezone(&Utc);
    if instant.year() < FIRST_YEAR { Err(Fault::BeforeYear { year: FIRST_YEAR }) } else { Ok(stored(instant)) }
}

/// A calendar month from January 2000 on, as cells count it: 1 is January 2000.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct Month(u16);

impl Month {
    /// The month of a day, counted from January 2000; days before it fall into that month.
    #[must_use]
    pub fn of(day: NaiveDate) -> Self {
        let months = (day.year() - FIRST_YEAR) * 12 + day.month0().cast_signed();
        Self(u16::try_from(months.max(0) + 1).unwrap_or(u16::MAX))
    }

    /// The number in a cell's key: 1 for January 2000.
    #[must_use]
    pub fn number(self) -> u16 {
        self.0
    }

    #[must_use]
    pub fn year(self) -> i32 {
        FIRST_YEAR + i32::from(self.0.saturating_sub(1)) / 12
    }

    #[must_use]
    pub fn days(self) -> u32 {
        days_in_month(self.first_day())
    }

    #[must_use]
    pub fn first_day(self) -> NaiveDate {
        let month = u32::from(self.0.saturating_sub(1)) % 12 + 1;
        NaiveDate::from_ymd_opt(self.year(), month, 1).unwrap_or_default()
    }

    #[must_use]
    pub fn last_day(self) -> NaiveDate {
        self.first_day() + Days::new(u64::from(self.days()) - 1)
    }

    /// The month that comes `months` later.
    #[must_use]
    pub fn plus(self, months: u16) -> Self {
        Self(self.0.saturating_add(months))
    }

    /// The month of a number in a cell's key. 0 stands for no month.
    #[must_use]
    pub fn from_number(number: u16) -> Option<Self> {
        (number > 0).then_some(Self(number))
    }
}

/// Days from `day` to the end of its month, `day` itself included.
#[must_use]
pub fn days_left_in_month(day: NaiveDate) -> i64 {
    i64::from(days_in_month(day)) - i64::from(day.day0())
}

fn days_in_month(day: NaiveDate) -> u32 {
    u32::from(day.num_days_in_month())
}

#[must_use]
pub fn day_before(day: NaiveDate) -> NaiveDate {
    day.checked_sub_days(Days::new(1)).unwrap_or(day)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn day(text: &str) -> NaiveDate {
        text.parse().unwrap()
    }

    #[test]
    fn day_of_an_instant_before_17_utc_is_the_same_day_and_after_it_the_next() {
        assert_eq!(day_of("2026-11-23T16:59:59Z".parse().unwrap()), day("2026-11-23"));
        assert_eq!(day_of("2026-11-23T17:00:00Z".parse().unwrap()), day("2026-11-24"));
        assert_eq!(day_of(start_of(day("2026-11-24"))), day("2026-11-24"));
    }

    #[test]
    fn parse_refuses_the_future_the_far_past_and_other_forms() {
        let today = day("2026-11-24");
        assert_eq!(parse_past_day("2026-11-24", today), Ok(today));
        assert_eq!(parse_past_day("2026-11-25", today), Err(Fault::InTheFuture { today }));
        assert_eq!(parse_past_day("1999-12-31", today), Err(Fault::BeforeYear { year: 2000 }));
        for bad in ["2026-02-30", "24/11/2026", "2026-1-1", "+026-01-01", "2026-11-24T00:00"] {
            assert_eq!(parse_past_day(bad, today), Err(Fault::NotADate), "{bad}");
        }
    }

    #[test]
    fn days_left_counts_the_first_day_and_knows_leap_years() {
        assert_eq!(days_left_in_month(day("2024-02-29")), 1);
        assert_eq!(days_left_in_month(day("2024-02-01")), 29);
        assert_eq!(days_left_in_month(day("2026-11-30")), 1);
    }

    #[test]
    fn month_numbers_start_at_one_in_january_2000() {
        assert_eq!(Month::of(day("2000-01-31")).number(), 1);
        assert_eq!(Month::of(day("2019-09-01")).number(), 237);
        assert_eq!(Month::from_number(0), None);
    }
}
