//! The bodies that describe sites: the site of a new installation, its location and consent, and the
//! correction of a site.

use chrono::NaiveDate;

use crate::api::body::{BodyReader, NotNull, Pointer, Read, body, integer_within, is_given};
use crate::domain::records::{
    CONSENT_TEXT_VERSION, Consent, GridCode, Location, PrivateFacts, SiteFacts, consent_text,
};
use crate::domain::reference::{CommuneId, FormerProvinceId, Place, ProvinceId};
use crate::domain::rules::{Amend, SiteClaim, SiteCorrection, SiteSaid};
use crate::domain::values::{Address, CorrectReason, Expected, ExternalId, Fault, Flags, Note, Rule, SiteId, SiteKind};

/// The site that a registration names, and the personal data that came with it.
pub struct NamedSite {
    pub claim: SiteClaim,
    pub private: PrivateFacts,
}

impl NamedSite {
    /// Whether a householder must have consented: a home that can be identified needs it, and a site
    /// named only by its id may be a home.
    pub fn needs_consent(&self) -> bool {
        let kind = match &self.claim {
            SiteClaim::Known { said, .. } => said.kind,
            SiteClaim::Described { facts, .. } => Some(facts.kind),
        };
        self.private.identifies() && kind.is_none_or(|kind| kind == SiteKind::Home)
    }
}

/// A correction, and why.
pub struct Reasoned<T> {
    /// The facts to change.
    pub correction: T,
    /// The reason, by its code.
    pub reason: CorrectReason,
    /// The reason, in words.
    pub note: Option<Note>,
}

body! {
    /// The site of an installation: named by `id`, or described.
    pub struct CreateSite -> NamedSite {
        /// The id of a site from an earlier answer. With it, every other field is optional.
        id: Option<SiteId>,
        /// Your own number of the site, at most 100 characters. The same number is always the same site. Not beside `id`.
        external_id: Option<ExternalId>,
        /// The kind of the site. Required without `id`.
        kind: Option<SiteKind>,
        /// The province, for example "01" for Hà Nội, see /v1/provinces. Required without `id`.
        province_code: Option<ProvinceId>,
        /// The commune, five digits, for example "00004", see /v1/communes. It must lie in the province.
        commune_code: Option<CommuneId>,
        /// The former province (list of 63), see /v1/provinces. Left out, it follows from the commune or from a
        /// province that was never merged; otherwise it stays unknown.
        former_province_code: Option<FormerProvinceId>,
        /// The address line, at most 300 characters. Personal data: a home with it needs `consent`.
        address: Option<Address>,
        /// The electricity customer code, for example "PD01000123456". Personal data: a home with it needs `consent`.
        grid_customer_code: Option<GridCode>,
        /// The point on the map. Personal data: a home with it needs `consent`.
        location: Option<CreateLocation>,
        /// Whether a low-income household lives here. Left out: unknown.
        low_income: Option<bool>,
        /// Whether the place is remote. Left out: unknown.
        remote: Option<bool>,
        /// Whether a woman heads the household. Left out: unknown.
        woman_headed: Option<bool>,
    }
}

impl CreateSite {
    fn settle(self, at: &Pointer<'_>, reader: &mut BodyReader) -> Option<NamedSite> {
        let by_id = is_given(&self.id);
        if by_id && is_given(&self.external_id) {
            reader.fault::<()>(&at.member("external_id"), Fault::NotAllowed { rule: Rule::SiteNamedTwice });
        }
        if !by_id && !is_given(&self.kind) {
            reader.fault::<()>(&at.member("kind"), Fault::Missing);
        }
        if !by_id && !is_given(&self.province_code) {
            reader.fault::<()>(&at.member("province_code"), Fault::Missing);
        }
        let place = SentPlace {
            province: self.province_code,
            commune: self.commune_code.flatten(),
            former: self.former_province_code.flatten(),
        };
        let place = place.settle(at, reader);
        let flags = Flags {
            low_income: self.low_income.flatten(),
            remote: self.remote.flatten(),
            woman_headed: self.woman_headed.flatten(),
        };
        let private = PrivateFacts {
            address: self.address.flatten(),
            grid_customer_code: self.grid_customer_code.flatten(),
            location: self.location.flatten(),
            consent: None,
            consent_withdrawn_on: None,
        };
        let kind = self.kind.flatten();
        let claim = if by_id {
            SiteClaim::Known { id: self.id??, said: SiteSaid { kind, place, flags } }
        } else {
            let facts = SiteFacts { kind: kind?, place: place?, flags };
            SiteClaim::Described { external_id: self.external_id.flatten(), facts }
        };
        Some(NamedSite { claim, private })
    }
}

/// The fields of a body that say where a site is.
struct SentPlace {
    province: Read<Option<ProvinceId>>,
    commune: Option<CommuneId>,
    former: Option<FormerProvinceId>,
}

impl SentPlace {
    /// The place. A province that was left out follows from the commune or the former province.
    fn settle(self, at: &Pointer<'_>, reader: &mut BodyReader) -> Option<Place> {
        let Self { province, commune, former } = self;
        let follows = commune.map(|commune| commune.commune().province);
        let follows = follows.or(former.map(|former| former.former_province().province));
        let province = if is_given(&province) { province.flatten() } else { follows };
        Place::new(province?, commune, former)
            .map_err(|wrong| {
                for (name, fault) in wrong {
                    reader.fault::<()>(&at.member(name), fault);
                }
            })
            .ok()
    }
}

