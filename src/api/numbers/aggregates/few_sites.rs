//! What a caller is told who has a token, but does not check the numbers: rows of few sites together, and money of several partners alone.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use crate::api::http::ApiError;
use crate::domain::disclosure::{Rows, join_few};
use crate::domain::figures::{Dimension, Group, OTHER, Selection, Sums};
use crate::domain::reference::{WithToken, target_on};
use crate::domain::values::Code;
use crate::register::{AggregateGroup, AggregateQuery, AsOf, GroupsAndTotal, Register};

use super::query::refused;
use super::visible::{RowFigures, VisibleFigures};

/// What is told of an answer.
pub struct Told {
    pub sums: Arc<GroupsAndTotal>,
    pub figures: RowFigures,
    /// Whether the total is told.
    pub tells_total: bool,
}

impl Told {
    /// No figure.
    pub fn nothing() -> Self {
        Self { sums: Arc::default(), figures: RowFigures::of(VisibleFigures::nothing()), tells_total: false }
    }
}

/// What is told of the sums that a query came to: nothing if too few sites are behind all of them. `visible` are the figures that rows show.
pub fn told(
    register: &Register,
    query: &AggregateQuery,
    sums: &GroupsAndTotal,
    visible: VisibleFigures,
) -> Result<Told, ApiError> {
    let WithToken { least_sites, money_least_sites, money_least_partners } =
        target_on(register.snapshot().figures.day).disclosure.with_token;
    let behind = SitesBehind::of(register, query, sums)?;
    if behind.total < least_sites || leaves_out_few(register, query, behind.total, least_sites)? {
        return Ok(Told::nothing());
    }
    let sites: Vec<i64> = sums.rows.iter().map(|row| behind.of_group(&row.group)).collect();
    let by_line = |dimension: &Dimension| [Dimension::Measure, Dimension::AttributesSold].contains(dimension);
    let rows = if query.selection.group_by.iter().any(by_line) { Rows::Overlapping } else { Rows::Apart };
    let few = join_few(&sites, least_sites, rows);
    let told = joined((sums, rows), &sites, &few, query.selection.group_by.len());
    let partners = if visible.tells_money() && query.time == AsOf::Now {
        register.partners_behind(query).map_err(refused)?
    } else {
        BTreeMap::new()
    };
    let tells_money = |of_rows: &[&ToldRow<'_>]| {
        let groups = of_rows.iter().flat_map(|row| &row.groups);
        let behind: BTreeSet<&Code> = groups.filter_map(|group| partners.get(*group)).flatten().collect();
        rows.sites(of_rows.iter().map(|row| row.sites)) >= money_least_sites && behind.len() >= money_least_partners
    };
    let money: Vec<bool> = told.iter().map(|row| tells_money(&[row])).collect();
    // The total less the other rows is the money of the rows that hide it.
    let hiding: Vec<&ToldRow<'_>> = told.iter().zip(&money).filter(|(_, tells)| !**tells).map(|(row, _)| row).collect();
    let all: Vec<&ToldRow<'_>> = told.iter().collect();
    let money_in_total = tells_money(&all) && (hiding.is_empty() || tells_money(&hiding));
    let rows = told.into_iter().map(|row| row.row).collect();
    let mut figures = RowFigures::of(visible).with_money(money, money_in_total);
    if query.selection.group_by.contains(&Dimension::Measure) {
        figures = figures.with_others_of_several_measures();
    }
    let total = sums.total;
    Ok(Told { sums: Arc::new(GroupsAndTotal { rows, total }), figures, tells_total: true })
}

