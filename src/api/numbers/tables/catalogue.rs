//! The public tables as data: their names, titles and contents. They are coarse, so that nobody is
//! seen in them: the whole country, or whole provinces without any other dimension. No money.

use crate::domain::figures::Dimension;

use super::columns::{
    COUNTS, Column, FigureColumn, MEASURE_COUNTS, PEOPLE, PERIOD_COUNTS, PROGRAMME_SUMS, VERIFIED_COUNTS, Words,
    of_dimension,
};

/// A public table.
pub struct Table {
    /// Its name in the address.
    pub name: &'static str,
    /// Its title.
    pub title: Words,
    /// What stands in it.
    pub content: Content,
}

/// What stands in a table.
#[derive(Clone, Copy)]
pub enum Content {
    /// One row a value of a dimension: these counts, then capacity and estimates.
    By(Dimension, &'static [FigureColumn]),
    /// One row a question about the people at a site.
    People,
    /// What the headline is made of.
    ProgrammeSums,
}

const fn table(name: &'static str, title: Words, content: Content) -> Table {
    Table { name, title, content }
}

/// Every public table.
pub static TABLES: [Table; 10] = [
    table("provinces", ("Theo 34 tỉnh, thành phố", "By province"), Content::By(Dimension::Province, &COUNTS)),
    table(
        "former_provinces",
        ("Theo 63 tỉnh, thành phố trước ngày 01/07/2025", "By province before 1 July 2025"),
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
];

impl Table {
    /// The table of a name.
    pub fn named(name: &str) -> Option<&'static Self> {
        TABLES.iter().find(|table| table.name == name)
    }

    /// Where it stands.
    pub fn path(&self) -> String {
        format!("/v1/tables/{}", self.name)
    }

    /// Whether it is made of the national sums, not of the cells.
    pub fn is_national(&self) -> bool {
        matches!(self.content, Content::ProgrammeSums)
    }

    /// Its columns.
    pub fn columns(&self) -> Vec<Column> {
        match self.content {
            Content::By(dimension, counts) => {
                let figures = FigureColumn::after(counts).map(|figure| figure.column.clone());
                of_dimension(dimension).into_iter().chain(figures).collect()
            }
            Content::People => PEOPLE.to_vec(),
            Content::ProgrammeSums => PROGRAMME_SUMS.to_vec(),
        }
    }

    /// Their names.
    pub fn column_names(&self) -> Vec<String> {
        self.columns().into_iter().map(|column| column.name.into_owned()).collect()
    }

    /// Whether no site stands in several of its rows.
    pub fn is_additive(&self) -> bool {
        !matches!(self.content, Content::By(Dimension::Measure, _) | Content::People | Content::ProgrammeSums)
    }
}
