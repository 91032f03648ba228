//! `erase`: deletes the personal data of one site, at the householder's wish. It shows what it found, and asks.

use clap::{ArgGroup, Args};

use crate::app;
use crate::app::StartError;
use crate::db::records::{by_id, by_partner_names, by_personal_data};
use crate::db::{Connection, Url};
use crate::domain::records::{GridCode, SiteRecord};
use crate::domain::reference::fold;
use crate::domain::values::{Address, Code, ExternalId, InstallationId, SiteId};
use crate::register::{Clock, Command as Change, Done, HomeCommand, HomeDone};
use crate::settings::Settings;

use super::change::{change, said, tidied};
use super::output::{confirm, print_answer, say};

/// Sites that are shown when several are found.
const SHOWN: usize = 20;

#[derive(Args)]
#[command(group = ArgGroup::new("home").required(true))]
pub(super) struct EraseArguments {
    /// The id of one of the installations at the site
    #[arg(long, group = "home")]
    installation: Option<String>,
    /// The id of the site
    #[arg(long, group = "home")]
    site: Option<String>,
    /// The number that the partner gave to the site or to one of its installations
    #[arg(long, group = "home", requires = "partner")]
    external_id: Option<String>,
    /// The code of the partner, with --external-id
    #[arg(long, requires = "external_id", conflicts_with_all = ["installation", "site", "customer_code", "address"])]
    partner: Option<String>,
    /// The electricity customer code
    #[arg(long, group = "home")]
    customer_code: Option<String>,
    /// A part of the address, with or without diacritics
    #[arg(long, group = "home")]
    address: Option<String>,
    /// Erase without asking
    #[arg(long)]
    yes: bool,
}

/// Carries out `erase`, and prints what it deleted.
pub(super) fn erase(settings: &Settings, clock: &Clock, arguments: &EraseArguments) -> Result<(), StartError> {
    let found = find(settings, arguments)?;
    let site = choose(&found)?;
    say_others(settings, &found)?;
    if !arguments.yes {
        let question =
            "Erase address, customer code, location and every note for good? The site stays in the count. Type yes:";
        confirm(question, "nothing was erased")?;
    }
    let done = change(settings, clock, Change::Home(HomeCommand::Erase { site }))?;
    let Done::Home(HomeDone::Erased(erased)) = done else { return Err("the answer is another's".into()) };
    let printed = print_answer(serde_json::to_string(&erased)?);
    let url = settings.database()?;
    if matches!(url, Url::Sqlite(_)) {
        if !app::current_database(settings)?.empty_log()? {
            say!(
                "the write-ahead log is in use and still holds the old bytes: in a quiet moment run `green-homes erase --site {site} --yes`"
            );
        }
    } else {
        say!("dead rows hold the old bytes until PostgreSQL vacuums them: VACUUM site_private, entry_facts");
    }
    say!(
        "backups and copies before migrations (backups/schema-*.db) made before hold the old bytes: see \
         docs/processing-register.md"
    );
    printed
}

/// The sites that are meant, each as it stands, or the site that took its place. There is at least one.
fn find(settings: &Settings, arguments: &EraseArguments) -> Result<Vec<SiteRecord>, StartError> {
    let database = app::current_database(settings)?;
    let connection = &mut database.connection()?;
    let (ids, whom) = arguments.ids(connection)?;
    let records = by_id::successors(connection, &ids)?;
    let mut records: Vec<SiteRecord> = records.into_values().collect();
    records.sort_by_key(|record| record.site.id);
    records.dedup_by_key(|record| record.site.id);
    if records.is_empty() { Err(format!("there is no {whom}").into()) } else { Ok(records) }
}

