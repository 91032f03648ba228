//! What a record counts for: contribution, cells, sums of cells.

pub mod cell_key;
mod cell_table;
mod cell_totals;
mod changes_by_cause;
mod contribution;
mod headline_counts;
mod national_sums;
mod owner_kind;
mod packed_rows;

pub(in crate::domain) use cell_key::KeyField;
pub use cell_key::{CellDims, CellKey};
pub use cell_table::{CellRow, CellTable};
pub use cell_totals::Totals;
pub use changes_by_cause::Changes;
pub use contribution::{CONTRIBUTION_NO, Contribution, Credit, add_all, contribution, credits, difference};
pub use headline_counts::{ByStage, Known, People, Progress};
pub use national_sums::NationalSums;
pub use owner_kind::OwnerKind;
