//! A group: what a public figure is of.

use super::partition::{Partition, Path};
use super::strand::Strand;

/// A group of a partition; without a path, the nation as the parent of the others.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub struct GroupId {
    pub partition: Partition,
    pub strand: Strand,
    pub path: Path,
}
