//! The columns of the public tables: name, unit, explanation, and where their numbers come from.

use std::borrow::Cow;

use serde_json::{Value as Json, json};

use crate::api::numbers::dimension_labels::{RowOf, columns_of};
use crate::domain::figures::{Dimension, Sums};
use crate::domain::reference::MeasureId;
use crate::domain::values::units;

/// A text in Vietnamese and in English.
pub type Words = (&'static str, &'static str);

/// A column of a table.
#[derive(Clone)]
pub struct Column {
    /// The name.
    pub name: Cow<'static, str>,
    /// The unit of the numbers; `None` for texts.
    pub unit: Option<&'static str>,
    /// The meaning, which `/v1/tables` shows.
    pub explanation: Words,
}

/// A column whose number is computed from the sums of a row.
pub struct FigureColumn {
    /// The column.
    pub column: Column,
    /// The number in a row.
    pub of: fn(&StageSums) -> Json,
}

/// The sums of a row, by stage.
pub struct StageSums {
    /// What the row is of.
    pub of: RowOf,
    /// The sums of pledged sites.
    pub pledged: Sums,
    /// The sums of reported sites that wait to be verified.
    pub reported: Sums,
    /// The sums of verified sites.
    pub verified: Sums,
}

impl StageSums {
    /// The measure of a row by measure. Quantities of several have different units.
    fn measure(&self) -> Option<MeasureId> {
        let RowOf::Value(value) = self.of else { return None };
        u8::try_from(value).ok().and_then(MeasureId::from_number)
    }
}

