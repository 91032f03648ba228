//! The faults of values. A fault has a code, which never changes, and the facts that its sentence names. `fault_texts` in
//! `refusals` holds the sentences.

use chrono::NaiveDate;

/// The fault of one value; `explain` says in two languages what each variant means.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Fault {
    Missing,
    UnknownField,
    DuplicateField,
    TooDeep {
        max: usize,
    },
    WrongType {
        expected: Expected,
    },
    NotAllowed {
        rule: Rule,
    },
    Empty,
    TooLong {
        max: usize,
    },
    TooMany {
        max: usize,
    },
    ForbiddenCharacter,
    NotVisibleAscii,
    UnknownValue {
        allowed: &'static [&'static str],
    },
    NotAnId,
    NotACode,
    NotAGridCode,
    GridCodeOfAnother,
    NotACursor,
    OutOfRange {
        min: i64,
        max: i64,
    },
    NotTheConsentText {
        newest: i32,
    },
    NotADate,
    NotAMoment,
    /// A month or a year in the place of a day.
    NotAWholeDay {
        day: NaiveDate,
    },
    /// A period as a parameter of its own, where `from` and `to` name it.
    FromToInstead {
        from: NaiveDate,
        to: NaiveDate,
    },
    /// A period as a parameter of its own, where the answer has every period.
    IntervalInstead,
    /// A period as a parameter of its own, where the answer has the numbers of one day.
    AsOfInstead,
    /// A trial of what has none.
    NoDryRun,
    /// A past day of what is shown as of now alone.
    OfNowAlone,
    InTheFuture {
        today: NaiveDate,
    },
    InThePast {
        today: NaiveDate,
    },
    BeforeYear {
        year: i32,
    },
    BeforeConsentText {
        from: NaiveDate,
    },
    BeforeInstallation {
        on: NaiveDate,
    },
    NotPositive,
    Negative,
    NotWhole,
    TooManyDecimals {
        max: usize,
    },
    AboveCeiling {
        max_milli: i64,
    },
    OutsideVietNam,
    UnknownProvince,
    RetiredProvince {
        former: ListedPlace,
        now: &'static str,
    },
    UnknownCommune,
    RetiredCommune {
        code: &'static str,
        name_vi: &'static str,
        now: &'static str,
    },
    CommuneElsewhere {
        province: ListedPlace,
    },
    UnknownFormerProvince,
    FormerProvinceElsewhere {
        province: ListedPlace,
    },
    FormerProvinceDisagrees {
        expected: ListedPlace,
    },
    UnknownMeasure,
    DuplicateMeasure {
        code: &'static str,
    },
    ConsentRequired,
    UnknownSite,
    NotAtThisSite,
    SiteFull {
        max: usize,
    },
    UnknownProject,
    UnknownPartner,
    UnknownMethodology,
    OtherMethodology,
    UnknownCode,
    EmptySpan,
    SpanTooLong {
        years: u16,
    },
    NotClosed,
    BeforeTheRegister,
    NotAFirstOfMonth,
    TierNotYet,
}

/// A province as sentences name it. Faults carry words, not ids, because the compiled-in lists of places stand above the
/// values that they are made of.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct ListedPlace {
    /// The province code, two digits.
    pub code: &'static str,
    pub name_vi: &'static str,
    /// The name without diacritics.
    pub name_en: &'static str,
}

/// The JSON type that a field takes.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Expected {
    Object,
    /// One object, where an array of objects was sent as the whole body.
    OneObject,
    Array,
    String,
    Number,
    Integer,
    Boolean,
}

