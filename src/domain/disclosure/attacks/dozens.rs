//! Registers of a few dozen homes, which show one rule each.

use uuid::Uuid;

use crate::domain::counting::{CellDims, CellKey, Totals};
use crate::domain::disclosure::{GroupId, Ledger, Partition, Path, Point, Strand, Touched, arrivals, make_point};
use crate::domain::records::Stage;
use crate::domain::reference::MeasureId;
use crate::domain::values::{Cause, SiteId, SiteKind, Tier};

use super::observer::RULES;
use super::random_homes::sample_cell;

/// What a home posts in Places of a stage: it stands there, or it does not any more.
fn posting(stage: Stage, stands: bool) -> (Cause, CellKey, Totals) {
    let cell = sample_cell(Strand { measure: None, stage, is_sold: false, is_pre_programme: false });
    let site = Totals { sites: 1, installations: 1, ..Totals::default() };
    (Cause::Verified, cell, if stands { site } else { site.negated() })
}

/// Twelve homes are reported, and some of them verified at the next point; how many parts of the reported ones wait then, but for what
/// is told by cause.
fn left_of_twelve(verified: u128) -> usize {
    let reported = posting(Stage::Reported, true);
    let moves = [posting(Stage::Reported, false), posting(Stage::Verified(Tier::Document), true)];
    let site = |number: u128| SiteId::new(Uuid::from_u128(number));
    let reports = [reported];
    let first = |number| arrivals(&Touched { site: site(number), postings: &reports, earlier: &[] }, 1);
    let pending = (0..12).flat_map(first).collect();
    let Point { mut ledger, .. } = make_point(Ledger { pending, ..Ledger::default() }, &RULES, 1, false);
    assert_eq!(ledger.pending.len(), 0, "twelve are company");
    let earlier = [(reported.0, reported.1)];
    let then = |number| arrivals(&Touched { site: site(number), postings: &moves, earlier: &earlier }, 2);
    ledger.pending.extend((0..verified).flat_map(then));
    let second = make_point(ledger, &RULES, 2, false);
    let stands = second.ledger.pending.iter().filter(|one| one.partition != Partition::Causes);
    stands.filter(|one| !one.strand.is_verified()).count()
}

#[test]
fn a_group_that_all_sites_leave_becomes_empty_and_one_that_some_leave_waits() {
    assert_eq!(left_of_twelve(12), 0);
    assert!(left_of_twelve(11) > 11, "one would be left alone");
}

#[test]
fn nobody_leaves_while_one_site_would_be_most_of_what_stands() {
    let strand = Strand {
        measure: MeasureId::parse("rooftop_solar_pv"),
        stage: Stage::Verified(Tier::Document),
        is_sold: false,
        is_pre_programme: false,
    };
    let cell = sample_cell(strand);
    let posting =
        |quantity| [(Cause::Verified, cell, Totals { quantity, quantity_days: quantity, ..Totals::default() })];
    let at = |point, number: u128, quantity, earlier: &[(Cause, CellKey)]| {
        arrivals(&Touched { site: SiteId::new(Uuid::from_u128(number)), postings: &posting(quantity), earlier }, point)
    };
    // One of 1,100 stands beside eleven of 100. Then these leave, and ten of 10 come.
    let first = (0..12).flat_map(|number| at(1, number, if number == 0 { 1_100 } else { 100 }, &[])).collect();
    let Point { mut ledger, .. } = make_point(Ledger { pending: first, ..Ledger::default() }, &RULES, 1, false);
    let nation = GroupId { partition: Partition::Nation, strand, path: Path::NATION };
    let shown = |ledger: &Ledger| ledger.groups.get(&nation).map(|state| state.sizes.sum());
    assert_eq!(shown(&ledger), Some(2_200));
    ledger.pending.extend((1..12).flat_map(|number| at(2, number, -100, &[(Cause::Verified, cell)])));
    ledger.pending.extend((12..22).flat_map(|number| at(2, number, 10, &[])));
    let Point { mut ledger, .. } = make_point(ledger, &RULES, 2, false);
    assert_eq!(shown(&ledger), Some(2_300), "the ten come, and nobody leaves");
    ledger.pending.extend((22..32).flat_map(|number| at(3, number, 150, &[])));
    let third = make_point(ledger, &RULES, 3, false);
    assert_eq!(shown(&third.ledger), Some(2_700), "now they leave: 1,100 of 2,700 is less than half");
}

#[test]
fn a_few_wait_for_who_has_no_company_and_not_their_whole_group() {
    let at = |number: u128, kind: SiteKind| {
        let (cause, cell, totals) = posting(Stage::Reported, true);
        let cell = CellDims { kind, ..cell.dims().unwrap() }.key();
        let site = SiteId::new(Uuid::from_u128(number));
        arrivals(&Touched { site, postings: &[(cause, cell, totals)], earlier: &[] }, 1)
    };
    let homes = (0..40).flat_map(|number| at(number, SiteKind::Home));
    let pending = homes.chain((40..42).flat_map(|number| at(number, SiteKind::Office))).collect();
    let point = make_point(Ledger { pending, ..Ledger::default() }, &RULES, 1, false);
    let waits = |kind| {
        let here = point.ledger.pending.iter().filter(|one| one.partition == Partition::Kinds);
        here.filter(|one| one.cell.dims().is_some_and(|dims| dims.kind == kind)).count()
    };
    assert_eq!((waits(SiteKind::Home), waits(SiteKind::Office)), (5, 2));
}
