//! The query parameters of `/v1/aggregates` and `/v1/aggregates.csv`, as the OpenAPI document describes them. `query` reads them.

use chrono::NaiveDate;
use utoipa::IntoParams;

/// The parameters.
#[derive(IntoParams)]
#[into_params(parameter_in = Query)]
#[expect(dead_code, reason = "the fields are described; `query` reads the parameters, because it collects every fault")]
pub struct AggregateParameters {
    /// Dimensions by which to group: codes of `/v1/dimensions`, at most 8, separated by commas; at most one period, and
    /// at most one of `partner` and `project`. Absent: one group of everything.
    #[param(example = "province,measure")]
    group_by: Option<String>,
    /// Only these provinces: codes of `/v1/provinces`, separated by commas, for example `01,79`. A client that is limited to one
    /// province may name that one alone; another is answered 403.
    province: Option<String>,
    /// Only these provinces of before 1 July 2025: codes of the list of 63, separated by commas, for example `02`;
    /// `unknown` for sites without one. A client that is limited to one province may name the parts of that one alone.
    former_province: Option<String>,
    /// Only these regions: codes of `/v1/dimensions`, separated by commas, for example `red_river_delta`.
    region: Option<String>,
    /// Only these kinds of site: `home`, `building`, `office`, `factory`, separated by commas.
    kind: Option<String>,
    /// Only these measures: codes of `/v1/measures`, separated by commas, for example `rooftop_solar_pv`.
    measure: Option<String>,
    /// Only these stages: `pledged`, `reported`, `verified`, separated by commas. Absent, and not in `group_by`:
    /// `verified`.
    stage: Option<String>,
    /// Only these kinds of evidence: `sampled`, `document`, `inspected`, `metered`, separated by commas; `none` for
    /// sites that are not verified.
    evidence_tier: Option<String>,
    /// Only sites of low-income households (`true`), of others (`false`), or where it is `unknown`; separated by
    /// commas.
    low_income: Option<String>,
    /// Only sites in remote places (`true`), elsewhere (`false`), or where it is `unknown`; separated by commas.
    remote: Option<String>,
    /// Only sites of households headed by a woman (`true`), of others (`false`), or where it is `unknown`; separated by
    /// commas.
    woman_headed: Option<String>,
    /// Only what was sold (`sold`: carbon credits, certificates, direct power purchase), what was not (`none`), or where it is
    /// `unknown`; separated by commas.
    attributes_sold: Option<String>,
    /// The first month, inclusive: the first day of a month (YYYY-MM-DD).
    #[param(example = "2025-01-01")]
    from: Option<String>,
    /// The last month, exclusive: the first day of a month (YYYY-MM-DD), after `from` and at most 50 years later.
    #[param(example = "2026-01-01")]
    to: Option<String>,
    /// Codes of partners, separated by commas: each gets rows of its own. Not with `project` or `as_of`.
    partner: Option<String>,
    /// Codes of projects, separated by commas: each gets rows of its own. Not with `partner` or `as_of`, and not for
    /// partners.
    project: Option<String>,
    /// The register as it was known at the close of this day (YYYY-MM-DD, Hà Nội), not after today, for example
    /// 2026-10-31.
    as_of: Option<NaiveDate>,
    /// The months that `from` and `to` mean. `installed_on` (the default): months of installation. `recorded_on`:
    /// months of recording, and the sums are net changes; not with `as_of`, `partner` or `project`.
    basis: Option<String>,
    /// The number of a methodology of `/v1/methodology`, for example 1. Absent: the methodology in force.
    methodology: Option<i32>,
}
