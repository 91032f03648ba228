//! Every page of a publication point, as the register keeps them.

use crate::domain::reference::PlaceList;
use crate::domain::values::Interval;
use crate::register::{FIGURES, PointPage, PublicSettings, PublishedSums};

use super::headline::FiguresView;
use super::{province_rows, tables, timeline};

/// Makes a page of a point by its name; `None` if it is none of these pages.
type MakePage = fn(&PublishedSums<'_>, &PublicSettings, &str) -> Option<String>;

/// Makes every page of a point.
#[must_use]
pub fn make_pages_of_point(sums: &PublishedSums<'_>, settings: &PublicSettings) -> Vec<PointPage> {
    let lists = [PlaceList::Now, PlaceList::Former].map(province_rows::link);
    let intervals = [Interval::Month, Interval::Quarter, Interval::Year].map(timeline::of_installations);
    let makers: [(Vec<String>, MakePage); 3] = [
        // Beside each other, because they are made of the same sums.
        (lists.to_vec(), province_rows::make_published),
        (tables::names(), tables::make_published),
        (intervals.to_vec(), timeline::make_published),
    ];
    let figures = PointPage { name: FIGURES.to_owned(), text: FiguresView::published(&sums.figures).json.to_string() };
    let pages = makers.into_iter().flat_map(|(names, make)| {
        names.into_iter().filter_map(move |name| Some(PointPage { text: make(sums, settings, &name)?, name }))
    });
    [figures].into_iter().chain(pages).collect()
}
