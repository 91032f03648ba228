//! The earlier points of a remainder. Between any two points its sites are the same, or enough of them differ.
//!
//! It would take the sites of the remainder at every earlier point to tell. Less is enough. Of an earlier point it is known how many of
//! its sites have left; the others are those that are still there and came before it. A point of which enough sites have left differs
//! for good, and is forgotten.
//!
//! ```text
//! point          1        2              3                 now
//! remainder      –        a b c d e f    b c d e f g h     c d e f g h i ?
//! have left      0        2 (a, b)       1 (b)
//! came since     7        3 (g h i)      1 (i)             differ from now: 7, 5, 2 sites
//! ```

use super::company::{Moved, Rules};

/// The number of a point: 1, 2, 3 … in the order in which they are made. Before the first one stands 0.
pub type PointNumber = u32;

/// The remainder at an earlier point.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct EarlierPoint {
    pub number: PointNumber,
    /// How many of its sites have left since then.
    pub have_left: usize,
}

/// A site of a remainder.
#[derive(Clone, Debug)]
pub struct Member {
    /// The point at which it came.
    pub came: PointNumber,
    /// The newest point at which its part changed.
    pub changed: PointNumber,
    /// Whether it never stood in the group before. One that did may have been in an earlier remainder as well.
    pub is_new: bool,
    /// Its part of the remainder.
    pub part: Moved,
}

/// The change of a remainder at a point.
#[derive(Default)]
pub struct RemainderChange {
    /// The sites that were there and leave.
    pub leave: Vec<Member>,
    /// The sites that are there then. Those that come have the number of the point.
    pub stay: Vec<Member>,
    /// What moves with each site whose part is another than before.
    pub moved: Vec<Moved>,
}

/// The earlier points of a remainder. That it was empty before the first one is not noted.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct EarlierPoints(Vec<EarlierPoint>);

const BEFORE_THE_FIRST: EarlierPoint = EarlierPoint { number: 0, have_left: 0 };

impl EarlierPoints {
    /// Whether the change may be published.
    #[must_use]
    pub fn allow(&self, change: &RemainderChange, rules: &Rules) -> bool {
        let RemainderChange { leave, stay, moved } = change;
        let stand: Vec<Moved> = stay.iter().map(|member| member.part.clone()).collect();
        if rules.stands_out(moved) || rules.stands_out(&stand) {
            return false;
        }
        [BEFORE_THE_FIRST].iter().chain(&self.0).all(|point| {
            let left = point.have_left + leave.iter().filter(|member| member.came <= point.number).count();
            let came = stay.iter().filter(|member| member.is_new && member.came > point.number).count();
            let may_differ = stay.iter().filter(|member| member.changed > point.number).count();
            left + came >= rules.company.in_row || left + may_differ == 0
        })
    }

    /// The earlier points once the change is published at the point `number`.
    #[must_use]
    pub fn after(mut self, change: &RemainderChange, number: PointNumber, rules: &Rules) -> Self {
        let RemainderChange { leave, stay, .. } = change;
        for point in &mut self.0 {
            point.have_left += leave.iter().filter(|member| member.came <= point.number).count();
        }
        self.0.push(EarlierPoint { number, have_left: 0 });
        self.0.retain(|point| point.have_left < rules.company.in_row);
        self.0.insert(0, BEFORE_THE_FIRST);
        // Points between which nobody who is still there came or changed are told apart by who left alone.
        let told = |point: &EarlierPoint| {
            let since = |at: fn(&Member) -> PointNumber| stay.iter().filter(|member| at(member) > point.number).count();
            (since(|member| member.came), since(|member| member.changed), point.have_left)
        };
        self.0.dedup_by(|later, earlier| told(later) == told(earlier));
        self.0.remove(0);
        self
    }

    /// The stored form, such as `7:2 9:0`: each point with the number of its sites that have left.
    #[must_use]
    pub fn encode(&self) -> String {
        let one = |point: &EarlierPoint| format!("{}:{}", point.number, point.have_left);
        self.0.iter().map(one).collect::<Vec<_>>().join(" ")
    }

