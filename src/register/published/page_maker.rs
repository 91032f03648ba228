//! How pages are made of figures: by functions that the layer above hands down.

use crate::db::DbError;
use crate::domain::counting::NationalSums;
use crate::register::counted::{Figures, InOrder};

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
