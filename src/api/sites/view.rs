//! A site as its readers see it, and its personal data for those who may see that.

use chrono::NaiveDate;
use serde::Serialize;
use utoipa::ToSchema;

use crate::domain::records::{Actor, PrivateFacts, Role, SiteRecord};
use crate::domain::reference::{CommuneId, FormerProvinceId, ProvinceId};
use crate::domain::values::{ExternalId, SiteKind};

/// A site.
#[derive(Serialize, ToSchema)]
pub struct SiteView {
    /// The id of the site. Example: 01930f2a-7c3e-7a41-9b52-4f0d8a6c1e74.
    #[schema(format = Uuid)]
    id: String,
    /// The partner's own number of the site; only shown to the partner that recorded it. Example: NHA-42.
    external_id: Option<String>,
    /// The kind of the site.
    #[schema(value_type = SiteKind)]
    kind: &'static str,
    /// The code of the province, one of the 34.
    #[schema(value_type = ProvinceId)]
    province_code: &'static str,
    /// The code of the province before July 2025, one of the 63; null is unknown.
    #[schema(value_type = Option<FormerProvinceId>)]
    former_province_code: Option<&'static str>,
    /// The code of the commune, one of the 3,321; null is unknown.
    #[schema(value_type = Option<CommuneId>)]
    commune_code: Option<&'static str>,
    /// Whether a low-income household lives here; null is unknown.
    low_income: Option<bool>,
    /// Whether the place is remote; null is unknown.
    remote: Option<bool>,
    /// Whether a woman heads the household; null is unknown.
    woman_headed: Option<bool>,
    /// The entity tag. It changes whenever the site changes; send it in `If-Match`. Example: "1".
    pub etag: String,
    /// Personal data; only shown to the partner that recorded the site and to reviewers.
    #[serde(skip_serializing_if = "Option::is_none")]
    private: Option<PrivateView>,
}

/// Personal data of a site.
#[derive(Serialize, ToSchema)]
pub struct PrivateView {
    /// The address line; null is unknown. Example: 12 Hàng Bạc.
    address: Option<String>,
    /// The electricity customer code, in capitals without separators; null is unknown. Example: PD01000123456.
    grid_customer_code: Option<String>,
    /// The point on the map; null is unknown.
    location: Option<LocationView>,
    /// The householder's consent; null is none.
    consent: Option<ConsentView>,
    /// The day on which consent was withdrawn; the other fields were erased then.
    consent_withdrawn_on: Option<NaiveDate>,
}

/// A point in degrees (WGS 84).
#[derive(Serialize, ToSchema)]
struct LocationView {
    /// Latitude in degrees. Example: 21.03.
    lat: f64,
    /// Longitude in degrees. Example: 105.85.
    lon: f64,
}

/// A householder's consent.
#[derive(Serialize, ToSchema)]
struct ConsentView {
    /// The day of consent (YYYY-MM-DD, Hà Nội). Example: 2026-11-01.
    on: NaiveDate,
    /// The version of the text, see /v1/consent/{version}. Example: 1.
    text_version: i32,
}

impl SiteView {
    /// A site as `actor` may see it.
    pub fn of(record: &SiteRecord, actor: &Actor) -> Self {
        let (site, place) = (&record.site, &record.site.facts.place);
        let recorded_it = actor.partner.as_ref() == Some(&site.partner);
        let private = recorded_it || actor.role == Role::Reviewer;
        Self {
            id: site.id.to_string(),
            external_id: record
                .external_id
                .as_ref()
                .filter(|_| recorded_it)
                .map(|id| ExternalId::as_str(id).to_owned()),
            kind: site.facts.kind.as_str(),
            province_code: place.province().code(),
            former_province_code: place.former().map(FormerProvinceId::code),
            commune_code: place.commune().map(CommuneId::code),
            low_income: site.facts.flags.low_income,
            remote: site.facts.flags.remote,
            woman_headed: site.facts.flags.woman_headed,
            etag: record.site_revision_tag(),
            private: (private && !record.private.is_empty()).then(|| PrivateView::of(&record.private)),
        }
    }
}

impl SiteView {
    /// Without personal data.
    #[must_use]
    pub fn without_private(self) -> Self {
        Self { private: None, ..self }
    }
}

impl PrivateView {
    /// Everything personal that is held of a site.
    pub fn of(private: &PrivateFacts) -> Self {
        let degrees = |microdeg: i32| f64::from(microdeg) / 1e6;
        Self {
            address: private.address.as_ref().map(|address| address.as_str().to_owned()),
            grid_customer_code: private.grid_customer_code.as_ref().map(|code| code.as_str().to_owned()),
            location: private
                .location
                .map(|point| LocationView { lat: degrees(point.lat_microdeg()), lon: degrees(point.lon_microdeg()) }),
            consent: private.consent.map(|consent| ConsentView { on: consent.on, text_version: consent.text_version }),
            consent_withdrawn_on: private.consent_withdrawn_on,
        }
    }
}
