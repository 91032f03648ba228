//! Which figures an answer shows, in each of its rows.

use std::sync::LazyLock;

use serde_json::{Value as Json, json};

use crate::domain::figures::{OTHER, Selection, Sums};
use crate::register::AggregateGroup;

use super::figures::{COUNT, FIGURES, Figure, Number, Shown};

/// The keys as they stand in JSON: `"sites":`, and `,"installations":` for the second and all that follow.
static KEYS: LazyLock<Vec<String>> = LazyLock::new(|| {
    let commas = std::iter::once("").chain(std::iter::repeat(","));
    commas.zip(&FIGURES).map(|(comma, figure)| format!("{comma}\"{}\":", figure.name)).collect()
});

/// Which figures have a value in the rows of one answer, in the order of [`FIGURES`].
#[derive(Clone, Copy)]
pub struct VisibleFigures([bool; COUNT]);

impl VisibleFigures {
    /// The figures that mean something for a selection and that the caller may see.
    pub fn of(selection: &Selection, sees_money: bool) -> Self {
        let is_whole = !selection.is_by_measure();
        Self(FIGURES.each_ref().map(|figure| match figure.shown {
            Shown::Always => true,
            Shown::SitesCountable => selection.counts_sites(),
            Shown::WholeInstallations => is_whole,
            Shown::OneMeasure => selection.is_of_one_measure(),
            Shown::Money => is_whole && sees_money,
        }))
    }

    /// No figure.
    pub fn nothing() -> Self {
        Self([false; COUNT])
    }

    /// Hides the figure `sites`.
    pub fn without_sites(self) -> Self {
        self.without(Shown::SitesCountable)
    }

    /// Hides amounts of money.
    pub fn without_money(self) -> Self {
        self.without(Shown::Money)
    }

    /// Whether amounts of money are among them.
    pub fn tells_money(self) -> bool {
        FIGURES.iter().zip(self.0).any(|(figure, is_visible)| is_visible && figure.shown == Shown::Money)
    }

    fn without(self, hidden: Shown) -> Self {
        let mut visible = self.0;
        for (figure, is_visible) in FIGURES.iter().zip(&mut visible) {
            *is_visible &= figure.shown != hidden;
        }
        Self(visible)
    }

    /// The figures of a group as values, for CSV.
    pub fn values(&self, sums: &Sums) -> impl Iterator<Item = Json> {
        self.numbers(sums).map(|(_, number)| json!(number))
    }

    /// Writes the figures of a group as members of a JSON object, `"sites":3,"installations":4,…`.
    ///
    /// An answer has thousands of rows. A map of values for each would allocate every key again, so keys and numbers go
    /// straight into the bytes.
    pub fn write(&self, sums: &Sums, body: &mut Vec<u8>) -> serde_json::Result<()> {
        for (key, (_, number)) in KEYS.iter().zip(self.numbers(sums)) {
            body.extend_from_slice(key.as_bytes());
            match number {
                None => body.extend_from_slice(b"null"),
                Some(number) => serde_json::to_writer(&mut *body, &number)?,
            }
        }
        Ok(())
    }

    pub(super) fn numbers(&self, sums: &Sums) -> impl Iterator<Item = (&'static str, Option<Number>)> {
        let number =
            |(figure, is_visible): (&'static Figure, bool)| (figure.name, figure.number(sums).filter(|_| is_visible));
        FIGURES.iter().zip(self.0).map(number)
    }
}

/// Which figures each row of an answer shows, and its total.
pub struct RowFigures {
    visible: VisibleFigures,
    /// The figures of the row that others join.
    in_other: VisibleFigures,
    /// Whether each row tells money, and the total, where not all do.
    money: Option<(Vec<bool>, bool)>,
}

impl RowFigures {
    /// The same figures in every row.
    pub fn of(visible: VisibleFigures) -> Self {
        Self { visible, in_other: visible, money: None }
    }

    /// Hides in the row that others join what means nothing of several measures.
    pub fn with_others_of_several_measures(self) -> Self {
        Self { in_other: self.visible.without(Shown::OneMeasure).without_sites(), ..self }
    }

    /// Tells money in some rows alone, by their place, and in the total.
    pub fn with_money(self, rows: Vec<bool>, total: bool) -> Self {
        Self { money: Some((rows, total)), ..self }
    }

    /// The figures of the row at a place.
    pub fn of_row(&self, place: usize, row: &AggregateGroup) -> VisibleFigures {
        let visible = if row.group.contains(&OTHER) { self.in_other } else { self.visible };
        let tells = self.money.as_ref().is_none_or(|(rows, _)| rows.get(place).copied().unwrap_or_default());
        if tells { visible } else { visible.without_money() }
    }

    /// These figures of the total, as far as they are told.
    pub fn of_total(&self, visible: VisibleFigures) -> VisibleFigures {
        let tells = self.money.as_ref().is_none_or(|(_, total)| *total);
        if tells { visible } else { visible.without_money() }
    }
}
