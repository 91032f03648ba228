//! `erase`: deletes the personal data of one site, at the householder's wish.

use clap::Args;

use crate::app;
use crate::app::StartError;
use crate::db::Url;
use crate::db::records::by_id;
use crate::domain::values::{InstallationId, SiteId};
use crate::register::{Clock, Command as Change, Done, HomeCommand, HomeDone};
use crate::settings::Settings;

use super::change::{change, said, tidied};
use super::output::{print_answer, say};

#[derive(Args)]
#[group(required = true, multiple = false)]
pub(super) struct EraseArguments {
    /// The id of one of the installations at the site
    #[arg(long)]
    installation: Option<String>,
    /// The id of the site
    #[arg(long)]
    site: Option<String>,
}

/// Carries out `erase`, and prints what it deleted.
pub(super) fn erase(settings: &Settings, clock: &Clock, arguments: &EraseArguments) -> Result<(), StartError> {
    let site = find_site(settings, arguments)?;
    let done = change(settings, clock, Change::Home(HomeCommand::Erase { site }))?;
    let Done::Home(HomeDone::Erased(erased)) = done else { return Err("the answer is another's".into()) };
    let printed = print_answer(serde_json::to_string(&erased)?);
    let url = settings.database()?;
    if matches!(url, Url::Sqlite(_)) {
        if !app::current_database(settings)?.empty_log()? {
            say!("the write-ahead log is in use and still holds the old bytes: run this again in a quiet moment");
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

fn find_site(settings: &Settings, arguments: &EraseArguments) -> Result<SiteId, StartError> {
    if let Some(site) = &arguments.site {
        return SiteId::parse(&tidied("--site", site)).map_err(|fault| said("--site", fault));
    }
    let id = arguments.installation.as_deref().unwrap_or_default();
    let id = InstallationId::parse(&tidied("--installation", id)).map_err(|fault| said("--installation", fault))?;
    let database = app::current_database(settings)?;
    let site = by_id::sites_of(&mut database.connection()?, &[id])?.remove(&id);
    site.ok_or_else(|| format!("there is no installation {id}").into())
}
