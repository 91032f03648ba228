//! What is published: all numbers of one version on one day, and the bytes made of them.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, OnceLock, PoisonError};

use chrono::{DateTime, NaiveDate, Utc};

use crate::db::DbError;
use crate::domain::chain::GENESIS;
use crate::domain::counting::{CellKey, NationalSums, Progress, Totals};
use crate::domain::figures::{Estimator, Methodology, MonthEnd, VerifiedOutput, first, timeline};
use crate::domain::values::{Hash, Month, date};
use crate::register::commands::Failure;

use super::page_cache::PageCache;
use super::ready_page::ReadyPage;

/// All numbers of one version of the register on one day.
#[derive(Clone, Debug)]
pub struct Figures {
    /// The version.
    pub version: i64,
    /// The hash of its last entry.
    pub hash: Hash,
    /// When its last entry was recorded.
    pub recorded_at: DateTime<Utc>,
    /// The day in Hà Nội.
    pub day: NaiveDate,
    /// The methodology.
    pub methodology: &'static Methodology,
    /// Whether another methodology is in force.
    pub restated: bool,
    /// The headline.
    pub progress: Progress,
    /// What was built comes to: capacity, electricity, emissions.
    pub works: VerifiedOutput,
    /// Verified sites at the end of each month before that of the day, since the register began.
    pub month_ends: Vec<i64>,
}

impl Figures {
    /// A day on which there was no register yet: zeros.
    #[must_use]
    pub fn before_the_register(day: NaiveDate) -> Self {
        Self {
            version: 0,
            hash: GENESIS,
            recorded_at: date::start_of(day),
            day,
            methodology: first(),
            restated: false,
            progress: Progress::default(),
            works: VerifiedOutput::default(),
            month_ends: Vec::new(),
        }
    }

    /// The later of the last entry's instant and the day's start: the same in every process.
    #[must_use]
    pub fn generated_at(&self) -> DateTime<Utc> {
        self.recorded_at.max(date::start_of(self.day))
    }
}

/// One public page, made of figures.
pub struct MadePage {
    /// Its path.
    pub path: &'static str,
    /// Its media type.
    pub media_type: &'static str,
    /// Its bytes.
    pub body: Vec<u8>,
}

/// Settings that show in what is published.
#[derive(Clone, Debug)]
pub struct PublicSettings {
    /// Where the public reaches this service, without a slash at the end.
    pub public_url: String,
    /// Who publishes it.
    pub publisher: String,
}

/// Makes every public page from figures; the first is the headline in JSON, which closed days keep.
pub type MakePages = fn(&Figures, &PublicSettings) -> Vec<MadePage>;

/// Makes every public table as JSON, with its name, from figures, the sums of the country and the cells, all of one version.
pub type MakeTables = fn(&Figures, &NationalSums, &InOrder<'_>, &PublicSettings) -> Vec<(&'static str, Vec<u8>)>;

/// What makes pages and tables.
#[derive(Clone, Copy)]
pub struct PageMaker {
    /// Makes pages.
    pub pages: MakePages,
    /// Makes tables.
    pub tables: MakeTables,
}

/// What makes pages and tables, and what shows in them.
#[derive(Clone)]
pub struct Render {
    /// Makes them.
    pub make: PageMaker,
    /// Shows in them.
    pub settings: PublicSettings,
}

impl Render {
    /// Every public page of figures.
    #[must_use]
    pub fn pages(&self, figures: &Figures) -> Vec<MadePage> {
        (self.make.pages)(figures, &self.settings)
    }

    /// Every public table, as text.
    pub fn tables(
        &self,
        figures: &Figures,
        national: &NationalSums,
        cells: &InOrder<'_>,
    ) -> Result<Vec<(&'static str, String)>, DbError> {
        let made = (self.make.tables)(figures, national, cells, &self.settings).into_iter();
        let text = |(name, body): (&'static str, Vec<u8>)| Some((name, String::from_utf8(body).ok()?));
        made.map(text).collect::<Option<_>>().ok_or_else(|| DbError::Unusable("a table is no text".to_owned()))
    }
}

/// Every cell in the order of keys, as often as it is asked for.
pub type InOrder<'a> = dyn Fn() -> Box<dyn Iterator<Item = (CellKey, Totals)> + 'a> + 'a;

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
