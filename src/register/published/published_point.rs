//! A publication point with its pages, as they were stored.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};

use chrono::NaiveDate;

use crate::db::ledger::{StoredPoint, points};
use crate::db::{Connection, DbError};
use crate::domain::counting::{CellTable, NationalSums};
use crate::domain::disclosure::PointNumber;
use crate::domain::figures::Methodology;
use crate::register::commands::Failure;
use crate::register::counted::{Figures, KeptSums};

use super::page_cache::PageCache;
use super::page_maker::PointPage;
use super::published_figures::{FIGURES, PublishedFigures};
use super::ready_page::{ReadyPage, compressed, decompressed};

/// A point with its pages.
pub struct PublishedPoint {
    pub number: PointNumber,
    pub day: NaiveDate,
    /// The version at its close.
    pub version: i64,
    pub methodology: i32,
    /// The stored pages, by their names.
    pages: BTreeMap<String, Arc<str>>,
    /// What was made of them since.
    made: PageCache,
    /// The point by other methodologies, by their numbers.
    restated: Mutex<BTreeMap<i32, Arc<RestatedPoint>>>,
    at_close: MadeOnce<CellsAtClose>,
}

/// A point by another methodology than that of its day.
pub struct RestatedPoint {
    pub figures: Figures,
    /// Its pages, by their names.
    pub pages: BTreeMap<String, String>,
}

/// All cells at the close of a point.
pub struct CellsAtClose {
    /// Version, day and methodology; the numbers are zeros.
    pub figures: Figures,
    pub cells: CellTable,
    pub national: NationalSums,
    /// What was added up of them.
    pub kept: KeptSums,
}

/// What is made when it is first asked for; later callers wait.
struct MadeOnce<T>(Mutex<Option<Arc<T>>>);

impl<T> Default for MadeOnce<T> {
    fn default() -> Self {
        Self(Mutex::new(None))
    }
}

impl<T> MadeOnce<T> {
    fn get<E>(&self, make: impl FnOnce() -> Result<T, E>) -> Result<Arc<T>, E> {
        let mut kept = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let made = match &*kept {
            Some(known) => known.clone(),
            None => Arc::new(make()?),
        };
        *kept = Some(made.clone());
        Ok(made)
    }
}

impl PublishedPoint {
    /// The newest point for a day, at its close or before.
    pub fn load(connection: &mut Connection, day: NaiveDate) -> Result<Option<Self>, DbError> {
        let Some(StoredPoint { number, day, version, methodology, .. }) = points::shown_at(connection, day)? else {
            return Ok(None);
        };
        let read = |(name, body): (String, Vec<u8>)| Ok((name, text_of(&body, number)?.into()));
        let pages = points::pages(connection, number)?.into_iter().map(read).collect::<Result<_, DbError>>()?;
        let (made, restated, at_close) = Default::default();
        Ok(Some(Self { number, day, version, methodology, pages, made, restated, at_close }))
    }

    /// A stored page.
    #[must_use]
    pub fn page(&self, name: &str) -> Option<&Arc<str>> {
        self.pages.get(name)
    }

    /// What the headline shows of it.
    #[must_use]
    pub fn figures(&self) -> Option<PublishedFigures> {
        Some(PublishedFigures { day: self.day, methodology: self.methodology, json: self.page(FIGURES)?.clone() })
    }

    /// The point by another methodology, made when it is first asked for; later callers wait.
    pub fn by<E>(
        &self,
        methodology: &'static Methodology,
        make: impl FnOnce() -> Result<RestatedPoint, E>,
    ) -> Result<Arc<RestatedPoint>, E> {
        let mut restated = self.restated.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(known) = restated.get(&methodology.version) {
            return Ok(known.clone());
        }
        let made = Arc::new(make()?);
        restated.insert(methodology.version, made.clone());
        Ok(made)
    }

    /// All cells at its close, for callers with a token.
    pub fn at_close(&self, make: impl FnOnce() -> Result<CellsAtClose, DbError>) -> Result<Arc<CellsAtClose>, DbError> {
        self.at_close.get(make)
    }

    /// A page that is made of the point, as [`PageCache::get`].
    pub async fn page_of(
        &self,
        key: impl Into<String>,
        make: impl Future<Output = Result<ReadyPage, Failure>>,
    ) -> Result<Arc<ReadyPage>, Failure> {
        self.made.get(key, make).await
    }
}

/// A stored page of the newest point for a day, at its close or before; `None` if there is no such point.
pub fn page_at(connection: &mut Connection, day: NaiveDate, name: &str) -> Result<Option<String>, DbError> {
    let Some(point) = points::shown_at(connection, day)? else { return Ok(None) };
    page(connection, &point, name)
}

/// What the headline of a day shows of the newest point, at its close or before.
pub fn figures_at(connection: &mut Connection, day: NaiveDate) -> Result<Option<PublishedFigures>, DbError> {
    let Some(point) = points::shown_at(connection, day)? else { return Ok(None) };
    let json = page(connection, &point, FIGURES)?;
    Ok(json.map(|json| PublishedFigures { day: point.day, methodology: point.methodology, json: json.into() }))
}

fn page(connection: &mut Connection, point: &StoredPoint, name: &str) -> Result<Option<String>, DbError> {
    let body = points::page(connection, point.number, name)?;
    body.map(|body| text_of(&body, point.number)).transpose()
}

/// Pages as they are stored.
pub fn stored_pages(pages: Vec<PointPage>) -> Vec<(String, Vec<u8>)> {
    pages.into_iter().map(|page| (page.name, compressed(page.text.as_bytes()))).collect()
}

fn text_of(body: &[u8], number: PointNumber) -> Result<String, DbError> {
    decompressed(body).ok_or_else(|| DbError::corrupt(format!("a page of the point {number}")))
}
