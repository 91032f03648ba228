//! The bodies of corrections: what stands there is changed, `null` makes a fact unknown, what is
//! left out stays (RFC 7396).

use chrono::NaiveDate;

use crate::api::http::{Faults, Node, Object, coded, read};
use crate::domain::records::GridCode;
use crate::domain::refusals::FieldFault;
use crate::domain::rules::{Correction, SiteCorrection, TermsCorrection};
use crate::domain::values::{Address, CorrectReason, Expected, Fault, Note, Rule, SiteKind, parse_past_day};

use super::body::{read_consent, read_location, read_measures, read_place, read_terms};

/// A correction with its reason and note.
pub type Reasoned<T> = (T, CorrectReason, Option<Note>);

/// Reads the body of `PATCH /v1/installations/{id}`.
pub fn read_correction(node: &Node, today: NaiveDate) -> Result<Reasoned<Correction>, Vec<FieldFault>> {
    read_reasoned(node, |body, faults| {
        for name in ["external_id", "site", "status"] {
            if body.has(name) {
                faults.add(body.at(name), Fault::NotAllowed { rule: Rule::NotCorrectable });
            }
            body.skip::<()>(name);
        }
        body.refuse_null("installed_on", Expected::String, faults);
        body.refuse_null("decommissioned_on", Expected::String, faults);
        body.refuse_null("measures", Expected::Array, faults);
        let installed_on = body.text("installed_on", faults, |raw| parse_past_day(raw, today));
        let decommissioned_on = body.text("decommissioned_on", faults, |raw| parse_past_day(raw, today));
        let measures = if body.has("measures") { read_measures(body, faults) } else { body.skip("measures") };
        let terms = read_terms(body, faults);
        let terms = TermsCorrection {
            project: body.amend("project_code", terms.project),
            cost: body.amend("cost_vnd", terms.cost),
            support: body.amend("support_vnd", terms.support),
            finance: body.amend("finance", terms.finance),
            system_owner: body.amend("system_owner", terms.system_owner),
            power_use: body.amend("power_use", terms.power_use),
            attributes_sold: body.amend("attributes_sold", terms.attributes_sold),
        };
        Correction { installed_on, decommissioned_on, measures, terms }
    })
}

/// Reads the body of `PATCH /v1/sites/{id}`. The place is corrected as a whole.
pub fn read_site_correction(node: &Node, today: NaiveDate) -> Result<Reasoned<SiteCorrection>, Vec<FieldFault>> {
    read_reasoned(node, |body, faults| {
        body.refuse_null("kind", Expected::String, faults);
        body.refuse_null("province_code", Expected::String, faults);
        if !body.has("province_code") {
            for name in ["commune_code", "former_province_code"].into_iter().filter(|name| body.is_null(name)) {
                faults.add(body.at(name), Fault::NotAllowed { rule: Rule::PlaceAsAWhole });
            }
        }
        let flag = |body: &mut Object<'_>, name, faults: &mut Faults| {
            let value = body.boolean(name, faults);
            body.amend(name, value)
        };
        let address = body.text("address", faults, Address::parse);
        let code = body.text("grid_customer_code", faults, GridCode::parse);
        let location = body.object("location", faults).and_then(|location| read_location(location, faults));
        let consent = body.object("consent", faults).and_then(|consent| read_consent(consent, today, faults));
        SiteCorrection {
            kind: body.text("kind", faults, coded(SiteKind::parse, SiteKind::CODES)),
            place: read_place(body, true, faults),
            low_income: flag(body, "low_income", faults),
            remote: flag(body, "remote", faults),
            woman_headed: flag(body, "woman_headed", faults),
            address: body.amend("address", address),
            grid_customer_code: body.amend("grid_customer_code", code),
            location: body.amend("location", location),
            consent: body.amend("consent", consent),
        }
    })
}

fn read_reasoned<T>(
    node: &Node,
    correction: impl FnOnce(&mut Object<'_>, &mut Faults) -> T,
) -> Result<Reasoned<T>, Vec<FieldFault>> {
    read(node, |body, faults| {
        let correction = correction(body, faults);
        let reason = body.required_text("reason", faults, coded(CorrectReason::parse, CorrectReason::CODES));
        let note = body.text("note", faults, Note::parse);
        Some((correction, reason?, note))
    })
}
