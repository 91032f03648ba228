//! Permalinks of days and releases that a clock which was ahead had sealed, and that are void: they answer 410 with the reason until
//! their day has really come.

use chrono::NaiveDate;

use crate::api::http::ApiError;
use crate::api::state::AppState;
use crate::domain::values::parse_day;

/// Refuses a query that names a day which is void and has not come again, by one of these parameters.
pub fn refuse_void_days(state: &AppState, query: &str, parameters: &[&str]) -> Result<(), ApiError> {
    let named = query.split('&').filter_map(|pair| pair.split_once('='));
    let mut days = named.filter(|(name, _)| parameters.contains(name)).filter_map(|(_, value)| parse_day(value).ok());
    days.try_for_each(|day| refuse_void_day(state, day))
}

/// Refuses a day that is void and has not come again.
pub fn refuse_void_day(state: &AppState, day: NaiveDate) -> Result<(), ApiError> {
    if day < state.register.snapshot().figures.day { Ok(()) } else { refuse_void(state, day, false) }
}

/// Refuses a release that is void. Ask only where there is no other release of its day.
pub fn refuse_void_release(state: &AppState, day: NaiveDate) -> Result<(), ApiError> {
    refuse_void(state, day, true)
}

fn refuse_void(state: &AppState, day: NaiveDate, is_release: bool) -> Result<(), ApiError> {
    let voided = state.register.voided();
    let last = voided.iter().rfind(|void| (void.day, void.is_release) == (day, is_release));
    last.map_or(Ok(()), |void| Err(ApiError::Voided { entry: void.entry }))
}
