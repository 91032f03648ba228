//! Net openings of verified sites by the month in which they went into operation, as the register knows them now.

use chrono::NaiveDate;

use crate::domain::counting::NationalSums;
use crate::domain::records::Stage;
use crate::domain::values::Month;

/// The newest months, which are left out because partners report late and reviewers verify later: the month of the day and
/// the month before it.
const INCOMPLETE_MONTHS: u16 = 2;
/// Complete months on which the pace looks back.
const MOST_MONTHS: u16 = 24;

/// The net openings of the newest complete months: 24, or as many as there are since the first site of all opened. Months without an
/// opening count, because leaving them out would make the mean larger and its range narrower than the building was.
#[derive(Clone, Copy, PartialEq, Debug)]
pub struct Openings {
    /// How many months there are.
    pub months: u16,
    pub first: Month,
    pub last: Month,
    /// Sites that opened in these months, minus sites that closed in them.
    pub sites: i64,
    /// Net openings a month.
    pub mean: f64,
    /// The standard deviation of the months; `None` of a single month.
    pub deviation: Option<f64>,
}

/// What happened in one month.
#[derive(Clone, Copy, Default)]
struct MonthOfOpenings {
    opened: i64,
    /// `opened` minus the sites that closed.
    net: i64,
}

impl Openings {
    /// The net openings before the two newest months of `day`; `None` where no site opened in any of the 24 months.
    #[must_use]
    pub fn of(national: &NationalSums, day: NaiveDate) -> Option<Self> {
        let last = Month::from_number(Month::of(day).number().checked_sub(INCOMPLETE_MONTHS)?)?;
        let begin = Month::from_number((last.number() + 1).saturating_sub(MOST_MONTHS).max(1))?;
        let (months, opened_before) = by_month(national, begin, last);
        let first = months.iter().position(|month| month.opened > 0)?;
        let start = if opened_before { 0 } else { first };
        let nets: Vec<i64> = months.get(start..)?.iter().map(|month| month.net).collect();
        let (count, sites) = (u16::try_from(nets.len()).ok()?, nets.iter().sum());
        let mean = float(sites) / f64::from(count);
        let squares: f64 = nets.iter().map(|net| (float(*net) - mean) * (float(*net) - mean)).sum();
        Some(Self {
            months: count,
            first: begin.plus(u16::try_from(start).ok()?),
            last,
            sites,
            mean,
            deviation: (count > 1).then(|| (squares / f64::from(count - 1)).sqrt()),
        })
    }
}

/// What happened in each month from `begin` to `last`, and whether a site opened before. As in the timeline, a site that closed in
/// the month of its opening was in operation at the end of no month, so it did not open.
fn by_month(national: &NationalSums, begin: Month, last: Month) -> (Vec<MonthOfOpenings>, bool) {
    let mut months = vec![MonthOfOpenings::default(); usize::from(last.number() - begin.number()) + 1];
    let mut opened_before = false;
    for (dims, sites) in national.sums_of_sites().filter(|(dims, _)| matches!(dims.stage, Stage::Verified(_))) {
        if dims.ended.is_some_and(|ended| Some(ended) <= dims.installed) {
            continue;
        }
        opened_before |= sites > 0 && dims.installed.is_some_and(|month| month < begin);
        let place = |month: Month| month.number().checked_sub(begin.number()).map(usize::from);
        if let Some(month) = dims.installed.and_then(place).and_then(|place| months.get_mut(place)) {
            month.opened = month.opened.wrapping_add(sites);
            month.net = month.net.wrapping_add(sites);
        }
        if let Some(month) = dims.ended.and_then(place).and_then(|place| months.get_mut(place)) {
            month.net = month.net.wrapping_sub(sites);
        }
    }
    (months, opened_before)
}

#[expect(clippy::cast_precision_loss, reason = "counts of sites stay far below 2^53")]
fn float(sites: i64) -> f64 {
    sites as f64
}
