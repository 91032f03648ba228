//! Sums of aggregate queries, kept until the register or the day moves on. Many dashboards ask the same, and each answer adds up
//! hundreds of thousands of cells.

use std::sync::{Arc, Mutex, PoisonError};

use chrono::NaiveDate;

use crate::domain::figures::Selection;
use crate::domain::values::Hash;

use super::aggregate_query::{AggregateQuery, GroupsAndTotal};
use super::figures::Figures;

/// The most rows kept, about five megabytes. A row more drops the sums that were asked for longest ago.
const MOST_ROWS: usize = 16_384;
/// A question counts as so many rows, because it may have no row and a long filter.
const ROWS_OF_A_QUESTION: usize = 64;

/// The sums of one state of the register, in the order in which they were last asked for.
#[derive(Default)]
pub struct KeptSums(Mutex<Kept>);

#[derive(Default)]
struct Kept {
    /// The head's hash and the day. The hash, because a version may come again with other entries after a restore.
    of: Option<(Hash, NaiveDate)>,
    sums: Vec<(Question, Arc<GroupsAndTotal>)>,
}

/// What the sums depend on besides.
#[derive(Clone, PartialEq)]
struct Question {
    selection: Selection,
    methodology: i32,
    most: usize,
}

impl KeptSums {
    /// The sums that a query asks for at the head, day and methodology of these figures; made unless they are kept.
    ///
    /// Callers at once that find nothing each make them, because a lock over the making would hold up other questions.
    pub fn get<E>(
        &self,
        AggregateQuery { selection, most, .. }: &AggregateQuery,
        figures: &Figures,
        make: impl FnOnce() -> Result<GroupsAndTotal, E>,
    ) -> Result<Arc<GroupsAndTotal>, E> {
        let methodology = figures.methodology.version;
        let question = Question { selection: selection.clone(), methodology, most: *most };
        let of = (figures.hash, figures.day);
        if let Some(kept) = self.with(of, |sums| {
            let place = sums.iter().position(|(other, _)| *other == question)?;
            let kept = sums.remove(place);
            sums.push(kept.clone());
            Some(kept.1)
        }) {
            return Ok(kept);
        }
        let made = Arc::new(make()?);
        self.with(of, |sums| {
            sums.push((question, made.clone()));
            let mut rows: usize = sums.iter().map(|(_, one)| one.rows.len() + ROWS_OF_A_QUESTION).sum();
            while rows > MOST_ROWS {
                let (_, dropped) = sums.remove(0);
                rows -= dropped.rows.len() + ROWS_OF_A_QUESTION;
            }
        });
        Ok(made)
    }

    fn with<T>(&self, of: (Hash, NaiveDate), work: impl FnOnce(&mut Vec<(Question, Arc<GroupsAndTotal>)>) -> T) -> T {
        let mut kept = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if kept.of != Some(of) {
            *kept = Kept { of: Some(of), sums: Vec::new() };
        }
        work(&mut kept.sums)
    }
}

#[cfg(test)]
mod tests {
    use std::cell::Cell;

    use super::*;
    use crate::domain::figures::{Dimension, Sums};
    use crate::register::{AggregateGroup, AsOf};

    fn of_rows(rows: usize) -> GroupsAndTotal {
        let row = || AggregateGroup { code: None, group: Vec::new(), sums: Sums::default() };
        GroupsAndTotal { rows: std::iter::repeat_with(row).take(rows).collect(), total: Sums::default() }
    }

    fn by(dimension: Dimension) -> AggregateQuery {
        let selection = Selection { group_by: vec![dimension], ..Selection::default() };
        AggregateQuery { selection, scope: None, methodology: None, time: AsOf::Now, published: false, most: MOST_ROWS }
    }

    #[test]
    fn sums_are_made_once_for_each_question_until_the_head_the_day_or_the_methodology_is_another() {
        let (kept, made) = (KeptSums::default(), Cell::new(0));
        let ask = |query: &AggregateQuery, figures: &Figures| {
            let make = || {
                made.set(made.get() + 1);
                Ok::<_, ()>(of_rows(1))
            };
            kept.get(query, figures, make).unwrap();
            made.get()
        };
        let now = Figures::before_the_register(NaiveDate::from_ymd_opt(2026, 11, 27).unwrap());
        let (kind, province) = (by(Dimension::Kind), by(Dimension::Province));
        assert_eq!([ask(&kind, &now), ask(&kind, &now), ask(&province, &now), ask(&kind, &now)], [1, 1, 2, 2]);
        let other = crate::domain::figures::methodology(if now.methodology.version == 1 { 2 } else { 1 }).unwrap();
        assert_eq!(ask(&kind, &Figures { methodology: other, ..now.clone() }), 3);
        assert_eq!(ask(&kind, &Figures { day: now.day.succ_opt().unwrap(), ..now.clone() }), 4);
        assert_eq!(ask(&kind, &Figures { hash: crate::domain::values::sha256(b"another"), ..now }), 5);
    }

    #[test]
    fn many_rows_drop_what_was_asked_for_longest_ago() {
        let kept = KeptSums::default();
        let now = Figures::before_the_register(NaiveDate::from_ymd_opt(2026, 11, 27).unwrap());
        let is_made = |dimension, rows| {
            let mut made = false;
            let make = || {
                made = true;
                Ok::<_, ()>(of_rows(rows))
            };
            kept.get(&by(dimension), &now, make).unwrap();
            made
        };
        let half = MOST_ROWS / 2 - ROWS_OF_A_QUESTION;
        assert!(is_made(Dimension::Kind, half));
        assert!(is_made(Dimension::Province, 10));
        assert!(!is_made(Dimension::Kind, 0));
        assert!(is_made(Dimension::Month, half));
        assert!(!is_made(Dimension::Month, 0));
        assert!(is_made(Dimension::Province, 10) && is_made(Dimension::Kind, 1));
    }
}
