//! `GET /v1/dimensions`: what aggregates can be asked for.

use std::sync::LazyLock;

use actix_web::{HttpRequest, HttpResponse};
use serde::Serialize;
use utoipa::ToSchema;

use crate::api::http::{ApiError, CacheFor, JSON, NoQuery, as_page, send};
use crate::domain::counting::OwnerKind;
use crate::domain::figures::{Dimension, Value};
use crate::register::ReadyPage;

use super::dimension_labels::{Label, label};

/// What can be asked for.
#[derive(Serialize, ToSchema)]
pub struct DimensionList {
    data: Vec<DimensionView>,
}

/// A dimension.
#[derive(Serialize, ToSchema)]
struct DimensionView {
    /// Its code, as `group_by` and filters take it.
    code: &'static str,
    /// Its values; of periods none, they follow from the calendar; of partners and projects none, they are not public.
    values: Vec<LabelView>,
}

/// A value of a dimension.
#[derive(Serialize, ToSchema)]
struct LabelView {
    /// Its code, as filters take it.
    code: String,
    /// Its Vietnamese name.
    name_vi: String,
    /// Its English name.
    name_en: String,
}

/// Every dimension with its values, in both languages.
#[utoipa::path(get, path = "", responses((status = 200, body = DimensionList)))]
pub async fn list_dimensions(request: HttpRequest, _: NoQuery) -> Result<HttpResponse, ApiError> {
    send(&request, &DIMENSIONS, CacheFor::OneHour).await
}

static DIMENSIONS: LazyLock<ReadyPage> = LazyLock::new(|| {
    let label = |dimension: Dimension, value: Value| {
        let Label { code, name_vi, name_en } = label(dimension, value);
        LabelView { code: code.unwrap_or_default(), name_vi, name_en }
    };
    let view = |dimension: &Dimension| DimensionView {
        code: dimension.as_str(),
        values: dimension.values().into_iter().map(|value| label(*dimension, value)).collect(),
    };
    // Whose: which codes there are, not everybody may know.
    let scopes = OwnerKind::CODES.iter().map(|code| DimensionView { code, values: Vec::new() });
    let data = Dimension::ALL.iter().map(view).chain(scopes).collect();
    as_page(JSON, &DimensionList { data })
});
