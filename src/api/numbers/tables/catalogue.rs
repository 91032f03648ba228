//! The public tables as data: their names, titles and contents. They are coarse: the whole country, or whole provinces
//! without another dimension. They hold no money. In public they are of publication points, whose rules are in `domain::disclosure`.

use crate::domain::figures::Dimension;

use super::columns::{
    COUNTS, Column, FigureColumn, INSTALLATIONS, MEASURE_COUNTS, MOVED_ON, NOT_YET_DETAILED_SUMS, PEOPLE,
    PERIOD_COUNTS, PROGRAMME_SUMS, SITES, VERIFIED_COUNTS, Words, of_dimension,
};

/// A public table.
pub struct Table {
    /// The name in the address.
    pub name: &'static str,
    /// The title.
    pub title: Words,
    /// The kind of rows.
    pub content: Content,
}

/// The kind of rows of a table.
#[derive(Clone, Copy)]
pub enum Content {
    /// One row for each value of a dimension: these counts, then capacity and estimates.
    By(Dimension, &'static [FigureColumn]),
    /// One row for each question about the people at a site.
    People,
    /// The sums from which the headline is made.
    ProgrammeSums,
    /// The figures of what those sums do not tell.
    NotYetDetailed,
}

const fn table(name: &'static str, title: Words, content: Content) -> Table {
    Table { name, title, content }
}

/// Every public table.
pub static TABLES: [Table; 11] = [
    table("provinces", ("Theo 34 tỉnh, thành phố", "By province"), Content::By(Dimension::Province, &COUNTS)),
    table(
        "former_provinces",
        ("Theo 63 tỉnh, thành phố trước ngày 01/7/2025", "By province before 1 July 2025"),
        Content::By(Dimension::FormerProvince, &COUNTS),
    ),
    table("regions", ("Theo vùng", "By region"), Content::By(Dimension::Region, &COUNTS)),
    table("kinds", ("Theo loại công trình", "By kind of site"), Content::By(Dimension::Kind, &COUNTS)),
    table("measures", ("Theo giải pháp", "By measure"), Content::By(Dimension::Measure, &MEASURE_COUNTS)),
    table("months", ("Theo tháng lắp đặt", "By month of installation"), Content::By(Dimension::Month, &PERIOD_COUNTS)),
    table("years", ("Theo năm lắp đặt", "By year of installation"), Content::By(Dimension::Year, &PERIOD_COUNTS)),
    table(
        "evidence_tiers",
        ("Theo bằng chứng xác minh", "By evidence of verification"),
        Content::By(Dimension::EvidenceTier, &VERIFIED_COUNTS),
    ),
    table(
        "people",
        ("Hộ thu nhập thấp, vùng xa, chủ hộ là nữ", "Low-income, remote and woman-headed households"),
        Content::People,
    ),
    table(
        "programme_sums",
        ("Các tổng để tính lại con số công bố", "The sums with which to redo the headline"),
        Content::ProgrammeSums,
    ),
    table(
        "not_yet_detailed",
        ("Phần mà programme_sums chưa công bố chi tiết", "What programme_sums does not tell yet"),
        Content::NotYetDetailed,
    ),
];

impl Table {
    /// The table with a name.
    pub fn named(name: &str) -> Option<&'static Self> {
        TABLES.iter().find(|table| table.name == name)
    }

    /// The path of its JSON.
    pub fn path(&self) -> String {
        format!("/v1/tables/{}", self.name)
    }

    /// The columns, in order.
    pub fn columns(&self) -> Vec<Column> {
        match self.content {
            Content::By(dimension, counts) => {
                let figures = FigureColumn::after(counts).map(|figure| figure.column.clone());
                of_dimension(dimension).into_iter().chain(figures).chain([MOVED_ON.clone()]).collect()
            }
            Content::People => PEOPLE.to_vec(),
            Content::ProgrammeSums => PROGRAMME_SUMS.to_vec(),
            Content::NotYetDetailed => NOT_YET_DETAILED_SUMS.to_vec(),
        }
    }

    /// The names of the columns, in order.
    pub fn column_names(&self) -> Vec<String> {
        self.columns().into_iter().map(|column| column.name.into_owned()).collect()
    }

    /// True where the numbers of the rows add up to a total, in columns of a unit.
    pub fn adds_up(&self, unit: &str) -> bool {
        match self.content {
            // A site may have several measures, and answers several questions.
            Content::By(Dimension::Measure, _) => unit != SITES,
            Content::By(..) => true,
            Content::People | Content::NotYetDetailed => false,
            // Quantities of different measures have different units, and spans that ended are no sites.
            Content::ProgrammeSums => unit == INSTALLATIONS,
        }
    }

    /// True where no site stands in several rows, so that sites may be added up.
    pub fn is_additive(&self) -> bool {
        matches!(self.content, Content::By(dimension, _) if dimension != Dimension::Measure)
    }
}
