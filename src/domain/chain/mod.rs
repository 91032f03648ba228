//! Entries, hashes, sealed facts.

mod entry;
mod history_facts;
mod sealed_facts;

pub use entry::{
    Entry, GENESIS, Hash, Posting, SealedColumns, chain_hash, facts_digest, hash_of, hex, journal_digest, sha256,
};
pub use history_facts::{PastFacts, PastInstallation, PastMeasure, PastSite};
pub use sealed_facts::{ClosingDoc, DisputeDoc, Facts, InstallationDoc, SiteDoc, SiteRefDoc};
