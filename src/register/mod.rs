//! The register at work: one writer that orders every change, the cells in memory, and the snapshots that everybody
//! reads.
//!
//! Arrows run one way; the importer stands right:
//! `{commands, marker} <- decide <- counted <- published <- writer <- {audit, watchdog} <- backup <- register <- {queries, examine}`.
//!
//! This layer must not know requests of HTTP, nor write a query: `db` does.

pub mod audit;
pub mod backup;
mod commands;
mod counted;
mod decide;
pub mod examine;
mod marker;
mod published;
mod queries;
mod register;
mod watchdog;
mod writer;

pub use commands::{
    Command, DirectoryChange, Done, Erased, ExpectedRevision, Failure, HomeCommand, HomeDone, IdempotentRequest,
    InstallationChange, Outcome, Request, SitesChange,
};
pub use counted::{
    AggregateAnswer, AggregateError, AggregateGroup, AggregateQuery, AsOf, BridgedDays, BridgedPoints, CitableDay,
    Counted, Figures, GroupsAndTotal, InOrder, apply_postings, bridge_days, bridge_points, closing_figures, restate,
};
pub use marker::Marker;
pub use published::{
    Coding, FIGURES, MadePage, PageCache, PageMaker, PageRenderer, PointPage, PublicSettings, PublishedFigures,
    PublishedPoint, PublishedSums, ReadyPage, Representation, Snapshot, page_at,
};
pub use register::{QUEUE, Register};
pub use writer::{BatchTransaction, Clock, Options, Trouble, system_clock};
