//! A publication point with its pages, as they were stored.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};

use chrono::NaiveDate;

use crate::db::ledger::{StoredPoint, point_pages, points};
use crate::db::{Connection, DbError};
use crate::domain::disclosure::PointNumber;
use crate::register::commands::Failure;

use super::page_cache::PageCache;
use super::page_maker::PointPage;
use super::published_figures::{FIGURES, PublishedFigures};
use super::published_sums::PublishedSums;
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
    sums: Mutex<Option<Arc<PublishedSums>>>,
}

impl PublishedPoint {
    /// The newest point for a day, at its close or before.
    pub fn load(connection: &mut Connection, day: NaiveDate) -> Result<Option<Self>, DbError> {
        let Some(StoredPoint { number, day, version, methodology, .. }) = points::shown_at(connection, day)? else {
            return Ok(None);
        };
        let read = |(name, body): (String, Vec<u8>)| Ok((name, text_of(&body, number)?.into()));
        let pages = point_pages::all(connection, number)?.into_iter().map(read).collect::<Result<_, DbError>>()?;
        Ok(Some(Self { number, day, version, methodology, pages, made: PageCache::default(), sums: Mutex::default() }))
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

    /// What it shows, as sums. They are made when first asked for, for figures by another methodology; later callers wait.
    pub fn sums(&self, make: impl FnOnce() -> Result<PublishedSums, DbError>) -> Result<Arc<PublishedSums>, DbError> {
        let mut sums = self.sums.lock().unwrap_or_else(PoisonError::into_inner);
        let made = match &*sums {
            Some(known) => known.clone(),
            None => Arc::new(make()?),
        };
        *sums = Some(made.clone());
        Ok(made)
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
    let body = point_pages::find(connection, point.number, name)?;
    body.map(|body| text_of(&body, point.number)).transpose()
}

/// Pages as they are stored.
pub fn stored_pages(pages: Vec<PointPage>) -> Vec<(String, Vec<u8>)> {
    pages.into_iter().map(|page| (page.name, compressed(page.text.as_bytes()))).collect()
}

fn text_of(body: &[u8], number: PointNumber) -> Result<String, DbError> {
    decompressed(body).ok_or_else(|| DbError::corrupt(format!("a page of the point {number}")))
}
