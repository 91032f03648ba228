//! Vintages: solar power of one province and one year, of which each kilowatt-peak generates the same.
//!
//! Capacity and electricity of a figure are equations, and the capacities of its vintages the unknowns. Where there are no more unknowns
//! than equations, anybody can solve them.

use std::collections::{BTreeMap, BTreeSet};

use crate::domain::reference::ProvinceId;
use crate::domain::values::Month;

/// Where solar power stands, and in which year it was installed.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub struct Vintage {
    pub province: ProvinceId,
    /// January of the year; `None` if it is not known.
    pub year: Option<Month>,
}

/// What a methodology says of the output of solar power.
#[derive(PartialEq, Debug)]
pub struct SolarOutput<'y> {
    /// The yields of provinces, by their index.
    pub yields: &'y [f64],
    /// The share of its output that each solar measure loses a year.
    pub wear: Vec<f64>,
}

/// The equations that capacity and electricity are.
#[derive(Clone, Debug)]
pub struct Equations {
    /// For each province, by its index, the first one that has the same yields. One that is missing is like no other.
    alike: Vec<ProvinceId>,
    /// How many methodologies have yields of their own.
    yields: usize,
    /// How many have yields and wear of their own.
    outputs: usize,
}

impl Equations {
    /// Those of one methodology, with yields that all differ.
    pub const NO_METHODOLOGY: Self = Self { alike: Vec::new(), yields: 1, outputs: 1 };

    /// Those of methodologies.
    pub fn of<'y>(by_methodology: impl Iterator<Item = SolarOutput<'y>>) -> Self {
        let (mut yields, mut outputs): (Vec<&[f64]>, Vec<SolarOutput<'_>>) = Default::default();
        for output in by_methodology {
            yields.extend(Some(output.yields).filter(|of| !yields.contains(of)));
            outputs.extend(Some(output).filter(|of| !outputs.contains(of)));
        }
        let of = |province: ProvinceId| yields.iter().map(move |of| of.get(usize::from(province.index())));
        let first = |province| ProvinceId::all().find(|other| of(*other).eq(of(province))).unwrap_or(province);
        let alike = ProvinceId::all().map(first).collect();
        Self { alike, yields: yields.len(), outputs: outputs.len() }
    }

    /// The first vintage of the same output.
    pub fn first_alike(&self, vintage: Vintage) -> Vintage {
        let province = self.alike.get(usize::from(vintage.province.index())).copied().unwrap_or(vintage.province);
        Vintage { province, ..vintage }
    }

    /// The first of the vintages with too few sites, where there are no more vintages than equations. Capacity is one equation, and
    /// electricity by each methodology with an output of its own another; wear makes outputs differ only where the years do.
    pub fn reveal<'s>(&self, of_sites: impl Iterator<Item = &'s BTreeSet<Vintage>>, least: usize) -> Option<Vintage> {
        let mut sites: BTreeMap<Vintage, usize> = BTreeMap::new();
        for vintages in of_sites {
            let alike: BTreeSet<Vintage> = vintages.iter().map(|of| self.first_alike(*of)).collect();
            for first in alike {
                *sites.entry(first).or_default() += 1;
            }
        }
        let years: BTreeSet<Option<Month>> = sites.keys().map(|vintage| vintage.year).collect();
        let equations = 1 + if years.len() > 1 { self.outputs } else { self.yields };
        let (vintage, fewest) = sites.iter().min_by_key(|(_, sites)| **sites)?;
        ((2..=equations).contains(&sites.len()) && *fewest < least).then_some(*vintage)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::disclosure::Rules;
    use crate::domain::disclosure::attacks::RULES;
    use crate::domain::disclosure::company::{Moved, Waiting};
    use crate::domain::values::SiteId;
    use uuid::Uuid;

    /// Ten sites of equal size, each in a province and of a month; how many of them move by the rules.
    fn moved_of(rules: &Rules, vintages: [(u8, u16); 10]) -> usize {
        let site = |(place, (province, month)): (u128, (u8, u16))| {
            let vintage =
                Vintage { province: ProvinceId::from_index(province).unwrap(), year: Month::from_number(month) };
            let moved = Moved { gross: 5, vintages: BTreeSet::from([vintage]), ..Moved::default() };
            Waiting { site: SiteId::new(Uuid::from_u128(place)), moved, is_new: true }
        };
        rules.moves((0..).zip(vintages).map(site).collect(), 5).len()
    }

    fn moved_by(rules: &Rules, provinces: [u8; 10]) -> usize {
        moved_of(rules, provinces.map(|province| (province, 313)))
    }

    fn moved_in(provinces: [u8; 10]) -> usize {
        moved_by(&RULES, provinces)
    }

    #[test]
    fn few_sites_of_another_year_stay_behind_because_power_wears() {
        let yields = [1_087.0, 1_106.0];
        let output = |wear| SolarOutput { yields: &yields, wear: vec![wear] };
        let (one_wear, two_wears) = (
            RULES.with_outputs([output(0.5)].into_iter()),
            RULES.with_outputs([output(0.5), output(0.75)].into_iter()),
        );
        let of = |rules, years: [u16; 10]| moved_of(rules, years.map(|year| (0, year)));
        assert_eq!(of(&one_wear, [313, 313, 313, 313, 313, 313, 313, 313, 313, 301]), 9, "of one province, but older");
        assert_eq!(
            of(&one_wear, [313, 313, 313, 313, 313, 313, 313, 313, 301, 289]),
            10,
            "three years are two equations"
        );
        assert_eq!(
            of(&two_wears, [313, 313, 313, 313, 313, 313, 313, 313, 301, 289]),
            8,
            "two methodologies are three"
        );
        let of_one_year =
            [(0, 313), (0, 313), (0, 313), (0, 313), (0, 313), (0, 313), (0, 313), (1, 313), (1, 313), (1, 313)];
        assert_eq!(moved_of(&two_wears, of_one_year), 7);
    }

    #[test]
    fn few_sites_of_another_yield_stay_behind() {
        assert_eq!(moved_in([0; 10]), 10);
        assert_eq!(moved_in([0, 0, 0, 0, 0, 1, 1, 1, 1, 1]), 10);
        assert_eq!(moved_in([0, 0, 0, 0, 0, 0, 0, 0, 0, 1]), 9, "two equations would tell the last one");
        assert_eq!(moved_in([0, 0, 0, 0, 0, 0, 0, 0, 1, 2]), 10, "two equations do not tell three sums apart");
    }

    #[test]
    fn provinces_of_the_same_yield_are_one() {
        let (first, second) = ([1_271.0, 1_271.0, 1_219.0], [1_271.0, 1_250.0, 1_219.0]);
        let output = |yields| SolarOutput { yields, wear: vec![0.5] };
        let alike = RULES.with_outputs([output(first.as_slice()), output(&first)].into_iter());
        assert_eq!(moved_by(&alike, [0, 0, 0, 0, 1, 1, 1, 1, 1, 2]), 9, "two yields are two equations");
        assert_eq!(moved_by(&alike, [0, 0, 0, 0, 0, 0, 0, 0, 0, 1]), 10, "one yield is one");
        let told_twice = RULES.with_outputs([output(first.as_slice()), output(&second)].into_iter());
        assert_eq!(moved_by(&told_twice, [0, 0, 0, 0, 1, 1, 1, 1, 1, 2]), 5, "two methodologies are three equations");
    }
}
