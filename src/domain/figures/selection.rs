//! Adding cells up by any of their dimensions, under any filter.

use crate::domain::counting::{CellDims, KeyField, Totals, cell_key};
use crate::domain::records::Stage;
use crate::domain::reference::{FormerProvinceId, MeasureId, ProvinceId, regions};
use crate::domain::values::{Interval, Month, SiteKind, Tier, coded_enum};

use super::estimator::Estimate;

coded_enum!(
    /// What cells can be told apart by.
    Dimension {
        /// One of the 34.
        Province = "province",
        /// One of the 63.
        FormerProvince = "former_province",
        /// One of the regions.
        Region = "region",
        /// What kind of site.
        Kind = "kind",
        /// The measure.
        Measure = "measure",
        /// Pledged, installed or verified.
        Stage = "stage",
        /// How it was verified.
        EvidenceTier = "evidence_tier",
        /// Low-income households.
        LowIncome = "low_income",
        /// Remote places.
        Remote = "remote",
        /// Households headed by a woman.
        WomanHeaded = "woman_headed",
        /// The year of installation.
        Year = "year",
        /// The quarter of installation.
        Quarter = "quarter",
        /// The month of installation.
        Month = "month",
    }
);

/// The value of a dimension as a number; what it stands for, the dimension knows.
pub type Value = u16;

/// What is not known, or does not apply.
pub const NONE: Value = Value::MAX;
/// The most dimensions that are grouped by at a time.
pub const MOST_DIMENSIONS: usize = 8;

impl Dimension {
    /// The value that a cell has.
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
                Stage::Installed | Stage::Pledged => NONE,
            },
            Self::LowIncome => flag(dims.flags.low_income),
            Self::Remote => flag(dims.flags.remote),
            Self::WomanHeaded => flag(dims.flags.woman_headed),
            Self::Year => period(Interval::Year),
            Self::Quarter => period(Interval::Quarter),
            Self::Month => period(Interval::Month),
        }
    }

    /// The field of a cell's key that it depends on.
    pub(in crate::domain) fn field(self) -> KeyField {
        match self {
            Self::Province | Self::Region => cell_key::PROVINCE,
            Self::FormerProvince => cell_key::FORMER,
            Self::Kind => cell_key::KIND,
            Self::Measure => cell_key::MEASURE,
            Self::Stage | Self::EvidenceTier => cell_key::STAGE,
            Self::LowIncome => cell_key::LOW_INCOME,
            Self::Remote => cell_key::REMOTE,
            Self::WomanHeaded => cell_key::WOMAN_HEADED,
            Self::Year | Self::Quarter | Self::Month => cell_key::INSTALLED,
        }
    }

    /// The period that it is about, if it is about time.
    #[must_use]
    pub fn interval(self) -> Option<Interval> {
        match self {
            Self::Year => Some(Interval::Year),
            Self::Quarter => Some(Interval::Quarter),
            Self::Month => Some(Interval::Month),
            _ => None,
        }
    }

    /// Every value that it can have, but for periods, and whether `NONE` is one.
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
            Self::LowIncome | Self::Remote | Self::WomanHeaded => vec![0, 1, NONE],
            Self::Year | Self::Quarter | Self::Month => Vec::new(),
        }
    }
}

fn place_of<T: PartialEq>(all: &[T], one: &T) -> Value {
    let place = all.iter().position(|other| other == one);
    place.and_then(|place| Value::try_from(place).ok()).unwrap_or(NONE)
}

/// What is asked for.
#[derive(Clone, Debug, Default)]
pub struct Selection {
    /// In which groups; none is one group of everything.
    pub group_by: Vec<Dimension>,
    /// Of which values alone.
    pub filters: Vec<(Dimension, Vec<Value>)>,
    /// From this month of installation on.
    pub from: Option<Month>,
    /// Up to, and without, this month of installation.
    pub to: Option<Month>,
}

/// The sums of one group.
#[derive(Clone, Copy, Debug, Default)]
pub struct Sums {
    /// What is in operation, or pledged.
    pub totals: Totals,
    /// Solar capacity within its life, in watts-peak.
    pub capacity_wp: i64,
    /// Electricity and emissions.
    pub estimate: Estimate,
}

/// A group: its values, in the order of the dimensions.
pub type Group = Vec<Value>;

/// There are more groups than may be asked for.
#[derive(Debug, PartialEq, Eq)]
pub struct TooManyGroups;

impl Selection {
    /// Whether the rows of measures count, and not those of sites and installations.
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

    /// Whether a site may stand behind several measures of one group, so that its count means nothing.
    #[must_use]
    pub fn mixes_measures(&self) -> bool {
        let several =
            |(dimension, values): &(Dimension, Vec<Value>)| *dimension == Dimension::Measure && values.len() > 1;
        !self.group_by.contains(&Dimension::Measure) && self.filters.iter().any(several)
    }

    /// Whether [`NationalSums`](crate::domain::counting::NationalSums) know all that this asks for: only cells know more of a site.
    #[must_use]
    pub fn is_national(&self) -> bool {
        let asked = self.filters.iter().map(|(dimension, _)| dimension).chain(&self.group_by);
        asked.copied().all(|dimension| {
            matches!(dimension.field(), cell_key::PROVINCE | cell_key::MEASURE | cell_key::INSTALLED)
                || dimension == Dimension::Stage
        })
    }
}

impl Sums {
    /// Both together.
    #[must_use]
    pub fn plus(mut self, other: Self) -> Self {
        self.totals = self.totals.wrapping_add(other.totals);
        self.capacity_wp = self.capacity_wp.wrapping_add(other.capacity_wp);
        self.estimate += other.estimate;
        self
    }
}
