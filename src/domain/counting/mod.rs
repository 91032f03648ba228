//! The numbers that records add up to. The room owns the contribution of a site, the cells of contributions, and the
//! sums of cells in memory. It also owns the counts that need no methodology. It must not know electricity, emissions
//! or money's worth: those are figures, made from sums on each read. It must not know who reads a number either.

mod cell_key;
mod cell_table;
mod cell_totals;
mod changes_by_cause;
mod contribution;
mod headline_counts;
pub(in crate::domain) mod key_field;
mod national_key;
mod national_sums;
mod owner_kind;
mod packed_block;
mod packed_rows;

pub use cell_key::{CellDims, CellKey, Evidence};
pub use cell_table::{CellRow, CellTable, Quantities};
pub use cell_totals::{PublicTotals, Totals};
pub use changes_by_cause::Changes;
pub use contribution::{
    CONTRIBUTION_NO, Contribution, Credit, add_all, add_to_cell, contribution, credits, difference,
};
pub use headline_counts::{ByStage, Known, People, Progress};
pub(in crate::domain) use key_field::KeyField;
pub use national_key::{NationalDims, NationalKey};
pub use national_sums::NationalSums;
pub use owner_kind::OwnerKind;
