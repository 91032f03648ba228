//! The body of `POST /v1/installations`.

use chrono::NaiveDate;

use crate::api::body::{AtMost, BodyReader, FromNode, Node, Pointer, body, is_given};
use crate::api::sites::{CreateConsent, CreateSite, NamedSite};
use crate::domain::records::{
    AttributesSold, Finance, MAX_LINES, MeasureLine, MeasureLines, PowerUse, PrivateFacts, SystemOwner, Terms,
};
use crate::domain::reference::MeasureId;
use crate::domain::rules::NewInstallation;
use crate::domain::values::{Code, Expected, ExternalId, Fault, NewStatus, Quantity, Rule, Vnd};

body! {
    /// An installation to register.
    #[schema(example = json!({"external_id": "MGH-2026-0001", "status": "installed", "installed_on": "2026-10-02",
        "site": {"external_id": "NHA-17", "kind": "home", "province_code": "01", "commune_code": "00004", "low_income": false},
        "measures": [{"measure": "rooftop_solar_pv", "quantity": 5.4}], "cost_vnd": 90_000_000, "finance": "loan"}))]
    pub struct CreateInstallation -> NewInstallation {
        /// Your own number of the installation, at most 100 characters. It names this installation for ever.
        external_id: ExternalId,
        /// The site of the installation.
        site: CreateSite,
        /// Whether the installation is planned or in place.
        status: NewStatus,
        /// The day of installation (YYYY-MM-DD, Hà Nội), not in the future. Required with `installed`, refused with `pledged`.
        /// Example: 2026-10-02.
        installed_on: Option<NaiveDate>,
        /// 1 to 20 measures, each once.
        #[schema(min_items = 1, max_items = 20)]
        measures: Measures as Vec<CreateMeasure>,
        /// The code of the project that the installation belongs to.
        project_code: Option<Code>,
        /// The total cost in whole đồng, for example 90000000.
        cost_vnd: Option<Vnd>,
        /// The part of the cost that was support, in whole đồng, 0 to 10,000,000,000,000. Example: 10000000.
        support_vnd: Option<Vnd>,
        /// Who paid.
        finance: Option<Finance>,
        /// Who owns the system.
        system_owner: Option<SystemOwner>,
        /// What the site does with its power.
        power_use: Option<PowerUse>,
        /// Whether the environmental attributes were sold to somebody else, and as what.
        attributes_sold: Option<AttributesSold>,
        /// The householder's consent. Required for a home with address, customer code or location.
        consent: Option<CreateConsent>,
    }
}

impl CreateInstallation {
    fn settle(self, at: &Pointer<'_>, reader: &mut BodyReader) -> Option<NewInstallation> {
        let installed_on = self.settle_installed_on(at, reader);
        if self.site.as_ref().is_some_and(NamedSite::needs_consent) && !is_given(&self.consent) {
            reader.fault::<()>(&at.member("consent"), Fault::ConsentRequired);
        }
        let site = self.site?;
        Some(NewInstallation {
            external_id: self.external_id?,
            site: site.claim,
            private: PrivateFacts { consent: self.consent?, ..site.private },
            installed_on: installed_on?,
            measures: self.measures?,
            terms: Terms {
                project: self.project_code?,
                cost: self.cost_vnd?,
                support: self.support_vnd?,
                finance: self.finance?,
                system_owner: self.system_owner?,
                power_use: self.power_use?,
                attributes_sold: self.attributes_sold?,
            },
        })
    }

    /// The day of installation, or none for a pledge; `None` outside where a fault stands in the way.
    #[expect(clippy::option_option, reason = "outside: whether it could be read; inside: whether there is one")]
    fn settle_installed_on(&self, at: &Pointer<'_>, reader: &mut BodyReader) -> Option<Option<NaiveDate>> {
        let at = at.member("installed_on");
        match (self.status?, is_given(&self.installed_on)) {
            (NewStatus::Pledged, true) => reader.fault(&at, Fault::NotAllowed { rule: Rule::Pledged }),
            (NewStatus::Installed, false) => reader.fault(&at, Fault::Missing),
            _ => self.installed_on,
        }
    }
}

body! {
    /// A measure with its size.
    pub struct CreateMeasure -> MeasureLine {
        /// The code of the measure, for example `rooftop_solar_pv`, see /v1/measures.
        measure: MeasureId,
        /// The size in the unit of the measure, above 0, with at most three decimals, for example 5.4 (kWp).
        quantity: Quantity,
        /// Rated power of the inverter in kW, above 0, at most three decimals. Example: 5. Solar measures only.
        inverter_kw: Option<Quantity>,
    }
}

impl CreateMeasure {
    fn settle(self, at: &Pointer<'_>, reader: &mut BodyReader) -> Option<MeasureLine> {
        let known = self.measure.map(MeasureId::measure);
        let ceiling = known.map_or(i64::MAX / 1_000, |measure| measure.hard_max_milli);
        let quantity = self.quantity.and_then(|raw| {
            let parsed = Quantity::parse(&raw, ceiling).and_then(|quantity| {
                let whole = known.is_none_or(|measure| !measure.whole_units) || quantity.is_whole();
                if whole { Ok(quantity) } else { Err(Fault::NotWhole) }
            });
            reader.note(&at.member("quantity"), parsed)
        });
        let at_inverter = at.member("inverter_kw");
        if is_given(&self.inverter_kw) && known.is_some_and(|measure| !measure.is_solar) {
            reader.fault::<()>(&at_inverter, Fault::NotAllowed { rule: Rule::NotSolar });
        }
        let inverter = self.inverter_kw.flatten();
        let inverter_w = inverter.and_then(|raw| reader.note(&at_inverter, Quantity::parse(&raw, ceiling)));
        Some(MeasureLine { measure: self.measure?, quantity: quantity?, inverter_w })
    }
}

/// The measures of one installation: an array of [`CreateMeasure`].
pub struct Measures;

impl FromNode for Measures {
    type Value = MeasureLines;
    const EXPECTED: Expected = Expected::Array;

    fn from_node(node: &Node, at: &Pointer<'_>, reader: &mut BodyReader) -> Option<MeasureLines> {
        let lines = AtMost::<CreateMeasure, MAX_LINES>::from_node(node, at, reader)?;
        MeasureLines::new(lines)
            .map_err(|wrong| {
                for (index, fault) in wrong {
                    match index {
                        Some(index) => reader.fault::<()>(&at.item(index).member("measure"), fault),
                        None => reader.fault(at, fault),
                    };
                }
            })
            .ok()
    }
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;
    use crate::api::body::{parse, read as read_body};
    use crate::domain::rules::SiteClaim;

    fn read(body: &Value) -> Result<NewInstallation, Vec<(String, &'static str)>> {
        let node = parse(body.to_string().as_bytes()).unwrap();
        let faults = read_body::<CreateInstallation>(&node, "2026-11-24".parse().unwrap());
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
            let node = parse(line.as_bytes()).unwrap();
            assert!(read_body::<CreateInstallation>(&node, "2026-11-24".parse().unwrap()).is_ok(), "{line}");
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
            let node = parse(text.as_bytes()).unwrap();
            let faults = read_body::<CreateInstallation>(&node, today).unwrap_err();
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
