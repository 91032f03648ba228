//! The body of `POST /v1/installations`, read into types that cannot hold a wrong value.

use chrono::NaiveDate;
use serde_json::Number;

use crate::api::http::{Faults, Node, Object, coded};
use crate::domain::records::{
    AttributesSold, CONSENT_TEXT_VERSION, Consent, Finance, GridCode, Location, MAX_LINES, MeasureLine, MeasureLines,
    PowerUse, PrivateFacts, SiteFacts, SystemOwner, Terms, consent_text,
};
use crate::domain::reference::{MeasureId, Place, parse_commune, parse_former_province, parse_province};
use crate::domain::refusals::FieldFault;
use crate::domain::rules::{NewInstallation, SiteClaim, SiteSaid};
use crate::domain::values::{
    Address, Code, Expected, ExternalId, Fault, Flags, Quantity, Rule, SiteId, SiteKind, Vnd, parse_past_day,
};

/// The statuses that a registration may have.
pub const STATUSES: &[&str] = &["pledged", "installed"];

/// Reads a registration; every fault at once.
pub fn read_new_installation(node: &Node, today: NaiveDate) -> Result<NewInstallation, Vec<FieldFault>> {
    let mut faults = Faults::default();
    let read = Object::of(node, String::new(), &mut faults).and_then(|body| read(body, today, &mut faults));
    faults.settle(read)
}

fn read(mut body: Object<'_>, today: NaiveDate, faults: &mut Faults) -> Option<NewInstallation> {
    let external_id = body.required_text("external_id", faults, ExternalId::parse);
    let has_site = body.has("site");
    let site = body.object("site", faults);
    if !has_site {
        body.missing("site", faults);
    }
    let site = site.and_then(|site| read_site(site, faults));
    let installed_on = read_installed_on(&mut body, today, faults);
    let measures = read_measures(&mut body, faults);
    let terms = read_terms(&mut body, faults);
    let consent = body.object("consent", faults).and_then(|consent| read_consent(consent, today, faults));
    if let Some((claim, private)) = &site
        && needs_consent(claim, private)
        && !body.has("consent")
    {
        faults.add(body.at("consent"), Fault::ConsentRequired);
    }
    body.finish(faults);
    let (site, private) = site?;
    Some(NewInstallation {
        external_id: external_id?,
        site,
        private: PrivateFacts { consent, ..private },
        installed_on: installed_on?,
        measures: measures?,
        terms,
    })
}

/// The day of installation, or none for a pledge; `None` outside when it cannot be told.
#[expect(clippy::option_option, reason = "outside: whether it could be read; inside: whether there is one")]
fn read_installed_on(body: &mut Object<'_>, today: NaiveDate, faults: &mut Faults) -> Option<Option<NaiveDate>> {
    let is_pledge = coded(|raw| STATUSES.iter().position(|s| *s == raw).map(|place| place == 0), STATUSES);
    let pledged = body.required_text("status", faults, is_pledge);
    let given = body.has("installed_on");
    let day = body.text("installed_on", faults, |raw| parse_past_day(raw, today));
    match pledged? {
        true if given => {
            faults.add(body.at("installed_on"), Fault::NotAllowed { rule: Rule::Pledged });
            None
        }
        true => Some(None),
        false => {
            if !given {
                body.missing("installed_on", faults);
            }
            day.map(Some)
        }
    }
}

fn read_site(mut site: Object<'_>, faults: &mut Faults) -> Option<(SiteClaim, PrivateFacts)> {
    let by_id = site.has("id");
    let id = site.text("id", faults, SiteId::parse);
    let external_id = site.text("external_id", faults, ExternalId::parse);
    if by_id && site.has("external_id") {
        faults.add(site.at("external_id"), Fault::NotAllowed { rule: Rule::SiteNamedTwice });
    }
    let kind = site.text("kind", faults, coded(SiteKind::parse, SiteKind::CODES));
    if !by_id && !site.has("kind") {
        site.missing("kind", faults);
    }
    let place = read_place(&mut site, by_id, faults);
    let flags = Flags {
        low_income: site.boolean("low_income", faults),
        remote: site.boolean("remote", faults),
        woman_headed: site.boolean("woman_headed", faults),
    };
    let private = PrivateFacts {
        address: site.text("address", faults, Address::parse),
        grid_customer_code: site.text("grid_customer_code", faults, GridCode::parse),
        location: site.object("location", faults).and_then(|location| read_location(location, faults)),
        consent: None,
        consent_withdrawn_on: None,
    };
    site.finish(faults);
    let claim = if by_id {
        SiteClaim::Known { id: id?, said: SiteSaid { kind, place, flags } }
    } else {
        SiteClaim::Described { external_id, facts: SiteFacts { kind: kind?, place: place?, flags } }
    };
    Some((claim, private))
}

