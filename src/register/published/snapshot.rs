//! What is published: all numbers of one version on one day, and the bytes made of them.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, OnceLock, PoisonError};

use crate::domain::counting::NationalSums;
use crate::domain::figures::{Estimator, Methodology, MonthEnd, VerifiedOutput, timeline};
use crate::domain::values::Month;
use crate::register::commands::Failure;
use crate::register::counted::Figures;

use super::page_cache::PageCache;
use super::page_maker::{MadePage, Render};
use super::ready_page::ReadyPage;

/// Figures with their ready pages. Never changes once it is published.
pub struct Snapshot {
    /// The numbers.
    pub figures: Figures,
    pages: Vec<(&'static str, Arc<ReadyPage>)>,
    others: PageCache,
    national: Arc<NationalSums>,
    timeline: OnceLock<Vec<(Month, MonthEnd)>>,
    render: Render,
    /// The same with other methodologies, by their numbers: those that were asked for.
    restated: Mutex<BTreeMap<i32, Arc<Self>>>,
}

impl Snapshot {
    /// Makes the pages.
    #[must_use]
    pub fn new(figures: Figures, national: Arc<NationalSums>, render: &Render) -> Self {
        let ready = |page: MadePage| (page.path, Arc::new(ReadyPage::new(page.media_type, page.body)));
        let pages = render.pages(&figures).into_iter().map(ready).collect();
        let (timeline, restated) = (OnceLock::new(), Mutex::default());
        Self { figures, pages, others: PageCache::default(), national, timeline, render: render.clone(), restated }
    }

    /// The same with a methodology; made when it is first asked for. Takes a while.
    #[must_use]
    pub fn with(self: &Arc<Self>, methodology: &'static Methodology) -> Arc<Self> {
        if methodology.version == self.figures.methodology.version {
            return self.clone();
        }
        let mut restated = self.restated.lock().unwrap_or_else(PoisonError::into_inner);
        let make = || {
            let works = VerifiedOutput::of(&self.national, &mut Estimator::new(methodology, self.figures.day));
            let figures = Figures { methodology, restated: true, works, ..self.figures.clone() };
            Arc::new(Self::new(figures, self.national.clone(), &self.render))
        };
        restated.entry(methodology.version).or_insert_with(make).clone()
    }

    /// What stood at the end of each month since the first installation, and today; computed when
    /// it is first asked for. Takes a while.
    #[must_use]
    pub fn timeline(&self) -> &[(Month, MonthEnd)] {
        self.timeline.get_or_init(|| {
            let mut timeline = timeline(&self.national, self.figures.methodology, self.figures.day);
            // Of today it says what the headline does, to the last digit.
            if let Some((_, today)) = timeline.last_mut() {
                today.to_date = self.figures.works.verified.to_date;
            }
            timeline
        })
    }

    /// The sums that the national figures are made of.
    #[must_use]
    pub fn national(&self) -> &NationalSums {
        &self.national
    }

    /// The page of a path, of those that are made with the snapshot.
    #[must_use]
    pub fn page(&self, path: &str) -> Option<&Arc<ReadyPage>> {
        self.pages.iter().find(|(own, _)| *own == path).map(|(_, page)| page)
    }

    /// Any other page of these numbers: [`PageCache::get`].
    pub async fn page_of(
        &self,
        key: impl Into<String>,
        make: impl Future<Output = Result<ReadyPage, Failure>>,
    ) -> Result<Arc<ReadyPage>, Failure> {
        self.others.get(key, make).await
    }
}
