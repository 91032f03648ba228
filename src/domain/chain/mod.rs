//! Entries, hashes, sealed facts.

mod entry;
mod history_facts;
mod sealed_facts;

pub use entry::{Entry, GENESIS, Posting, SealedColumns, chain_hash, facts_digest, journal_digest};
pub use history_facts::{PastFacts, PastInstallation, PastMeasure, PastSite};
pub use sealed_facts::{ClosingDoc, DisputeDoc, Facts, InstallationDoc, SiteDoc, SiteRefDoc};
