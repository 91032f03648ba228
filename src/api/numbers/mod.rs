//! Every published number, one file or folder a URL.

pub mod aggregates;
pub mod bridge;
mod dimension_labels;
pub mod dimensions;
pub mod headline;
pub mod methodologies;
mod provenance;
pub mod province_progress;
pub mod releases;
pub mod tables;
pub mod timeline;

pub use methodologies::parse_methodology;
pub use provenance::instant;
pub use tables::render;