/// Whether the same question without one of its filters is of a few sites more, which a subtraction would tell. Sites by stage are public.
fn leaves_out_few(register: &Register, query: &AggregateQuery, total: i64, least_sites: i64) -> Result<bool, ApiError> {
    let whole = Selection { group_by: Vec::new(), ..query.selection.clone() };
    let mut wider = Vec::new();
    for (place, (dimension, _)) in whole.filters.iter().enumerate() {
        if *dimension != Dimension::Stage {
            let mut filters = whole.filters.clone();
            filters.remove(place);
            wider.push(Selection { filters, ..whole.clone() });
        }
    }
    if whole.from.is_some() {
        wider.push(Selection { from: None, ..whole.clone() });
    }
    if whole.to.is_some() {
        wider.push(Selection { to: None, ..whole.clone() });
    }
    if whole.from.is_some() && whole.to.is_some() {
        wider.push(Selection { from: None, to: None, ..whole });
    }
    for selection in wider {
        let query = AggregateQuery { selection, ..query.clone() };
        let sums = register.add_up(&query).map_err(refused)?.sums;
        let left_out = SitesBehind::of(register, &query, &sums)?.total - total;
        if (1..least_sites).contains(&left_out) {
            return Ok(true);
        }
    }
    Ok(false)
}

/// A row as it is told.
struct ToldRow<'a> {
    row: AggregateGroup,
    /// The groups that it is of.
    groups: Vec<&'a Group>,
    sites: i64,
}

/// The rows of an answer, with those at these places in one row at the end.
fn joined<'a>(
    (sums, rows): (&'a GroupsAndTotal, Rows),
    sites: &[i64],
    few: &BTreeSet<usize>,
    dimensions: usize,
) -> Vec<ToldRow<'a>> {
    let mut told = Vec::new();
    let row = AggregateGroup { code: None, group: vec![OTHER; dimensions], sums: Sums::default() };
    let mut other = ToldRow { row, groups: Vec::new(), sites: 0 };
    for (place, (row, sites)) in sums.rows.iter().zip(sites).enumerate() {
        if few.contains(&place) {
            other.row.sums = other.row.sums.plus(row.sums);
            other.groups.push(&row.group);
            other.sites = rows.sites([other.sites, *sites].into_iter());
        } else {
            told.push(ToldRow { row: row.clone(), groups: vec![&row.group], sites: *sites });
        }
    }
    if !other.groups.is_empty() {
        told.push(other);
    }
    told
}

/// How many sites are behind the groups of an answer, at least.
struct SitesBehind {
    by_group: BTreeMap<Group, i64>,
    total: i64,
}

impl SitesBehind {
    fn of(register: &Register, query: &AggregateQuery, sums: &GroupsAndTotal) -> Result<Self, ApiError> {
        if query.selection.counts_sites() {
            let by_group = sums.rows.iter().map(|row| (row.group.clone(), row.sums.totals.sites)).collect();
            return Ok(Self { by_group, total: sums.total.totals.sites });
        }
        // A site may stand behind several measures or sales of one group, so the most of any of them is what is sure.
        let further = [Dimension::Measure, Dimension::AttributesSold];
        let most = |group_by: &[Dimension]| {
            let also = further.iter().filter(|dimension| !group_by.contains(dimension));
            let group_by: Vec<Dimension> = group_by.iter().chain(also).copied().collect();
            let selection = Selection { group_by, ..query.selection.clone() };
            register.add_up(&AggregateQuery { selection, most: usize::MAX, ..query.clone() }).map_err(refused)
        };
        let group_by = &query.selection.group_by;
        let mut by_group: BTreeMap<Group, i64> = BTreeMap::new();
        for row in &most(group_by)?.sums.rows {
            let group = row.group.iter().take(group_by.len()).copied().collect();
            let sites = by_group.entry(group).or_default();
            *sites = row.sums.totals.sites.max(*sites);
        }
        let total = most(&[])?.sums.rows.iter().map(|row| row.sums.totals.sites).max().unwrap_or_default();
        Ok(Self { by_group, total })
    }

    fn of_group(&self, group: &Group) -> i64 {
        self.by_group.get(group).copied().unwrap_or_default()
    }
}
