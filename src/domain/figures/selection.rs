//! The selection of a question about cells: the dimensions to group by, the filters, and the months of installation.

use crate::domain::counting::{CellDims, KeyField, Totals, key_field};
use crate::domain::records::Stage;
use crate::domain::reference::{FormerProvinceId, MeasureId, ProvinceId, regions};
use crate::domain::values::{Interval, Month, SiteKind, Tier, coded_enum};

use super::estimate::WholeEstimate;

coded_enum!(
    /// A dimension by which cells are grouped or filtered.
    Dimension {
        /// The province (34 since July 2025).
        Province = "province",
        /// The former province (63).
        FormerProvince = "former_province",
        Region = "region",
        Kind = "kind",
        Measure = "measure",
        /// Pledged, reported or verified.
        Stage = "stage",
        /// The evidence behind a verification.
        EvidenceTier = "evidence_tier",
        LowIncome = "low_income",
        Remote = "remote",
        WomanHeaded = "woman_headed",
        /// Whether the environmental attributes of the installation were sold.
        AttributesSold = "attributes_sold",
        /// The year of installation.
        Year = "year",
        /// The quarter of installation.
        Quarter = "quarter",
        /// The month of installation.
        Month = "month",
    }
);

/// The value of a dimension as a number. Its meaning depends on the dimension.
pub type Value = u16;

/// The value of a fact that is unknown or does not apply.
pub const NONE: Value = Value::MAX;
/// The value of the row that several groups of few sites join.
pub const OTHER: Value = Value::MAX - 1;
/// The most dimensions in one question's groups.
pub const MOST_DIMENSIONS: usize = 8;

impl Dimension {
    /// The value of a cell.
    #[must_use]
    pub fn value(self, dims: &CellDims) -> Value {
        let flag = |known: Option<bool>| known.map_or(NONE, Value::from);
        let period = |interval: Interval| dims.installed.map_or(NONE, |month| interval.first_month(month).number());
        match self {
            Self::Province => dims.province.index().into(),
            Self::FormerProvince => dims.former.map_or(NONE, |former| former.index().into()),
            Self::Region => dims.province.region(),
            Self::Kind => place_of(SiteKind::ALL, &dims.kind),
            Self::Measure => dims.measure.map_or(NONE, |measure| measure.number().into()),
            Self::Stage => dims.stage.rank().into(),
            Self::EvidenceTier => match dims.stage {
                Stage::Verified(tier) => place_of(Tier::ALL, &tier),
                Stage::Reported | Stage::Pledged => NONE,
            },
            Self::LowIncome => flag(dims.flags.low_income),
            Self::Remote => flag(dims.flags.remote),
            Self::WomanHeaded => flag(dims.flags.woman_headed),
            Self::AttributesSold => flag(dims.attributes_sold),
            Self::Year => period(Interval::Year),
            Self::Quarter => period(Interval::Quarter),
            Self::Month => period(Interval::Month),
        }
    }

    /// The one field of a cell's key on which the value depends.
    pub(in crate::domain) fn field(self) -> KeyField {
        match self {
            Self::Province | Self::Region => key_field::PROVINCE,
            Self::FormerProvince => key_field::FORMER,
            Self::Kind => key_field::KIND,
            Self::Measure => key_field::MEASURE,
            Self::Stage | Self::EvidenceTier => key_field::STAGE,
            Self::LowIncome => key_field::LOW_INCOME,
            Self::Remote => key_field::REMOTE,
            Self::WomanHeaded => key_field::WOMAN_HEADED,
            Self::AttributesSold => key_field::ATTRIBUTES_SOLD,
            Self::Year | Self::Quarter | Self::Month => key_field::INSTALLED,
        }
    }

    /// The length of its periods, if it is a dimension of time.
    #[must_use]
    pub fn interval(self) -> Option<Interval> {
        match self {
            Self::Year => Some(Interval::Year),
            Self::Quarter => Some(Interval::Quarter),
            Self::Month => Some(Interval::Month),
            _ => None,
        }
    }

