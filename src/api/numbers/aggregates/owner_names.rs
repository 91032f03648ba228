//! The names of partners or projects, in an answer that has rows of each.

use std::collections::BTreeMap;

use serde_json::{Value as Json, json};

use crate::domain::counting::OwnerKind;
use crate::domain::values::Code;

/// The Vietnamese and the English name.
pub type Bilingual = [String; 2];

/// The names of every partner, or of every project, by their codes; none where rows are of nobody.
#[derive(Default)]
pub struct OwnerNames(Option<(OwnerKind, BTreeMap<Code, Bilingual>)>);

impl OwnerNames {
    /// The names of these partners or projects.
    pub fn of(kind: OwnerKind, names: impl Iterator<Item = (Code, Bilingual)>) -> Self {
        Self(Some((kind, names.collect())))
    }

    /// The columns that name the owner of a row: `partner_code`, `partner_name_vi`, `partner_name_en`.
    pub fn columns(&self) -> Vec<String> {
        let kind = self.0.iter().map(|(kind, _)| kind.as_str());
        kind.flat_map(|kind| ["code", "name_vi", "name_en"].map(|suffix| format!("{kind}_{suffix}"))).collect()
    }

    /// The values of these columns for one owner.
    pub fn values(&self, code: Option<&Code>) -> Vec<Json> {
        let Some(((_, names), code)) = self.0.as_ref().zip(code) else { return Vec::new() };
        let [vi, en] = names.get(code).cloned().unwrap_or_default();
        vec![json!(code), json!(vi), json!(en)]
    }
}