    /// Reads the stored form; `None` for any other text.
    #[must_use]
    pub fn decode(text: &str) -> Option<Self> {
        let one = |point: &str| {
            let (number, have_left) = point.split_once(':')?;
            Some(EarlierPoint { number: number.parse().ok()?, have_left: have_left.parse().ok()? })
        };
        let points: Self = text.split_terminator(' ').map(one).collect::<Option<Vec<_>>>().map(Self)?;
        (points.encode() == text).then_some(points)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::reference::Company;
    use chrono::NaiveDate;

    const RULES: Rules = Rules::of(
        Company { in_nation: 10, in_row: 3, most_of_one_percent: 50, most_of_two_percent: 80 },
        NaiveDate::from_ymd_opt(2026, 11, 29).unwrap(),
    );

    fn one() -> Moved {
        Moved { gross: 1, ..Moved::default() }
    }

    fn at(came: PointNumber) -> Member {
        Member { came, changed: came, is_new: true, part: one() }
    }

    fn many(count: usize, member: &Member) -> Vec<Member> {
        vec![member.clone(); count]
    }

    fn change(leave: &[Member], stay: &[Member], number: PointNumber) -> RemainderChange {
        let moved = leave.len() + stay.iter().filter(|member| member.changed == number).count();
        RemainderChange { leave: leave.to_vec(), stay: stay.to_vec(), moved: vec![one(); moved] }
    }

    /// Six sites that came at the first point.
    fn six() -> EarlierPoints {
        let six = change(&[], &many(6, &at(1)), 1);
        assert!(EarlierPoints::default().allow(&six, &RULES));
        EarlierPoints::default().after(&six, 1, &RULES)
    }

    #[test]
    fn a_remainder_is_empty_or_of_enough_sites() {
        assert!(six().allow(&change(&many(3, &at(1)), &many(3, &at(1)), 2), &RULES));
        assert!(six().allow(&change(&many(6, &at(1)), &[], 2), &RULES), "as before the first point");
        assert!(!six().allow(&change(&many(4, &at(1)), &many(2, &at(1)), 2), &RULES), "two stay, where none had been");
        assert!(!six().allow(&change(&many(2, &at(1)), &many(4, &at(1)), 2), &RULES), "two leave");
    }

    #[test]
    fn a_remainder_is_never_nearly_what_it_was_before() {
        let came = [many(6, &at(1)).as_slice(), &many(4, &at(2))].concat();
        let ten = six().after(&change(&[], &came, 2), 2, &RULES);
        let one_stays = [many(6, &at(1)).as_slice(), &[at(2)]].concat();
        assert!(!ten.allow(&change(&many(3, &at(2)), &one_stays, 3), &RULES), "it tells one site from the first point");
        assert!(ten.allow(&change(&many(4, &at(2)), &many(6, &at(1)), 3), &RULES), "it is that of the first point");
        // The same number leaves, of those that had been there.
        let others = [many(3, &at(1)).as_slice(), &many(4, &at(2))].concat();
        assert!(ten.allow(&change(&many(3, &at(1)), &others, 3), &RULES));
    }

    #[test]
    fn a_site_whose_part_changed_differs_from_before() {
        let changed = Member { changed: 2, ..at(1) };
        let one = [many(5, &at(1)).as_slice(), &many(1, &changed)].concat();
        assert!(!six().allow(&change(&[], &one, 2), &RULES));
        // It may be what it was at an earlier point, so that three changes are no company.
        let three = [many(3, &at(1)).as_slice(), &many(3, &changed)].concat();
        assert!(!six().allow(&change(&[], &three, 2), &RULES));
    }

    #[test]
    fn a_site_that_came_back_is_no_company() {
        let back = Member { is_new: false, ..at(2) };
        let stay = [many(6, &at(1)).as_slice(), &many(3, &back)].concat();
        assert!(!six().allow(&change(&[], &stay, 2), &RULES));
    }

    #[test]
    fn points_of_which_enough_have_left_are_forgotten() {
        let left = six().after(&change(&many(3, &at(1)), &many(3, &at(1)), 2), 2, &RULES);
        assert_eq!(left.encode(), "2:0");
        assert_eq!(EarlierPoints::decode("2:0"), Some(left));
        assert_eq!(EarlierPoints::decode(""), Some(EarlierPoints::default()));
        for odd in ["2:00", " ", "2:0 "] {
            assert_eq!(EarlierPoints::decode(odd), None, "{odd:?}");
        }
    }
}