    /// Every value that the dimension can have, [`NONE`] included. Empty for dimensions of time.
    #[must_use]
    pub fn values(self) -> Vec<Value> {
        let upto = |count: usize| (0..Value::try_from(count).unwrap_or_default()).collect::<Vec<_>>();
        let with_none = |mut values: Vec<Value>| {
            values.push(NONE);
            values
        };
        match self {
            Self::Province => ProvinceId::all().map(|province| province.index().into()).collect(),
            Self::FormerProvince => with_none(FormerProvinceId::all().map(|one| one.index().into()).collect()),
            Self::Region => upto(regions().len()),
            Self::Kind => upto(SiteKind::ALL.len()),
            Self::Measure => MeasureId::all().map(|measure| measure.number().into()).collect(),
            Self::Stage => upto(3),
            Self::EvidenceTier => with_none(upto(Tier::ALL.len())),
            Self::LowIncome | Self::Remote | Self::WomanHeaded | Self::AttributesSold => vec![0, 1, NONE],
            Self::Year | Self::Quarter | Self::Month => Vec::new(),
        }
    }
}

/// The place of a value in a list.
fn place_of<T: PartialEq>(all: &[T], one: &T) -> Value {
    let place = all.iter().position(|other| other == one);
    place.and_then(|place| Value::try_from(place).ok()).unwrap_or(NONE)
}

/// Which cells are added up, and into which groups.
#[derive(Clone, PartialEq, Debug, Default)]
pub struct Selection {
    /// The dimensions of the groups. None makes one group of all cells.
    pub group_by: Vec<Dimension>,
    /// The values to which each filtered dimension is limited.
    pub filters: Vec<(Dimension, Vec<Value>)>,
    /// The first month of installation.
    pub from: Option<Month>,
    /// The month of installation after the last.
    pub to: Option<Month>,
}

/// The sums of one group.
#[derive(Clone, Copy, Debug, Default)]
pub struct Sums {
    /// Totals of cells that are in operation or pledged.
    pub totals: Totals,
    /// Solar capacity within its life, in watts-peak.
    pub capacity_wp: i64,
    pub estimate: WholeEstimate,
}

/// The values of a group, in the order of the dimensions.
pub type Group = Vec<Value>;

/// The answer would have more groups than the question allows.
#[derive(Debug, PartialEq, Eq)]
pub struct TooManyGroups;

impl Selection {
    /// Whether the totals come from cells of measures, and not from cells that count sites and installations.
    #[must_use]
    pub fn is_by_measure(&self) -> bool {
        let grouped = self.group_by.contains(&Dimension::Measure);
        grouped || self.filters.iter().any(|(dimension, _)| *dimension == Dimension::Measure)
    }

    /// Whether each group is of one measure, so that its quantities have one unit.
    #[must_use]
    pub fn is_of_one_measure(&self) -> bool {
        let one = |(dimension, values): &(Dimension, Vec<Value>)| *dimension == Dimension::Measure && values.len() == 1;
        self.group_by.contains(&Dimension::Measure) || self.filters.iter().any(one)
    }

    /// Whether the sites of a group can be counted. They cannot where one group holds several measures, because a site may stand
    /// behind several of them, nor by the attributes that were sold, because these are a fact of an installation.
    #[must_use]
    pub fn counts_sites(&self) -> bool {
        let several =
            |(dimension, values): &(Dimension, Vec<Value>)| *dimension == Dimension::Measure && values.len() > 1;
        let mixes_measures = !self.group_by.contains(&Dimension::Measure) && self.filters.iter().any(several);
        let asked = self.filters.iter().map(|(dimension, _)| dimension).chain(&self.group_by);
        !mixes_measures && !asked.into_iter().any(|dimension| *dimension == Dimension::AttributesSold)
    }

    /// Whether [`NationalSums`](crate::domain::counting::NationalSums) answer the question, because they have all its dimensions.
    #[must_use]
    pub fn is_national(&self) -> bool {
        let asked = self.filters.iter().map(|(dimension, _)| dimension).chain(&self.group_by);
        asked.copied().all(|dimension| {
            matches!(dimension.field(), key_field::PROVINCE | key_field::MEASURE | key_field::INSTALLED)
                || dimension == Dimension::Stage
        })
    }
}

impl Sums {
    /// The sums of both groups together.
    #[must_use]
    pub fn plus(mut self, other: Self) -> Self {
        self.totals = self.totals.wrapping_add(other.totals);
        self.capacity_wp = self.capacity_wp.wrapping_add(other.capacity_wp);
        self.estimate += other.estimate;
        self
    }
}
