//! The page makers: functions that turn figures into the bytes of public pages and tables.
//!
//! `api` owns the functions, because it knows the content of a page; it hands them down when the register starts. The
//! writer calls them, because a snapshot must hold ready bytes, and because a closed day stores the bytes of its
//! headline. So a page of today and the stored page of a past day come from one function.

use std::net::IpAddr;

use crate::db::DbError;
use crate::register::counted::Figures;

use super::published_figures::PublishedFigures;
use super::published_sums::PublishedSums;

/// A public page.
pub struct MadePage {
    pub path: &'static str,
    pub media_type: &'static str,
    pub body: Vec<u8>,
}

/// The settings that public pages show.
#[derive(Clone, Debug)]
pub struct PublicSettings {
    /// The URL at which the public reaches this service, without a slash at the end.
    pub public_url: String,
    pub publisher: String,
}

impl PublicSettings {
    /// Whether the public URL is one that nobody else can open: of this machine, or an example.
    #[must_use]
    pub fn is_placeholder(&self) -> bool {
        let authority = self.public_url.split("://").nth(1).and_then(|rest| rest.split('/').next()).unwrap_or_default();
        let host = authority.rsplit('@').next().unwrap_or_default().to_ascii_lowercase();
        let host = match host.strip_prefix('[') {
            Some(address) => address.split(']').next(),
            None => host.split(':').next(),
        };
        let host = host.unwrap_or_default();
        let is_of_machine =
            host.parse::<IpAddr>().is_ok_and(|address| address.is_loopback() || address.is_unspecified());
        let names = ["localhost", "example", "test", "invalid", "local", "example.com", "example.net", "example.org"];
        is_of_machine || names.iter().any(|name| host == *name || host.ends_with(&format!(".{name}")))
    }
}

/// A page of a publication point: JSON, under its name.
pub struct PointPage {
    pub name: String,
    pub text: String,
}

/// Makes the headline of the counts of now and of published figures. The first page is the JSON, which closed days store.
pub type MakePages = fn(&Figures, Option<&PublishedFigures>, &PublicSettings) -> Vec<MadePage>;

/// Makes every page of a publication point.
pub type MakePointPages = fn(&PublishedSums<'_>, &PublicSettings) -> Vec<PointPage>;

/// The functions that make pages.
#[derive(Clone, Copy)]
pub struct PageMaker {
    pub pages: MakePages,
    pub of_point: MakePointPages,
}

/// The page makers together with the settings that the pages show.
#[derive(Clone)]
pub struct PageRenderer {
    pub make: PageMaker,
    pub settings: PublicSettings,
}

impl PageRenderer {
    /// The same makers for bytes that are sealed. Their links are paths, because a register outlives the address that it has now.
    #[must_use]
    pub fn without_host(&self) -> Self {
        let settings = PublicSettings { public_url: String::new(), publisher: self.settings.publisher.clone() };
        Self { make: self.make, settings }
    }

    /// The headline of the counts of now and of published figures.
    #[must_use]
    pub fn pages(&self, figures: &Figures, published: Option<&PublishedFigures>) -> Vec<MadePage> {
        (self.make.pages)(figures, published, &self.settings)
    }

    /// The headline in JSON, as text.
    pub fn headline(&self, figures: &Figures, published: Option<&PublishedFigures>) -> Result<String, DbError> {
        let first = self.pages(figures, published).into_iter().next();
        let text = first.and_then(|page| String::from_utf8(page.body).ok());
        text.ok_or_else(|| DbError::Unusable("the headline is no text".to_owned()))
    }

    /// Every page of a publication point.
    #[must_use]
    pub fn pages_of_point(&self, sums: &PublishedSums<'_>) -> Vec<PointPage> {
        (self.make.of_point)(sums, &self.settings)
    }
}

#[cfg(test)]
mod tests {
    use super::PublicSettings;

    #[test]
    fn placeholder_urls_are_those_that_nobody_else_can_open() {
        let is_placeholder =
            |url: &str| PublicSettings { public_url: url.to_owned(), publisher: String::new() }.is_placeholder();
        for url in [
            "http://127.0.0.1:8080",
            "http://localhost",
            "http://LOCALHOST:8080",
            "http://somebody@localhost",
            "http://[::1]:80",
            "https://register.example",
            "http://0.0.0.0",
        ] {
            assert!(is_placeholder(url), "{url}");
        }
        for url in ["https://xanh.greenidvietnam.org.vn", "https://203.0.113.7", "https://example.vn"] {
            assert!(!is_placeholder(url), "{url}");
        }
    }
}