pub(in crate::api) fn read_place(site: &mut Object<'_>, optional: bool, faults: &mut Faults) -> Option<Place> {
    let province = site.text("province_code", faults, parse_province);
    let commune = site.text("commune_code", faults, parse_commune);
    let former = site.text("former_province_code", faults, parse_former_province);
    if !site.has("province_code") && !optional {
        site.missing("province_code", faults);
    }
    let unsaid = !site.has("province_code");
    let follows = commune.map(|commune| commune.commune().province);
    let follows = follows.or(former.map(|former| former.former_province().province)).filter(|_| unsaid);
    let placed = Place::new(province.or(follows)?, commune, former);
    let note = |wrong: Vec<(&str, Fault)>| wrong.into_iter().for_each(|(name, fault)| faults.add(site.at(name), fault));
    placed.map_err(note).ok()
}

pub(in crate::api) fn read_location(mut location: Object<'_>, faults: &mut Faults) -> Option<Location> {
    let degrees = |number: &Number| number.as_f64().ok_or(Fault::WrongType { expected: Expected::Number });
    let lat = location.required_number("lat", faults, degrees);
    let lon = location.required_number("lon", faults, degrees);
    let pointer = location.at("");
    location.finish(faults);
    let parsed = Location::parse(lat?, lon?);
    parsed.map_err(|fault| faults.add(pointer.trim_end_matches('/'), fault)).ok()
}

pub(in crate::api) fn read_consent(mut consent: Object<'_>, today: NaiveDate, faults: &mut Faults) -> Option<Consent> {
    let on = consent.required_text("on", faults, |raw| parse_past_day(raw, today));
    let text_version = consent.required_number("text_version", faults, |number| {
        let range = Fault::OutOfRange { min: 1, max: i64::from(CONSENT_TEXT_VERSION) };
        let version = number.as_i64().and_then(|version| i32::try_from(version).ok());
        version.filter(|version| (1..=CONSENT_TEXT_VERSION).contains(version)).ok_or(range)
    });
    let pointer = consent.at("on");
    consent.finish(faults);
    let (on, text_version) = (on?, text_version?);
    let from = consent_text(text_version)?.in_force_from;
    if on < from {
        faults.add(pointer, Fault::BeforeConsentText { from });
        return None;
    }
    Some(Consent { on, text_version })
}

/// A home that can be identified needs its householder's consent; a site named only by its id
/// may be a home.
fn needs_consent(claim: &SiteClaim, private: &PrivateFacts) -> bool {
    let kind = match claim {
        SiteClaim::Known { said, .. } => said.kind,
        SiteClaim::Described { facts, .. } => Some(facts.kind),
    };
    private.identifies() && kind.is_none_or(|kind| kind == SiteKind::Home)
}

pub(in crate::api) fn read_measures(body: &mut Object<'_>, faults: &mut Faults) -> Option<MeasureLines> {
    let items = body.required_array("measures", faults)?;
    if items.len() > MAX_LINES {
        faults.add(body.at("measures"), Fault::TooMany { max: MAX_LINES });
        return None;
    }
    let count = items.len();
    let lines: Vec<MeasureLine> =
        items.into_iter().filter_map(|(pointer, node)| read_line(Object::of(node, pointer, faults)?, faults)).collect();
    if lines.len() < count {
        return None;
    }
    let pointer = body.at("measures");
    let note = |wrong: Vec<(Option<usize>, Fault)>| {
        for (index, fault) in wrong {
            let at = index.map_or_else(|| pointer.clone(), |index| format!("{pointer}/{index}/measure"));
            faults.add(at, fault);
        }
    };
    MeasureLines::new(lines).map_err(note).ok()
}

