//! The remainder of a group: what it shows and its parts do not. Anybody can subtract, so the remainder is public, and its sites keep
//! company, too: between any two points they are the same, or enough of them differ.
//!
//! It would take the sites of the remainder at every earlier point to tell. Less is enough. Of an earlier point it is known how many of
//! its sites have left; the others are those that are still there and came before it. A point of which enough sites have left differs
//! for good, and is forgotten.
//!
//! ```text
//! point          1        2              3                 now
//! remainder      –        a b c d e f    b c d e f g h     c d e f g h i ?
//! have left      0        2 (a, b)       1 (b)
//! came since     7        3 (g h i)      1 (i)             differ from now: 7, 5, 2: what made it so has to wait
//! ```

use chrono::NaiveDate;

use super::company::Company;

/// The remainder at an earlier point.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct EarlierPoint {
    pub day: NaiveDate,
    /// How many of its sites have left since.
    pub have_left: usize,
}

/// A site of a remainder.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Member {
    /// The point at which it came.
    pub came: NaiveDate,
    /// The newest point at which its part changed.
    pub changed: NaiveDate,
    /// Whether it never stood in the group before. One that did may have been in an earlier remainder as well.
    pub is_new: bool,
    /// How much of the remainder is its own.
    pub weight: u64,
}

/// The change of a remainder at a point.
#[derive(Default)]
pub struct RemainderChange {
    /// The sites that were there and leave.
    pub leave: Vec<Member>,
    /// The sites that are there then. Those that come have the day of the point.
    pub stay: Vec<Member>,
    /// How much moves with each site whose part is another than before.
    pub moved: Vec<u64>,
}

/// The earlier points of a remainder. Before the first one it was empty.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct EarlierPoints(Vec<EarlierPoint>);

impl Default for EarlierPoints {
    fn default() -> Self {
        // The day stands for all days before the first point.
        Self(vec![EarlierPoint { day: NaiveDate::default(), have_left: 0 }])
    }
}

impl EarlierPoints {
    /// Whether the change may be published at the point of `day`.
    pub fn allow(&self, change: &RemainderChange, rules: &Company) -> bool {
        let RemainderChange { leave, stay, moved } = change;
        let stand = stay.iter().map(|member| member.weight);
        if rules.is_dominated(moved.iter().copied()) || rules.is_dominated(stand) {
            return false;
        }
        self.0.iter().all(|point| {
            let left = point.have_left + leave.iter().filter(|member| member.came <= point.day).count();
            let came = stay.iter().filter(|member| member.is_new && member.came > point.day).count();
            let may_differ = stay.iter().filter(|member| member.changed > point.day).count();
            left + came >= rules.in_row || left + may_differ == 0
        })
    }

    /// The earlier points once the change is published at the point of `day`.
    #[must_use]
    pub fn after(mut self, change: &RemainderChange, day: NaiveDate, rules: &Company) -> Self {
        let RemainderChange { leave, stay, .. } = change;
        for point in &mut self.0 {
            point.have_left += leave.iter().filter(|member| member.came <= point.day).count();
        }
        self.0.push(EarlierPoint { day, have_left: 0 });
        self.0.retain(|point| point.have_left < rules.in_row);
        // Points between which nobody who is still there came or changed are told apart by who left alone.
        let told = |point: &EarlierPoint| {
            let since = |at: fn(&Member) -> NaiveDate| stay.iter().filter(|member| at(member) > point.day).count();
            (since(|member| member.came), since(|member| member.changed), point.have_left)
        };
        self.0.dedup_by(|later, earlier| told(later) == told(earlier));
        self
    }

    /// Whether nothing is known of it but that it was empty.
    #[must_use]
    pub fn are_default(&self) -> bool {
        self.0.iter().all(|point| point.have_left == 0) && self.0.len() == 1
    }

    /// The stored form: a day and a count for each point.
    #[must_use]
    pub fn encode(&self) -> String {
        let one = |point: &EarlierPoint| format!("{} {}", point.day, point.have_left);
        self.0.iter().map(one).collect::<Vec<_>>().join("\n")
    }
}