impl FigureColumn {
    /// The counts of a table, then the capacity and the estimates, which every table has.
    pub fn after(counts: &'static [Self]) -> impl Iterator<Item = &'static Self> {
        counts.iter().chain(&ESTIMATES)
    }
}

const fn column(name: &'static str, unit: &'static str, explanation: Words) -> Column {
    Column { name: Cow::Borrowed(name), unit: Some(unit), explanation }
}

const fn text(name: &'static str, explanation: Words) -> Column {
    Column { name: Cow::Borrowed(name), unit: None, explanation }
}

const fn figure(column: Column, of: fn(&StageSums) -> Json) -> FigureColumn {
    FigureColumn { column, of }
}

pub const SITES: &str = "site";
pub const INSTALLATIONS: &str = "installation";
const KWP: &str = "kWp";
const KWH: &str = "kWh";
const KWH_A_YEAR: &str = "kWh a year";
const TONNES: &str = "tCO2e";
const TONNES_A_YEAR: &str = "tCO2e a year";

const SITES_VERIFIED: FigureColumn = figure(
    column("sites_verified", SITES, ("Công trình đã xác minh, đang hoạt động", "Verified sites in operation")),
    |row| json!(row.verified.totals.sites),
);
const SITES_REPORTED: FigureColumn = figure(
    column(
        "sites_reported",
        SITES,
        ("Công trình do đối tác báo cáo, chờ xác minh", "Reported sites, waiting to be verified"),
    ),
    |row| json!(row.reported.totals.sites),
);
const SITES_PLEDGED: FigureColumn = figure(
    column("sites_pledged", SITES, ("Công trình đã cam kết, chưa lắp đặt", "Pledged sites, nothing installed yet")),
    |row| json!(row.pledged.totals.sites),
);
const INSTALLATIONS_VERIFIED: FigureColumn = figure(
    column(
        "installations_verified",
        INSTALLATIONS,
        ("Hồ sơ lắp đặt đã xác minh, đang hoạt động", "Verified installations in operation"),
    ),
    |row| json!(row.verified.totals.installations),
);

/// The counts of tables by place or kind.
pub static COUNTS: [FigureColumn; 4] = [SITES_VERIFIED, SITES_REPORTED, SITES_PLEDGED, INSTALLATIONS_VERIFIED];
/// The counts of tables by period, of verified sites alone: pledged ones have no day yet, and the reported ones of a month in which
/// nobody builds any more would never be seen to become verified.
pub static PERIOD_COUNTS: [FigureColumn; 2] = [SITES_VERIFIED, INSTALLATIONS_VERIFIED];
/// The counts of the table by evidence, which only verified sites have.
pub static VERIFIED_COUNTS: [FigureColumn; 2] = [SITES_VERIFIED, INSTALLATIONS_VERIFIED];
/// The counts of the table by measure. Installations are left out, because one may have several measures.
pub static MEASURE_COUNTS: [FigureColumn; 5] = [
    SITES_VERIFIED,
    SITES_REPORTED,
    SITES_PLEDGED,
    figure(text("unit", ("Đơn vị của quantity_verified", "The unit of quantity_verified")), |row| {
        json!(row.measure().map(|measure| &measure.measure().unit))
    }),
    figure(
        text(
            "quantity_verified",
            (
                "Số lượng đã xác minh, đang hoạt động, theo đơn vị ở cột unit",
                "Verified quantity in operation, in the unit beside it",
            ),
        ),
        |row| json!(row.measure().map(|_| units(row.verified.totals.quantity))),
    ),
];

/// The capacity and the estimates of verified sites.
static ESTIMATES: [FigureColumn; 13] = [
    figure(
        column(
            "capacity_kwp_verified",
            KWP,
            (
                "Công suất điện mặt trời đã xác minh, đang hoạt động và còn trong vòng đời",
                "Verified solar capacity in operation and within its life",
            ),
        ),
        |row| json!(units(row.verified.capacity_wp)),
    ),
    figure(
        column(
            "to_date_generation_kwh",
            KWH,
            (
                "Ước tính sản lượng điện đã phát của các giải pháp đã xác minh, tính đến ngày as_of",
                "Estimated electricity that verified measures generated up to as_of",
            ),
        ),
        |row| json!(row.verified.estimate.to_date.generation_kwh),
    ),
    figure(
        column(
            "to_date_saving_kwh",
            KWH,
            (
                "Ước tính lượng điện đã tiết kiệm được nhờ các giải pháp đã xác minh, tính đến ngày as_of",
                "Estimated electricity that verified measures saved up to as_of",
            ),
        ),
        |row| json!(row.verified.estimate.to_date.saving_kwh),
    ),
    figure(
        column(
            "to_date_avoided_tco2e",
            TONNES,
            (
                "Ước tính lượng phát thải đã tránh được nhờ các giải pháp đã xác minh, tính đến ngày as_of",
                "Estimated emissions that verified measures avoided up to as_of",
            ),
        ),
        |row| json!(units(row.verified.estimate.to_date.avoided_kg)),
    ),
    figure(
        column(
            "to_date_avoided_tco2e_low",
            TONNES,
            ("Cận dưới của to_date_avoided_tco2e", "The low end of to_date_avoided_tco2e"),
        ),
        |row| json!(units(row.verified.estimate.to_date.low_kg)),
    ),
    figure(
        column(
            "to_date_avoided_tco2e_high",
            TONNES,
            ("Cận trên của to_date_avoided_tco2e", "The high end of to_date_avoided_tco2e"),
        ),
        |row| json!(units(row.verified.estimate.to_date.high_kg)),
    ),
    figure(
        column(
            "to_date_sold_tco2e",
            TONNES,
            (
                "Phần của to_date_avoided_tco2e mà quyền lợi môi trường (tín chỉ carbon, REC, DPPA) đã được bán",
                "The part of to_date_avoided_tco2e whose environmental attributes (carbon credits, REC, DPPA) were sold",
            ),
        ),
        |row| json!(units(row.verified.estimate.to_date.sold_kg)),
    ),
    figure(
        column(
            "annual_generation_kwh",
            KWH_A_YEAR,
            (
                "Ước tính sản lượng điện phát trong một năm của các giải pháp đã xác minh và đang hoạt động",
                "Estimated electricity that verified measures in operation generate in a full year",
            ),
        ),
        |row| json!(row.verified.estimate.annual.generation_kwh),
    ),
    figure(
        column(
            "annual_saving_kwh",
            KWH_A_YEAR,
            (
                "Ước tính lượng điện tiết kiệm được trong một năm nhờ các giải pháp đã xác minh và đang hoạt động",
                "Estimated electricity that verified measures in operation save in a full year",
            ),
        ),
        |row| json!(row.verified.estimate.annual.saving_kwh),
    ),
    figure(
        column(
            "annual_avoided_tco2e",
            TONNES_A_YEAR,
            (
                "Ước tính lượng phát thải tránh được trong một năm nhờ các giải pháp đã xác minh và đang hoạt động",
                "Estimated emissions that verified measures in operation avoid in a full year",
            ),
        ),
        |row| json!(units(row.verified.estimate.annual.avoided_kg)),
    ),
    figure(
        column(
            "annual_avoided_tco2e_low",
            TONNES_A_YEAR,
            ("Cận dưới của annual_avoided_tco2e", "The low end of annual_avoided_tco2e"),
        ),
        |row| json!(units(row.verified.estimate.annual.low_kg)),
    ),
    figure(
        column(
            "annual_avoided_tco2e_high",
            TONNES_A_YEAR,
            ("Cận trên của annual_avoided_tco2e", "The high end of annual_avoided_tco2e"),
        ),
        |row| json!(units(row.verified.estimate.annual.high_kg)),
    ),
    figure(
        column(
            "annual_sold_tco2e",
            TONNES_A_YEAR,
            (
                "Phần của annual_avoided_tco2e mà quyền lợi môi trường (tín chỉ carbon, REC, DPPA) đã được bán",
                "The part of annual_avoided_tco2e whose environmental attributes (carbon credits, REC, DPPA) were sold",
            ),
        ),
        |row| json!(units(row.verified.estimate.annual.sold_kg)),
    ),
];

/// The last column of tables by a dimension.
pub static MOVED_ON: Column = text(
    "cells_as_of",
    (
        "Ngày mà các tổng của dòng thay đổi lần cuối; ước tính luôn tính đến ngày as_of",
        "The day on which the sums of the row moved last; estimates are always up to as_of",
    ),
);

/// The columns of the table of people.
pub static PEOPLE: [Column; 4] = [
    text("group_code", ("Mã nhóm", "Code of the group")),
    text("group_name_vi", ("Tên nhóm bằng tiếng Việt", "Vietnamese name of the group")),
    text("group_name_en", ("Tên nhóm bằng tiếng Anh", "English name of the group")),
    column(
        "percent_of_known",
        "%",
        (
            "Tỷ lệ công trình đã xác minh thuộc nhóm trong số các công trình đã rõ, tính tròn phần trăm; trống khi quá ít công trình đã rõ",
            "Share of the verified sites that belong to the group among those of which it is known, in whole percent; empty where it is \
             known of too few",
        ),
    ),
];

const TIMES_YIELD: &str = "kWh a year";

/// The columns of the national sums. `docs/recompute.py` shows how to use them.
pub static PROGRAMME_SUMS: [Column; 14] = [
    text(
        "measure_code",
        (
            "Mã giải pháp; trống: dòng đếm công trình và hồ sơ lắp đặt",
            "Code of the measure; empty: a row that counts sites and installations",
        ),
    ),
    text("unit", ("Đơn vị của giải pháp", "The measure's unit")),
    text(
        "metered",
        (
            "Đã xác minh bằng số đo (true) hay cách khác (false); chỉ ghi với mức tiết kiệm do đối tác khai",
            "Whether meters verified it (true) or something else (false); told of declared savings alone",
        ),
    ),
    text(
        "attributes_sold",
        (
            "Quyền lợi môi trường đã bán (true) hay chưa, hoặc chưa rõ (false)",
            "Whether the environmental attributes were sold (true), or not or unknown (false)",
        ),
    ),
    text("installed_month", ("Tháng lắp đặt", "The month of installation")),
    text("ended_month", ("Tháng ngừng hoạt động; trống: đang hoạt động", "The month of the end; empty: in operation")),
    column(
        "sites",
        SITES,
        (
            "Công trình đã xác minh; ở dòng của giải pháp: công trình có giải pháp đó, không cộng giữa các giải pháp; ở dòng có tháng \
             kết thúc: giai đoạn đã kết thúc, không cộng như công trình",
            "Verified sites; in a row of a measure those that have it, not to be added across measures; in a row with a month of the \
             end spans that ended, not to be added up as sites",
        ),
    ),
    column("installations", INSTALLATIONS, ("Hồ sơ lắp đặt đã xác minh", "Verified installations")),
    text(
        "quantity",
        (
            "Số lượng đã xác minh, theo đơn vị của giải pháp; điện mặt trời: trống, vì cùng với quantity_x_yield sẽ lộ tỉnh",
            "Verified quantity, in the measure's unit; of solar power empty, because with quantity_x_yield it would tell the province",
        ),
    ),
    text(
        "quantity_days",
        (
            "Tổng của số lượng × số ngày còn lại của tháng lắp đặt, tính cả ngày lắp đặt",
            "Sum of quantity × days left in the month of installation, the day of installation included",
        ),
    ),
    text(
        "quantity_end_days",
        (
            "Tổng của số lượng × ngày trong tháng của ngày cuối cùng được tính",
            "Sum of quantity × day of the month of the last day that is credited",
        ),
    ),
    column(
        "quantity_x_yield",
        TIMES_YIELD,
        (
            "Điện mặt trời: tổng của số lượng × sản lượng riêng của tỉnh theo phương pháp (kWh mỗi kWp mỗi năm, năm đầu)",
            "Solar power: sum of quantity × the methodology's yield of the province (kWh a kWp and year, when new)",
        ),
    ),
    column(
        "quantity_days_x_yield",
        "kWh a year × day",
        ("quantity_days, nhân với sản lượng riêng của tỉnh", "quantity_days, each times the yield of its province"),
    ),
    column(
        "quantity_end_days_x_yield",
        "kWh a year × day",
        (
            "quantity_end_days, nhân với sản lượng riêng của tỉnh",
            "quantity_end_days, each times the yield of its province",
        ),
    ),
];

/// The columns of what `programme_sums` does not tell.
pub static NOT_YET_DETAILED_SUMS: [Column; 2] = [
    text(
        "figure",
        ("Tên số liệu, như trong /v1/progress.csv", "Name of the figure, as in /v1/progress.csv, without figures."),
    ),
    text("value", ("Phần chưa công bố chi tiết của số liệu", "The part of the figure that is not yet detailed")),
];

/// The columns that name the value of a dimension in each row.
pub fn of_dimension(dimension: Dimension) -> Vec<Column> {
    let explanations: Vec<Words> =
        if dimension.interval().is_some() { PERIOD.to_vec() } else { names(dimension).to_vec() };
    let named = columns_of(dimension).into_iter().zip(explanations);
    named.map(|(name, explanation)| Column { name: name.into(), unit: None, explanation }).collect()
}

/// What the columns of a period say. A site stands in the period in which its open run began.
const PERIOD: [Words; 2] = [
    ("Kỳ (tháng, năm) lắp đặt", "Period (month or year) of installation"),
    ("Ngày đầu tiên của kỳ", "First day of the period"),
];

/// What the columns of a code and its two names say.
fn names(dimension: Dimension) -> [Words; 3] {
    macro_rules! of {
        ($vietnamese:literal, $english:literal) => {
            [
                (concat!("Mã ", $vietnamese), concat!("Code of the ", $english)),
                (concat!("Tên ", $vietnamese, " bằng tiếng Việt"), concat!("Vietnamese name of the ", $english)),
                (concat!("Tên ", $vietnamese, " bằng tiếng Anh"), concat!("English name of the ", $english)),
            ]
        };
    }
    match dimension {
        Dimension::Province => of!("tỉnh, thành (34)", "province (34)"),
        Dimension::FormerProvince => of!("tỉnh, thành trước 01/7/2025 (63)", "province before 1 July 2025 (63)"),
        Dimension::Region => of!("vùng", "region"),
        Dimension::Kind => of!("loại công trình", "kind of site"),
        Dimension::Measure => of!("giải pháp", "measure"),
        Dimension::Stage => of!("bậc", "stage"),
        Dimension::EvidenceTier => of!("bậc bằng chứng xác minh", "tier of evidence"),
        Dimension::LowIncome => of!("câu trả lời về hộ thu nhập thấp", "answer about low income"),
        Dimension::Remote => of!("câu trả lời về vùng xa", "answer about remote places"),
        Dimension::WomanHeaded => of!("câu trả lời về chủ hộ là nữ", "answer about women who head households"),
        Dimension::AttributesSold => {
            of!("câu trả lời về quyền lợi môi trường", "answer about environmental attributes")
        }
        Dimension::Year | Dimension::Quarter | Dimension::Month => of!("kỳ", "period"),
    }
}
