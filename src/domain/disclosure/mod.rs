//! What of the register may be published, and when: a published figure moves only in company, so that no difference between two
//! public answers is the size of one home.
//!
//! At the close of a day the register makes a *publication point*, if any figure may move. A *strand* is what figures are made of: the
//! sites at one stage, or the lines of one measure at one stage. A *partition* cuts a strand into groups, for example by region, province
//! and former province. A site whose contribution to a group differs from what the group shows *waits* there.
//!
//! docs/internals/disclosure.md has the rules. `company` says which of the sites that wait for a group may pass together, `vintage` which of
//! them two equations would reveal, `remainder` what is public because anybody can subtract. `point` asks the nation first, then each
//! partition from its largest groups to its smallest.
//!
//! So the shown sums are the sums of all cells less what waits. The room must not know a day's clock, an estimate or a database: it
//! takes what waits and what arrived, and gives what waits now.

mod company;
mod earlier_points;
mod few_sites;
mod ledger;
mod making;
mod partition;
mod pending;
mod point;
mod remainder;
mod settle;
mod site_part;
mod sizes;
mod strand;
mod vintage;

#[cfg(test)]
mod attacks;

pub use company::Rules;
pub use earlier_points::{EarlierPoints, PointNumber};
pub use few_sites::{Rows, join_few};
pub use ledger::{GroupState, Ledger};
pub use partition::{ENDED, GroupId, Partition, Path, Projected};
pub use pending::{Pending, Stay, Touched, arrivals};
pub use point::{Point, make_point};
pub use sizes::Sizes;
pub use strand::Strand;
pub use vintage::SolarOutput;