body! {
    /// A point in degrees (WGS 84) within Việt Nam.
    pub struct CreateLocation -> Location {
        /// Latitude in degrees, for example 21.03.
        #[schema(minimum = 8.0, maximum = 23.5)]
        lat: f64,
        /// Longitude in degrees, for example 105.85.
        #[schema(minimum = 102.0, maximum = 116.0)]
        lon: f64,
    }
}

impl CreateLocation {
    fn settle(self, at: &Pointer<'_>, reader: &mut BodyReader) -> Option<Location> {
        let (lat, lon) = (self.lat?, self.lon?);
        reader.note(at, Location::parse(lat, lon))
    }
}

body! {
    /// The householder's consent to keep personal data.
    pub struct CreateConsent -> Consent {
        /// The day on which the householder agreed (YYYY-MM-DD, Hà Nội), not before the text was in force. Example: 2026-11-27.
        on: NaiveDate,
        /// The version of the text that the householder agreed to, see /v1/consent/{version}. Example: 2.
        #[schema(minimum = 1)]
        text_version: i32,
    }
}

impl CreateConsent {
    fn settle(self, at: &Pointer<'_>, reader: &mut BodyReader) -> Option<Consent> {
        let newest = CONSENT_TEXT_VERSION;
        let version = self
            .text_version
            .map(|number| integer_within(&number, 1, newest.into()).map_err(|_| Fault::NotTheConsentText { newest }));
        let version = reader.note(&at.member("text_version"), version?)?;
        let (on, text_version) = (self.on?, i32::try_from(version).ok()?);
        let from = consent_text(text_version)?.in_force_from;
        if on < from {
            return reader.fault(&at.member("on"), Fault::BeforeConsentText { from });
        }
        Some(Consent { on, text_version })
    }
}

body! {
    /// A correction of a site. A field that is sent replaces the fact, `null` makes the fact unknown, a field that is
    /// left out leaves the fact as it is.
    pub struct CorrectSite -> Reasoned<SiteCorrection> {
        /// The kind of the site. It cannot become unknown.
        kind: NotNull<SiteKind> as Option<SiteKind>,
        /// The province. It replaces the whole place: a commune or former province that is not sent beside it becomes
        /// unknown.
        province_code: Amend<ProvinceId> as Option<ProvinceId>,
        /// The commune, five digits, for example "00004", see /v1/communes.
        commune_code: Amend<CommuneId> as Option<CommuneId>,
        /// The province before July 2025, see /v1/provinces.
        former_province_code: Amend<FormerProvinceId> as Option<FormerProvinceId>,
        /// The address line, at most 300 characters. Personal data.
        address: Amend<Address> as Option<Address>,
        /// The electricity customer code, for example "PD01000123456". Personal data.
        grid_customer_code: Amend<GridCode> as Option<GridCode>,
        /// The point on the map. Personal data.
        location: Amend<CreateLocation> as Option<CreateLocation>,
        /// Whether a low-income household lives here.
        low_income: Amend<bool> as Option<bool>,
        /// Whether the place is remote.
        remote: Amend<bool> as Option<bool>,
        /// Whether a woman heads the household.
        woman_headed: Amend<bool> as Option<bool>,
        /// The householder's consent. A home with address, customer code or location needs it.
        consent: Amend<CreateConsent> as Option<CreateConsent>,
        /// Why the site is corrected.
        reason: CorrectReason,
        /// A remark, at most 500 characters.
        note: Option<Note>,
    }
}

impl CorrectSite {
    fn settle(self, at: &Pointer<'_>, reader: &mut BodyReader) -> Option<Reasoned<SiteCorrection>> {
        let province = match self.province_code {
            Some(Amend::Clear) => {
                let fault = Fault::WrongType { expected: Expected::String };
                reader.fault::<()>(&at.member("province_code"), fault);
                Some(None)
            }
            Some(Amend::Keep) => Some(None),
            Some(Amend::Set(province)) => Some(Some(province)),
            None => None,
        };
        let cleared = [
            ("commune_code", matches!(self.commune_code, Some(Amend::Clear))),
            ("former_province_code", matches!(self.former_province_code, Some(Amend::Clear))),
        ];
        for (name, _) in cleared.into_iter().filter(|(_, cleared)| *cleared && !is_given(&province)) {
            reader.fault::<()>(&at.member(name), Fault::NotAllowed { rule: Rule::PlaceAsAWhole });
        }
        let place = SentPlace { province, commune: set(self.commune_code), former: set(self.former_province_code) };
        let correction = SiteCorrection {
            place: place.settle(at, reader),
            kind: self.kind?,
            low_income: self.low_income?,
            remote: self.remote?,
            woman_headed: self.woman_headed?,
            address: self.address?,
            grid_customer_code: self.grid_customer_code?,
            location: self.location?,
            consent: self.consent?,
        };
        Some(Reasoned { correction, reason: self.reason?, note: self.note? })
    }
}

/// The value that a correction sets, if it sets one.
fn set<T>(amend: Option<Amend<T>>) -> Option<T> {
    if let Some(Amend::Set(value)) = amend { Some(value) } else { None }
}
