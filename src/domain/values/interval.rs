//! Periods of the calendar, and the day by which an installation falls into one.

use chrono::NaiveDate;

use super::coded_enum::coded_enum;
use super::date::Month;

coded_enum!(
    /// The length of a period.
    Interval {
        Month = "month",
        Quarter = "quarter",
        Year = "year",
    }
);

coded_enum!(
    /// The day by which an installation falls into a period.
    Basis {
        InstalledOn = "installed_on",
        /// The day on which the register recorded it.
        RecordedOn = "recorded_on",
    }
);

impl Interval {
    fn months(self) -> u16 {
        match self {
            Self::Month => 1,
            Self::Quarter => 3,
            Self::Year => 12,
        }
    }

    /// The first month of a month's period.
    #[must_use]
    pub fn first_month(self, month: Month) -> Month {
        let past = (month.number() - 1) % self.months();
        Month::from_number(month.number() - past).unwrap_or(month)
    }

    /// The first month after a month's period.
    #[must_use]
    pub fn next(self, month: Month) -> Month {
        self.first_month(month).plus(self.months())
    }

    /// The name of the period that begins with `first`: 2026-11, 2026-Q4 or 2026.
    #[must_use]
    pub fn name(self, first: Month) -> String {
        let (year, month) = (first.year(), (first.number() - 1) % 12);
        match self {
            Self::Month => format!("{year}-{:02}", month + 1),
            Self::Quarter => format!("{year}-Q{}", month / 3 + 1),
            Self::Year => year.to_string(),
        }
    }

    /// The period of a name, and its first month: the inverse of [`Interval::name`], from the year 2000 on.
    #[must_use]
    pub fn parse_name(name: &str) -> Option<(Self, Month)> {
        let (interval, year, month) = match name.split_once('-') {
            None => (Self::Year, name, 1),
            Some((year, part)) => match part.strip_prefix('Q') {
                None => (Self::Month, year, part.parse().ok()?),
                Some(quarter) => (Self::Quarter, year, quarter.parse::<u32>().ok()?.checked_mul(3)?.checked_sub(2)?),
            },
        };
        let first = Month::of(NaiveDate::from_ymd_opt(year.parse().ok()?, month, 1)?);
        (interval.name(first) == name).then_some((interval, first))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn period_of_a_month_begins_with_its_first_month() {
        let november = Month::of("2026-11-25".parse().unwrap());
        let told = |interval: Interval| {
            let first = interval.first_month(november);
            (interval.name(first), first.first_day().to_string())
        };
        let expected = [("2026-11", "2026-11-01"), ("2026-Q4", "2026-10-01"), ("2026", "2026-01-01")];
        for (interval, (name, first)) in Interval::ALL.iter().zip(expected) {
            assert_eq!(told(*interval), (name.to_owned(), first.to_owned()));
            assert_eq!(Interval::parse_name(name), Some((*interval, interval.first_month(november))));
        }
    }

    #[test]
    fn parse_what_is_no_name_of_a_period_gives_none() {
        for bad in
            ["", "26", "1999", "2026-13", "2026-1", "2026-Q0", "2026-Q5", "2026-11-25", "x-01", "2026-Q4294967295"]
        {
            assert_eq!(Interval::parse_name(bad), None, "{bad}");
        }
    }
}
