//! A snapshot: all public numbers of one version on one day, and the bytes made of them.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, OnceLock, PoisonError};

use crate::domain::counting::NationalSums;
use crate::domain::figures::{Estimator, Methodology, MonthEnd, NationalOutput, timeline};
use crate::domain::values::Month;
use crate::register::commands::Failure;
use crate::register::counted::Figures;

use super::page_cache::PageCache;
use super::page_maker::{MadePage, PageRenderer};
use super::published_point::PublishedPoint;
use super::ready_page::ReadyPage;

/// Figures with their ready pages. The figures never change once the snapshot is published, so all requests that hold
/// the same snapshot agree with each other.
///
/// A snapshot holds three kinds of things:
///
/// - made with it: the figures, and the pages that everybody asks for (the headline in JSON, CSV and text);
/// - made when first asked for, then kept: the timeline, and further pages in `others`;
/// - the same version by another methodology: `?methodology=2` makes a second snapshot from the same sums, once, and
///   keeps it in `restated`. It takes the figures over and replaces the estimates.
///
/// The cells are not in it, because they would have to be copied for each snapshot.
pub struct Snapshot {
    pub figures: Figures,
    /// The newest publication point.
    pub point: Option<Arc<PublishedPoint>>,
    pages: Vec<(&'static str, Arc<ReadyPage>)>,
    others: PageCache,
    national: Arc<NationalSums>,
    timeline: OnceLock<Vec<(Month, MonthEnd)>>,
    renderer: PageRenderer,
    /// The same snapshot by other methodologies, by their numbers.
    restated: Mutex<BTreeMap<i32, Arc<Self>>>,
}

impl Snapshot {
    /// A snapshot with the pages that everybody asks for.
    #[must_use]
    pub fn new(
        figures: Figures,
        national: Arc<NationalSums>,
        point: Option<Arc<PublishedPoint>>,
        renderer: &PageRenderer,
    ) -> Self {
        let ready = |page: MadePage| (page.path, Arc::new(ReadyPage::new(page.media_type, page.body)));
        let published = point.as_ref().and_then(|point| point.figures());
        let pages = renderer.pages(&figures, published.as_ref()).into_iter().map(ready).collect();
        let (timeline, restated) = (OnceLock::new(), Mutex::default());
        Self {
            figures,
            point,
            pages,
            others: PageCache::default(),
            national,
            timeline,
            renderer: renderer.clone(),
            restated,
        }
    }

    /// The same snapshot by another methodology. Made when first asked for; blocks for milliseconds.
    #[must_use]
    pub fn with(self: &Arc<Self>, methodology: &'static Methodology) -> Arc<Self> {
        if methodology.version == self.figures.methodology.version {
            return self.clone();
        }
        let mut restated = self.restated.lock().unwrap_or_else(PoisonError::into_inner);
        let make = || {
            let output = NationalOutput::of(&self.national, &mut Estimator::new(methodology, self.figures.day));
            let figures = Figures { methodology, restated: true, output, ..self.figures.clone() };
            Arc::new(Self::new(figures, self.national.clone(), self.point.clone(), &self.renderer))
        };
        restated.entry(methodology.version).or_insert_with(make).clone()
    }

    /// The state at each month end since the first installation, and today. Computed when first asked for; blocks for
    /// milliseconds.
    #[must_use]
    pub fn timeline(&self) -> &[(Month, MonthEnd)] {
        self.timeline.get_or_init(|| {
            let mut timeline = timeline(&self.national, self.figures.methodology, self.figures.day);
            // The last point is today, and must equal the headline to the last digit.
            if let Some((_, today)) = timeline.last_mut() {
                today.to_date = self.figures.output.verified.to_date;
            }
            timeline
        })
    }

    /// A page that was made with the snapshot, by its path.
    #[must_use]
    pub fn page(&self, path: &str) -> Option<&Arc<ReadyPage>> {
        self.pages.iter().find(|(own, _)| *own == path).map(|(_, page)| page)
    }

    /// Any other page of these figures, if it is made.
    #[must_use]
    pub fn made_page(&self, key: &str) -> Option<Arc<ReadyPage>> {
        self.others.made(key)
    }

    /// Any other page of these figures, as [`PageCache::get`].
    pub async fn page_of(
        &self,
        key: impl Into<String>,
        make: impl Future<Output = Result<ReadyPage, Failure>>,
    ) -> Result<Arc<ReadyPage>, Failure> {
        self.others.get(key, make).await
    }
}
