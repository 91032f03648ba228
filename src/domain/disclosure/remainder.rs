//! The remainder of a group: what it shows and its parts do not. Anybody can subtract, so the remainder is public, and its sites keep
//! company, too.

use std::collections::BTreeSet;

use super::partition::{GroupId, Path};
use super::pending::{Pending, Stay};

/// What a group shows and the groups of a level below it do not: of the level next to it, and of the nation less any deeper level, which
/// is the last row of a table of these groups.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub struct Remainder {
    pub group: GroupId,
    pub level: u8,
}

impl Remainder {
    /// The remainders of what waits for these groups of a level.
    pub(super) fn above<'p>(nation: GroupId, level: u8, groups: impl Iterator<Item = &'p Path>) -> BTreeSet<Self> {
        let parents = groups.map(|path| GroupId { path: path.prefix(level - 1), ..nation });
        parents.chain(std::iter::once(nation)).map(|group| Self { group, level }).collect()
    }

    /// Where it stands among those of a change: first that of the level next to its group.
    #[must_use]
    pub fn slot(self) -> usize {
        if self.has_next_level() { 0 } else { usize::from(self.level) - 1 }
    }

    fn has_next_level(self) -> bool {
        self.group.path.length() + 1 == self.level
    }

    /// Whether a group lies under the one whose remainder it is.
    pub(super) fn is_over(self, path: Path) -> bool {
        path.prefix(self.group.path.length()) == self.group.path
    }

    /// The stay of what waits in it; `None` of what waits elsewhere.
    pub(super) fn stay(self, one: &Pending) -> Option<Stay> {
        let from = self.group.path.length() + 1;
        let is_here = (from..=self.level).contains(&one.depth) && self.is_over(one.path);
        one.stays.get(self.slot()).filter(|_| is_here).copied()
    }
}
