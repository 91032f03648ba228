//! A made-up home in the two forms that the register takes: its own types, and JSON.

use green_homes::domain::records::{Consent, GridCode, MeasureLines, PrivateFacts, consent_text};
use green_homes::domain::rules::{NewInstallation, SiteClaim};
use green_homes::domain::values::units;
use green_homes::domain::values::{Address, Code, ExternalId, Quantity};
use serde_json::{Value, json};

use super::Result;
use super::generator::{Home, Job, PARTNERS};

/// The code of the partner that a seeded home belongs to.
pub fn partner_of(home: &Home) -> Code {
    partner(home.number % PARTNERS)
}

/// The code of a partner.
pub fn partner(number: u64) -> Code {
    Code::stored(format!("SEED-{number}"))
}

/// One job at a home as the domain knows it.
pub fn new_installation(home: &Home, place: usize, job: &Job) -> Result<NewInstallation> {
    let parse = |text: String| ExternalId::parse(&text).map_err(|fault| format!("{text}: {}", fault.code()));
    Ok(NewInstallation {
        external_id: parse(job_name(home, place))?,
        site: SiteClaim::Described { external_id: Some(parse(site_name(home))?), facts: home.facts },
        private: private(home)?,
        installed_on: job.installed_on,
        measures: MeasureLines::stored(job.lines.clone()),
        terms: job.terms.clone(),
    })
}

fn private(home: &Home) -> Result<PrivateFacts> {
    if !home.identified {
        return Ok(PrivateFacts::default());
    }
    let refused = |fault: green_homes::domain::values::Fault| fault.code();
    Ok(PrivateFacts {
        address: Some(Address::parse(&address(home)).map_err(refused)?),
        grid_customer_code: Some(GridCode::parse(&grid_code(home)).map_err(refused)?),
        location: None,
        consent: consent_day(home).map(|on| Consent { on, text_version: 1 }),
        consent_withdrawn_on: None,
    })
}

/// The first job at a home as the body of `POST /v1/installations`.
pub fn body(home: &Home) -> Option<Value> {
    let job = home.jobs.first()?;
    let place = &home.facts.place;
    let mut site = json!({
        "external_id": site_name(home), "kind": home.facts.kind.as_str(), "province_code": place.province().code(),
        "former_province_code": place.former().map(green_homes::domain::reference::FormerProvinceId::code),
        "commune_code": place.commune().map(green_homes::domain::reference::CommuneId::code),
        "low_income": home.facts.flags.low_income, "remote": home.facts.flags.remote,
        "woman_headed": home.facts.flags.woman_headed,
    });
    let terms = &job.terms;
    let mut body = json!({
        "external_id": job_name(home, 0), "installed_on": job.installed_on,
        "status": if job.installed_on.is_some() { "installed" } else { "pledged" },
        "cost_vnd": terms.cost.map(green_homes::domain::values::Vnd::vnd), "support_vnd": terms.support.map(green_homes::domain::values::Vnd::vnd),
        "finance": terms.finance.map(green_homes::domain::records::Finance::as_str),
        "system_owner": terms.system_owner.map(green_homes::domain::records::SystemOwner::as_str),
        "power_use": terms.power_use.map(green_homes::domain::records::PowerUse::as_str),
        "attributes_sold": terms.attributes_sold.map(green_homes::domain::records::AttributesSold::as_str),
    });
    let mut measures = Vec::new();
    for line in &job.lines {
        let inverter = line.inverter_w.map(Quantity::milli).map(units);
        measures.push(without_nulls(
            json!({"measure": line.measure.code(), "quantity": units(line.quantity.milli()), "inverter_kw": inverter}),
        ));
    }
    if home.identified {
        put(&mut site, "address", address(home).into());
        put(&mut site, "grid_customer_code", grid_code(home).into());
        put(&mut body, "consent", json!({"on": consent_day(home)?, "text_version": 1}));
    }
    put(&mut body, "site", without_nulls(site));
    put(&mut body, "measures", measures.into());
    Some(without_nulls(body))
}

fn put(object: &mut Value, name: &str, value: Value) {
    if let Value::Object(members) = object {
        members.insert(name.to_owned(), value);
    }
}

/// What a sender does not know it leaves out.
fn without_nulls(mut value: Value) -> Value {
    if let Value::Object(members) = &mut value {
        members.retain(|_, member| !member.is_null());
    }
    value
}

fn site_name(home: &Home) -> String {
    format!("S-{}", home.number)
}

fn job_name(home: &Home, place: usize) -> String {
    format!("I-{}-{place}", home.number)
}

fn address(home: &Home) -> String {
    format!("Số {}, ngõ {}, đường Nguyễn Trãi", home.number % 300 + 1, home.number % 97 + 1)
}

fn grid_code(home: &Home) -> String {
    format!("PD{:011}", home.number)
}

fn consent_day(home: &Home) -> Option<chrono::NaiveDate> {
    let known = home.jobs.iter().find_map(|job| job.installed_on);
    // Nobody consented to the text before it was there.
    known.max(Some(consent_text(1)?.in_force_from))
}
