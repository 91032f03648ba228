//! The chain of entries: their hashes, the facts that an entry seals, and sealed facts read back. The room owns the
//! bytes that are hashed, which never change. It must not store an entry, nor decide its effect.

mod entry;
mod history_facts;
mod sealed_facts;

pub use entry::{Entry, GENESIS, Posting, SealedColumns, chain_hash, facts_digest, journal_digest};
pub use history_facts::{PastFacts, PastInstallation, PastMeasure, PastSite};
pub use sealed_facts::{ClosingDoc, DisputeDoc, Facts, InstallationDoc, SiteDoc, SiteRefDoc};
