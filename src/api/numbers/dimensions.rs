//! `GET /v1/dimensions`: the dimensions by which `/v1/aggregates` groups and filters, with the codes of their values.

use std::sync::LazyLock;

use actix_web::{HttpRequest, HttpResponse};
use serde::Serialize;
use utoipa::ToSchema;

use crate::api::http::{ApiError, CacheFor, JSON, NoQuery, as_page, send};
use crate::domain::counting::OwnerKind;
use crate::domain::figures::{Dimension, Value};
use crate::register::ReadyPage;

use super::dimension_labels::{Label, label};

/// The dimensions of `/v1/aggregates`.
#[derive(Serialize, ToSchema)]
pub struct DimensionList {
    /// The dimensions, in a fixed order.
    data: Vec<DimensionView>,
}

/// A dimension with its values.
#[derive(Serialize, ToSchema)]
struct DimensionView {
    /// The code that `group_by` takes, which is also the name of the filter. Example: `province`.
    code: &'static str,
    /// The values. Empty for periods, because they follow from the calendar, and for `partner` and `project`, because those
    /// are not public.
    values: Vec<LabelView>,
}

/// A value of a dimension with its names.
#[derive(Serialize, ToSchema)]
struct LabelView {
    /// The code that the filter takes. Example: 01.
    code: String,
    /// The Vietnamese name. Example: Hà Nội.
    name_vi: String,
    /// The English name. Example: Ha Noi.
    name_en: String,
}

/// Lists every dimension by which `/v1/aggregates` groups and filters, with the codes and names of its values.
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
    // Owners without values, because not everybody may know which partners and projects exist.
    let owners = OwnerKind::CODES.iter().map(|code| DimensionView { code, values: Vec::new() });
    let data = Dimension::ALL.iter().map(view).chain(owners).collect();
    as_page(JSON, &DimensionList { data })
});
