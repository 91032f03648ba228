//! What is published: all numbers of one version on one day, and the bytes made of them.

use std::sync::{Arc, OnceLock};

use bytes::Bytes;
use chrono::{DateTime, NaiveDate, Utc};

use crate::domain::date::{self, Month};
use crate::domain::entry::{GENESIS, Hash, hex, sha256};
use crate::domain::methodology::{Methodology, first};
use crate::domain::national::{NationalSums, Standing, Works};
use crate::domain::progress::Progress;

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
    /// The methodology in force.
    pub methodology: &'static Methodology,
    /// The headline.
    pub progress: Progress,
    /// What was built comes to: capacity, electricity, emissions.
    pub works: Works,
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
            progress: Progress::default(),
            works: Works::default(),
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
pub struct Page {
    /// Its path.
    pub path: &'static str,
    /// Its media type.
    pub media_type: &'static str,
    /// Its bytes.
    pub body: Vec<u8>,
}

/// Makes every public page from figures; the first is the headline in JSON, which closed days keep.
pub type Render = Arc<dyn Fn(&Figures) -> Vec<Page> + Send + Sync>;

/// Figures with their ready pages. Never changes once it is published.
pub struct Snapshot {
    /// The numbers.
    pub figures: Figures,
    pages: Vec<ReadyPage>,
    national: Arc<NationalSums>,
    timeline: OnceLock<Vec<(Month, Standing)>>,
}

/// A page as it is sent.
pub struct ReadyPage {
    /// Its path.
    pub path: &'static str,
    /// Its media type.
    pub media_type: &'static str,
    /// Its bytes.
    pub body: Bytes,
    /// Its strong `ETag`: the SHA-256 of the body.
    pub etag: Bytes,
}

impl From<Page> for ReadyPage {
    fn from(Page { path, media_type, body }: Page) -> Self {
        let digest = sha256(&body);
        let short = digest.get(..16).unwrap_or_default();
        Self { path, media_type, etag: format!("\"{}\"", hex(short)).into(), body: body.into() }
    }
}

impl Snapshot {
    /// Makes the pages.
    #[must_use]
    pub fn new(figures: Figures, national: Arc<NationalSums>, render: &Render) -> Self {
        let pages = render(&figures).into_iter().map(ReadyPage::from).collect();
        Self { figures, pages, national, timeline: OnceLock::new() }
    }

    /// What stood at the end of each month since the first installation, and today; computed when
    /// it is first asked for. Takes a while.
    #[must_use]
    pub fn timeline(&self) -> &[(Month, Standing)] {
        self.timeline.get_or_init(|| {
            let mut timeline = self.national.timeline(self.figures.methodology, self.figures.day);
            // Of today it says what the headline does, to the last digit.
            if let Some((_, today)) = timeline.last_mut() {
                today.to_date = self.figures.works.verified.to_date;
            }
            timeline
        })
    }

    /// The page of a path.
    #[must_use]
    pub fn page(&self, path: &str) -> Option<&ReadyPage> {
        self.pages.iter().find(|page| page.path == path)
    }
}
