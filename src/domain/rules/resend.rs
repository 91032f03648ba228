//! A request whose external id is registered already: the same content is accepted again, other content is refused.

use serde_json::{Value, json};

use crate::domain::records::{AttributesSold, Finance, Installation, MeasureLine, PowerUse, SiteRecord, SystemOwner};
use crate::domain::refusals::{Difference, Refusal};
use crate::domain::values::{ExternalId, SiteId, Status, Vnd, units};

use super::registration::{NewInstallation, SiteClaim};

/// Compares a request with the installation that is registered under its external id. The same content passes. A recorded
/// status that is further along passes too. `named_site` is the site that the request names.
pub fn compare_resent(
    new: &NewInstallation,
    record: &SiteRecord,
    recorded: &Installation,
    named_site: Option<SiteId>,
) -> Result<(), Refusal> {
    let current = record.current(recorded);
    if matches!(current.status, Status::Rejected | Status::Withdrawn) {
        return Err(Refusal::Ended(current));
    }
    let differences = differences(new, record, recorded, named_site);
    if differences.is_empty() { Ok(()) } else { Err(Refusal::Different { current, differences }) }
}

/// The facts in which the request and the record differ.
fn differences(
    new: &NewInstallation,
    record: &SiteRecord,
    recorded: &Installation,
    named_site: Option<SiteId>,
) -> Vec<Difference> {
    let mut found = Vec::new();
    let mut compare = |pointer, same: bool, recorded: Value| {
        if !same {
            found.push(Difference { pointer, recorded });
        }
    };
    let same_site = named_site == Some(record.site.id);
    match &new.site {
        SiteClaim::Known { .. } => compare("/site/id", same_site, json!(record.site.id)),
        SiteClaim::Described { external_id: Some(_), .. } => {
            let recorded = record.external_id.as_ref().map(ExternalId::as_str);
            compare("/site/external_id", same_site, json!(recorded));
        }
        SiteClaim::Described { external_id: None, .. } => {}
    }
    let installed_on = recorded.state.installed_on();
    let further_along = new.installed_on.is_none();
    compare("/installed_on", further_along || new.installed_on == installed_on, json!(installed_on));
    let lines = recorded.measures.as_slice();
    let same_measures = new.measures.by_number() == recorded.measures;
    compare("/measures", same_measures, Value::Array(lines.iter().map(line_value).collect()));
    let (sent, terms) = (&new.terms, &recorded.terms);
    compare("/project_code", sent.project == terms.project, json!(terms.project));
    compare("/cost_vnd", sent.cost == terms.cost, json!(terms.cost.map(Vnd::vnd)));
    compare("/support_vnd", sent.support == terms.support, json!(terms.support.map(Vnd::vnd)));
    compare("/finance", sent.finance == terms.finance, json!(terms.finance.map(Finance::as_str)));
    compare(
        "/system_owner",
        sent.system_owner == terms.system_owner,
        json!(terms.system_owner.map(SystemOwner::as_str)),
    );
    compare("/power_use", sent.power_use == terms.power_use, json!(terms.power_use.map(PowerUse::as_str)));
    let sold = terms.attributes_sold.map(AttributesSold::as_str);
    compare("/attributes_sold", sent.attributes_sold == terms.attributes_sold, json!(sold));
    found
}

/// A measure line as the request writes it.
fn line_value(line: &MeasureLine) -> Value {
    let (measure, quantity) = (line.measure.code(), units(line.quantity.milli()));
    match line.inverter_w {
        Some(inverter) => json!({"measure": measure, "quantity": quantity, "inverter_kw": units(inverter.milli())}),
        None => json!({"measure": measure, "quantity": quantity}),
    }
}