impl EraseArguments {
    /// The ids of the sites that are meant, and what is looked for, in words.
    fn ids(&self, connection: &mut Connection) -> Result<(Vec<SiteId>, String), StartError> {
        let tidy = |flag: &str, given: &Option<String>| given.as_deref().map(|raw| tidied(flag, raw));
        if let Some(raw) = tidy("--site", &self.site) {
            let site = SiteId::parse(&raw).map_err(|fault| said("--site", fault))?;
            return Ok((vec![site], format!("site {site}")));
        }
        if let Some(raw) = tidy("--installation", &self.installation) {
            let id = InstallationId::parse(&raw).map_err(|fault| said("--installation", fault))?;
            return Ok((by_id::sites_of(connection, &[id])?.into_values().collect(), format!("installation {id}")));
        }
        if let Some(raw) = tidy("--customer-code", &self.customer_code) {
            let code = GridCode::parse(&raw).map_err(|fault| said("--customer-code", fault))?;
            let found = by_personal_data::with_customer_code(connection, &code)?;
            return Ok((found, format!("site with the customer code {}", code.as_str())));
        }
        if let Some(raw) = tidy("--address", &self.address) {
            let meant = fold(&raw);
            if meant.is_empty() {
                return Err("--address: say a part of it".into());
            }
            let found = by_personal_data::with_address(connection, |address| fold(address).contains(&meant))?;
            return Ok((found, format!("site with {raw:?} in its address")));
        }
        let (partner, external_id) = (tidy("--partner", &self.partner), tidy("--external-id", &self.external_id));
        let partner = Code::parse(&partner.unwrap_or_default()).map_err(|fault| said("--partner", fault))?;
        let external_id = ExternalId::parse(&external_id.unwrap_or_default());
        let external_id = external_id.map_err(|fault| said("--external-id", fault))?;
        let whom = format!("installation or site {} of {partner}", external_id.as_str());
        let named = vec![(partner, external_id)];
        let wanted =
            by_partner_names::NamesWanted { installations: named.clone(), sites: named, grid_codes: Vec::new() };
        let found = by_partner_names::find(connection, &wanted)?;
        let of_installations = found.installations.into_values().map(|(_, site)| site);
        Ok((of_installations.chain(found.sites.into_values()).collect(), whom))
    }
}

/// Shows what was found; several sites are for the operator to tell apart.
fn choose(found: &[SiteRecord]) -> Result<SiteId, StartError> {
    for record in found.iter().take(SHOWN) {
        show(record);
    }
    match found {
        [one] => Ok(one.site.id),
        several => {
            let more = several.len().saturating_sub(SHOWN);
            let more = if more > 0 { format!(" ({more} more are not shown)") } else { String::new() };
            let why = "erase each that is this person's by --site; nothing was erased";
            Err(format!("{} sites are meant{more}: {why}", several.len()).into())
        }
    }
}

/// Says which other sites have the same customer code: another partner may have recorded the same home, and after the erasure nothing
/// tells.
fn say_others(settings: &Settings, found: &[SiteRecord]) -> Result<(), StartError> {
    let codes = found.iter().filter_map(|record| Some((record.site.id, record.private.grid_customer_code.as_ref()?)));
    for (site, code) in codes {
        let database = app::current_database(settings)?;
        let same = by_personal_data::with_customer_code(&mut database.connection()?, code)?;
        for other in same.into_iter().filter(|other| *other != site) {
            say!(
                "WARNING: site {other} has the same customer code. If it is the same home: green-homes erase --site {other}"
            );
        }
    }
    Ok(())
}

fn show(record: &SiteRecord) {
    let SiteRecord { site, private, installations, .. } = record;
    say!("site {}: {} in {}", site.id, site.facts.kind.as_str(), site.facts.place.province().province().name_vi);
    let or_none = |text: Option<&str>| text.unwrap_or("none").to_owned();
    say!("  address: {}", or_none(private.address.as_ref().map(Address::as_str)));
    say!("  customer code: {}", or_none(private.grid_customer_code.as_ref().map(GridCode::as_str)));
    say!("  location: {}", if private.location.is_some() { "recorded" } else { "none" });
    match (private.consent, private.consent_withdrawn_on) {
        (_, Some(day)) => say!("  consent: withdrawn on {day}"),
        (Some(consent), None) => say!("  consent: of {}, to text {}", consent.on, consent.text_version),
        (None, None) => say!("  consent: none"),
    }
    for installation in installations {
        let (status, name) = (installation.state.status().as_str(), installation.external_id.as_str());
        say!("  installation {}: {status}, {name} of {}", installation.id, installation.partner);
    }
}