fn read_line(mut line: Object<'_>, faults: &mut Faults) -> Option<MeasureLine> {
    let measure = line.required_text("measure", faults, |raw| MeasureId::parse(raw).ok_or(Fault::UnknownMeasure));
    let known = measure.map(MeasureId::measure);
    let ceiling = known.map_or(i64::MAX / 1_000, |measure| measure.hard_max_milli);
    let quantity = line.required_number("quantity", faults, |raw| {
        let quantity = Quantity::parse(raw, ceiling)?;
        let whole = known.is_none_or(|measure| !measure.whole_units) || quantity.is_whole();
        if whole { Ok(quantity) } else { Err(Fault::NotWhole) }
    });
    if line.has("inverter_kw") && known.is_some_and(|measure| !measure.is_solar) {
        faults.add(line.at("inverter_kw"), Fault::NotAllowed { rule: Rule::NotSolar });
    }
    let inverter_w = line.number("inverter_kw", faults, |raw| Quantity::parse(raw, ceiling));
    line.finish(faults);
    Some(MeasureLine { measure: measure?, quantity: quantity?, inverter_w })
}

pub(in crate::api) fn read_terms(body: &mut Object<'_>, faults: &mut Faults) -> Terms {
    Terms {
        project: body.text("project_code", faults, Code::parse),
        cost: body.number("cost_vnd", faults, Vnd::parse),
        support: body.number("support_vnd", faults, Vnd::parse),
        finance: body.text("finance", faults, coded(Finance::parse, Finance::CODES)),
        system_owner: body.text("system_owner", faults, coded(SystemOwner::parse, SystemOwner::CODES)),
        power_use: body.text("power_use", faults, coded(PowerUse::parse, PowerUse::CODES)),
        attributes_sold: body.text("attributes_sold", faults, coded(AttributesSold::parse, AttributesSold::CODES)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::{Value, json};

    fn read(body: &Value) -> Result<NewInstallation, Vec<(String, &'static str)>> {
        let node = crate::api::http::parse(body.to_string().as_bytes()).unwrap();
        let faults = read_new_installation(&node, "2026-11-24".parse().unwrap());
        faults.map_err(|faults| faults.into_iter().map(|f| (f.pointer, f.fault.code())).collect())
    }

    fn home() -> Value {
        json!({
            "external_id": "A-1", "status": "installed", "installed_on": "2026-11-20",
            "site": {"external_id": "S-1", "kind": "home", "province_code": "01"},
            "measures": [{"measure": "rooftop_solar_pv", "quantity": 5.4}]
        })
    }

    fn changed(pointer: &str, value: Value) -> Value {
        let mut body = home();
        let (parent, name) = pointer.rsplit_once('/').unwrap();
        let parent = body.pointer_mut(parent).unwrap();
        match parent.as_array_mut() {
            Some(array) => array.push(value),
            None => parent[name] = value,
        }
        body
    }

    #[test]
    fn read_every_line_of_the_pilot_parses() {
        for line in include_str!("../../../tests/data/pilot-2020.ndjson").lines() {
            let node = crate::api::http::parse(line.as_bytes()).unwrap();
            assert!(read_new_installation(&node, "2026-11-24".parse().unwrap()).is_ok(), "{line}");
        }
    }

    #[test]
    fn read_one_wrong_value_points_at_it() {
        let line = |measure: &str, quantity: f64| json!({"measure": measure, "quantity": quantity});
        let cases = [
            ("/external_id", json!(7), "/external_id", "wrong_type"),
            ("/external_id", json!("x".repeat(101)), "/external_id", "too_long"),
            ("/external_id", json!("a\u{0}b"), "/external_id", "forbidden_character"),
            ("/external_id", json!("a\u{202e}b"), "/external_id", "forbidden_character"),
            ("/installed_on", json!("2026-11-25"), "/installed_on", "in_the_future"),
            ("/installed_on", json!("2026-02-30"), "/installed_on", "not_a_date"),
            ("/installed_on", json!("1999-12-31"), "/installed_on", "too_early"),
            ("/installed_on", Value::Null, "/installed_on", "missing"),
            ("/status", json!("verified"), "/status", "unknown_value"),
            ("/status", json!("pledged"), "/installed_on", "not_allowed_here"),
            ("/site/province_code", json!("99"), "/site/province_code", "unknown_province"),
            ("/site/province_code", json!("74"), "/site/province_code", "retired_province_code"),
            ("/site/commune_code", json!("00001"), "/site/commune_code", "retired_commune_code"),
            ("/site/commune_code", json!("99999"), "/site/commune_code", "unknown_commune"),
            ("/site/commune_code", json!("25747"), "/site/commune_code", "commune_of_another_province"),
            ("/site/kind", json!("castle"), "/site/kind", "unknown_value"),
            ("/site/id", json!("nope"), "/site/id", "not_an_id"),
            ("/site/low_income", json!("yes"), "/site/low_income", "wrong_type"),
            ("/site/address", json!("12 Hàng Bài"), "/consent", "consent_required"),
            ("/site/location", json!({"lat": 105.8, "lon": 21.0}), "/site/location", "outside_viet_nam"),
            ("/measures", json!([]), "/measures", "empty"),
            ("/measures", json!([line("rooftop_solar_pv", 0.0)]), "/measures/0/quantity", "not_positive"),
            ("/measures", json!([line("rooftop_solar_pv", -1.0)]), "/measures/0/quantity", "not_positive"),
            ("/measures", json!([line("rooftop_solar_pv", 5.4321)]), "/measures/0/quantity", "too_many_decimals"),
            ("/measures", json!([line("rooftop_solar_pv", 100_000.5)]), "/measures/0/quantity", "above_ceiling"),
            ("/measures", json!([line("led_lighting", 2.5)]), "/measures/0/quantity", "not_whole"),
            ("/measures", json!([line("perpetual_motion", 1.0)]), "/measures/0/measure", "unknown_measure"),
            ("/measures/1", line("rooftop_solar_pv", 1.0), "/measures/1/measure", "duplicate_measure"),
            ("/measures", json!(vec![line("rooftop_solar_pv", 1.0); 21]), "/measures", "too_many"),
            ("/cost_vnd", json!(1.5), "/cost_vnd", "not_whole"),
            ("/support_vnd", json!(-1), "/support_vnd", "negative"),
            ("/finance", json!("magic"), "/finance", "unknown_value"),
            ("/consent", json!({"on": "2026-11-01", "text_version": 9}), "/consent/text_version", "out_of_range"),
            ("/consent", json!({"on": "2025-12-31", "text_version": 1}), "/consent/on", "before_consent_text"),
        ];
        for (pointer, value, at, code) in cases {
            let faults = read(&changed(pointer, value.clone())).expect_err(pointer);
            assert!(faults.contains(&(at.to_owned(), code)), "{pointer} {value}: {faults:?}");
        }
    }

    #[test]
    fn read_many_wrong_values_names_them_all() {
        let body = json!({
            "extra": 1, "status": "installed", "installed_on": "2030-01-01",
            "site": {"kind": "castle", "province_code": "74", "a/b~c": 1},
            "measures": [{"quantity": 0}, {"measure": "led_lighting", "quantity": 1, "inverter_kw": 2}]
        });
        let mut faults = read(&body).unwrap_err();
        faults.sort();
        let expected = [
            ("/external_id", "missing"),
            ("/extra", "unknown_field"),
            ("/installed_on", "in_the_future"),
            ("/measures/0/measure", "missing"),
            ("/measures/0/quantity", "not_positive"),
            ("/measures/1/inverter_kw", "not_allowed_here"),
            ("/site/a~1b~0c", "unknown_field"),
            ("/site/kind", "unknown_value"),
            ("/site/province_code", "retired_province_code"),
        ];
        assert_eq!(faults, expected.map(|(pointer, code)| (pointer.to_owned(), code)));
    }

    #[test]
    fn read_a_field_that_stands_twice_or_too_deep_is_refused() {
        let today = "2026-11-24".parse().unwrap();
        let codes = |text: &str| {
            let node = crate::api::http::parse(text.as_bytes()).unwrap();
            let faults = read_new_installation(&node, today).unwrap_err();
            faults.into_iter().map(|f| (f.pointer, f.fault.code())).collect::<Vec<_>>()
        };
        let twice = home().to_string().replacen('{', "{\"external_id\":\"B\",", 1);
        assert_eq!(codes(&twice), [("/external_id".to_owned(), "duplicate_field")]);
        assert_eq!(codes("[]"), [(String::new(), "wrong_type")]);
    }

    #[test]
    fn read_a_site_by_id_needs_nothing_else() {
        let id = "018f3c5e-8c7b-7abc-8def-0123456789ab";
        let body = changed("/site", json!({"id": id}));
        assert!(matches!(read(&body).unwrap().site, SiteClaim::Known { .. }));
        let both = changed("/site", json!({"id": id, "external_id": "S-1"}));
        assert_eq!(read(&both).unwrap_err(), [("/site/external_id".to_owned(), "not_allowed_here")]);
    }
}