/// The rule by which a field is out of place in a request.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Rule {
    /// A pledge has no date of installation.
    Pledged,
    /// A site is named by id or by external id, not both.
    SiteNamedTwice,
    /// Only solar measures have an inverter.
    NotSolar,
    /// Only a client with the role partner belongs to a partner.
    NotAPartnerClient,
    /// Only a decommissioned installation has a last day.
    NotDecommissioned,
    /// A corrected place needs its province; the parts that are left out become unknown.
    PlaceAsAWhole,
    /// A correction does not change this field.
    NotCorrectable,
    /// Only reviewers have an affiliation.
    NotAReviewer,
    /// Only reviewers and dashboards are limited to a province.
    NotLimitable,
    /// A question is about partners or about projects, not both.
    OneScope,
    /// Partners and projects have sums of the current version alone, by the day of installation.
    ScopesHaveNoPast,
    /// Sums of other partners and of projects are for those who check the numbers.
    ScopesAreInternal,
    /// A question groups by one of year, quarter and month.
    OnePeriod,
    /// A partner must not ask for the numbers of others.
    NotOfOthers,
    /// A question asks about a past day or about the days of recording, not both.
    OneTime,
    /// A past day keeps the methodology with which it was closed.
    MadeThen,
}

impl Fault {
    /// The code that programs read; it never changes.
    #[must_use]
    pub fn code(&self) -> &'static str {
        match self {
            Self::Missing => "missing",
            Self::UnknownField
            | Self::FromToInstead { .. }
            | Self::IntervalInstead
            | Self::AsOfInstead
            | Self::NoDryRun
            | Self::OfNowAlone => "unknown_field",
            Self::DuplicateField => "duplicate_field",
            Self::TooDeep { .. } => "too_deep",
            Self::WrongType { .. } => "wrong_type",
            Self::NotAllowed { .. } => "not_allowed_here",
            Self::Empty => "empty",
            Self::TooLong { .. } => "too_long",
            Self::TooMany { .. } => "too_many",
            Self::ForbiddenCharacter | Self::NotVisibleAscii => "forbidden_character",
            Self::UnknownValue { .. } => "unknown_value",
            Self::NotAnId => "not_an_id",
            Self::NotACode => "not_a_code",
            Self::NotAGridCode => "not_a_grid_customer_code",
            Self::GridCodeOfAnother => "grid_customer_code_of_another",
            Self::NotACursor => "not_a_cursor",
            Self::OutOfRange { .. } | Self::NotTheConsentText { .. } => "out_of_range",
            Self::NotAMoment => "not_a_moment",
            Self::NotADate | Self::NotAWholeDay { .. } => "not_a_date",
            Self::InTheFuture { .. } => "in_the_future",
            Self::InThePast { .. } => "in_the_past",
            Self::BeforeYear { .. } => "too_early",
            Self::BeforeConsentText { .. } => "before_consent_text",
            Self::BeforeInstallation { .. } => "before_installation",
            Self::NotPositive => "not_positive",
            Self::Negative => "negative",
            Self::NotWhole => "not_whole",
            Self::TooManyDecimals { .. } => "too_many_decimals",
            Self::AboveCeiling { .. } => "above_ceiling",
            Self::OutsideVietNam => "outside_viet_nam",
            Self::UnknownProvince => "unknown_province",
            Self::RetiredProvince { .. } => "retired_province_code",
            Self::UnknownCommune => "unknown_commune",
            Self::RetiredCommune { .. } => "retired_commune_code",
            Self::CommuneElsewhere { .. } => "commune_of_another_province",
            Self::UnknownFormerProvince => "unknown_former_province",
            Self::FormerProvinceElsewhere { .. } => "former_province_of_another_province",
            Self::FormerProvinceDisagrees { .. } => "former_province_disagrees",
            Self::UnknownMeasure => "unknown_measure",
            Self::DuplicateMeasure { .. } => "duplicate_measure",
            Self::ConsentRequired => "consent_required",
            Self::UnknownSite => "unknown_site",
            Self::NotAtThisSite => "not_at_this_site",
            Self::SiteFull { .. } => "site_full",
            Self::UnknownProject => "unknown_project",
            Self::UnknownPartner => "unknown_partner",
            Self::UnknownMethodology => "unknown_methodology",
            Self::OtherMethodology => "other_methodology",
            Self::UnknownCode => "unknown_code",
            Self::EmptySpan => "empty_span",
            Self::SpanTooLong { .. } => "span_too_long",
            Self::NotClosed => "day_not_closed",
            Self::BeforeTheRegister => "before_the_register",
            Self::NotAFirstOfMonth => "not_a_first_of_month",
            Self::TierNotYet => "tier_not_available",
        }
    }
}
