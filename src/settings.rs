//! Settings: flags, then environment, then defaults that work.

use std::collections::BTreeMap;
use std::fmt::Display;
use std::fs;
use std::path::{Path, PathBuf};

use clap::Args;
use validator::Validate;

use crate::db::Url;
use crate::domain::values::is_hidden;
use crate::register::PublicSettings;

/// The data directory where none is named.
pub const DATA_DIR: &str = "data";

/// The settings of every command; each can also come from the environment.
#[derive(Args, Validate, Clone)]
#[command(next_help_heading = "Settings of the service")]
pub struct Settings {
    /// Directory for the SQLite database and the signing key
    #[arg(long, env = "GREEN_HOMES_DATA_DIR", default_value = DATA_DIR, global = true)]
    pub data_dir: PathBuf,

    /// Address and port to listen on, unless systemd hands over a socket
    #[arg(long, env = "GREEN_HOMES_LISTEN", default_value = "127.0.0.1:8080", global = true)]
    pub listen: String,

    /// Address and port for operators: /metrics, /livez, /readyz; not for the public [default: none]
    #[arg(long, env = "GREEN_HOMES_METRICS_LISTEN", global = true)]
    pub metrics_listen: Option<String>,

    /// <sqlite://path> or <postgres://user@host/name> [default: sqlite:// in the data directory]
    #[arg(long, env = "DATABASE_URL", hide_env_values = true, global = true)]
    pub database_url: Option<String>,

    /// File that holds the database URL, instead of --database-url
    #[arg(long, env = "DATABASE_URL_FILE", global = true)]
    pub database_url_file: Option<PathBuf>,

    /// Folder with further methodologies, N.json each, beside those that are built in [default: none]
    #[arg(long, env = "GREEN_HOMES_METHODOLOGY_DIR", global = true)]
    pub methodology_dir: Option<PathBuf>,

    /// URL under which the public reaches the service: issuer of tokens, Location, permalinks
    #[arg(long, env = "GREEN_HOMES_PUBLIC_URL", default_value = "http://127.0.0.1:8080", global = true)]
    #[validate(url(message = "is no URL"))]
    pub public_url: String,

    /// Who publishes the register, as citations name it
    #[arg(long, env = "GREEN_HOMES_PUBLISHER", default_value = "GreenID & VCCA", global = true)]
    #[validate(length(min = 1, max = 200, message = "has 1 to 200 characters"))]
    pub publisher: String,

    /// Whether the headline of each month's last day is published for good when the month is over
    #[arg(long, env = "GREEN_HOMES_MONTHLY_RELEASES", default_value_t = true, action = clap::ArgAction::Set, global = true)]
    pub monthly_releases: bool,

    /// Connections to the database
    #[arg(long, env = "GREEN_HOMES_DATABASE_CONNECTIONS", default_value_t = 10, global = true)]
    #[validate(range(min = 6, max = 200, message = "is from 6 to 200"))]
    pub database_connections: u32,

    /// The database runs on this machine, though its address is another (as in containers), so that its clock proves nothing
    #[arg(long, env = "GREEN_HOMES_DATABASE_SHARES_CLOCK", global = true)]
    pub database_shares_clock: bool,

    /// Writes that may wait for the database; one more is answered 503
    #[arg(long, env = "GREEN_HOMES_QUEUE", default_value_t = crate::register::QUEUE, global = true)]
    #[validate(range(min = 1, max = 100_000, message = "is from 1 to 100000"))]
    pub queue: usize,

    /// Requests a second and client; ten seconds' worth may come at once; 0 is no limit
    #[arg(long, env = "GREEN_HOMES_CLIENT_RATE", default_value_t = 100, global = true)]
    #[validate(range(max = 1_000_000, message = "is from 0 to 1000000"))]
    pub client_rate: u32,

    /// Requests a second and address that need no valid token and cost something (tokens, refusals for want of one,
    /// /v1/communes, bridges, releases, past days, householders' codes); ten seconds' worth may come at once; 0 is no limit
    #[arg(long, env = "GREEN_HOMES_ADDRESS_RATE", default_value_t = 20, global = true)]
    #[validate(range(max = 1_000_000, message = "is from 0 to 1000000"))]
    pub address_rate: u32,

    /// New installations that a partner may register a day (Hà Nội), unless an administrator gave it a quota of its own; 0 is no limit
    #[arg(long, env = "GREEN_HOMES_DAILY_INSTALLATIONS", default_value_t = 2000, global = true)]
    #[validate(range(max = 20_000, message = "is from 0 to 20000"))]
    pub daily_installations: u32,

    /// Addresses or networks of reverse proxies, separated by commas: only they are believed what
    /// X-Forwarded-For says [default: none]
    #[arg(long, env = "GREEN_HOMES_TRUSTED_PROXIES", global = true)]
    pub trusted_proxies: Option<String>,

    /// Connections that may be open at a time; the next one waits to be accepted
    #[arg(long, env = "GREEN_HOMES_MAX_CONNECTIONS", default_value_t = 4096, global = true)]
    #[validate(range(min = 1, max = 1_000_000, message = "is from 1 to 1000000"))]
    pub max_connections: usize,

    /// Connections of one address that may be open at a time, and behind a trusted proxy requests of
    /// one address under way; 0 is no limit
    #[arg(long, env = "GREEN_HOMES_ADDRESS_CONNECTIONS", default_value_t = 256, global = true)]
    #[validate(range(max = 1_000_000, message = "is from 0 to 1000000"))]
    pub address_connections: usize,

    /// Threads that serve HTTP [default: one a processor]
    #[arg(long, env = "GREEN_HOMES_WORKERS", global = true)]
    #[validate(range(min = 1, max = 256, message = "is from 1 to 256"))]
    pub workers: Option<u16>,

    /// What is logged, as in `info` or `green_homes=debug`
    #[arg(long, env = "GREEN_HOMES_LOG", default_value = "info,actix_server=warn,actix_http=off", global = true)]
    pub log: String,
}

impl Settings {
    /// Checks every setting; the error lists those that are wrong, in words.
    pub fn check(&self) -> Result<(), String> {
        // It is put into stored JSON as it is.
        if self.public_url.contains(['"', '\\'])
            || self.public_url.chars().any(|one| one.is_whitespace() || one.is_control())
        {
            return Err("--public-url must have no quotation mark, backslash or space".to_owned());
        }
        if self.public_url.chars().any(is_hidden) || self.publisher.chars().any(is_hidden) {
            return Err("--public-url and --publisher must have no invisible character".to_owned());
        }
        let Err(errors) = self.validate() else { return Ok(()) };
        let mut lines: Vec<String> = errors
            .field_errors()
            .into_iter()
            .flat_map(|(field, errors)| {
                let name = field.replace('_', "-");
                errors.iter().map(move |error| {
                    format!("--{name} {}", error.message.clone().unwrap_or_else(|| error.code.clone()))
                })
            })
            .collect();
        lines.sort();
        Err(lines.join("; "))
    }

    /// The database: by its URL, by the file that holds the URL, or a file in the data directory.
    pub fn database(&self) -> Result<Url, String> {
        match (&self.database_url, &self.database_url_file) {
            (Some(_), Some(_)) => Err("set DATABASE_URL or DATABASE_URL_FILE, not both".to_owned()),
            (Some(url), None) => Url::parse(url),
            (None, Some(file)) => {
                let read = fs::read_to_string(file);
                let text = read.map_err(|error| format!("{} cannot be read: {error}", file.display()))?;
                Url::parse(text.trim())
            }
            (None, None) => Ok(Url::Sqlite(self.data_dir.join("green-homes.db").display().to_string())),
        }
    }

    /// The texts of the further methodologies, by number.
    pub fn methodologies(&self) -> Result<BTreeMap<i32, String>, String> {
        let Some(folder) = &self.methodology_dir else { return Ok(BTreeMap::new()) };
        let unreadable = |path: &Path, error: &dyn Display| format!("{} cannot be read: {error}", path.display());
        let mut found = BTreeMap::new();
        for entry in fs::read_dir(folder).map_err(|error| unreadable(folder, &error))? {
            let path = entry.map_err(|error| unreadable(folder, &error))?.path();
            if path.extension().is_some_and(|extension| extension == "json") {
                let number = number_of(&path).ok_or_else(|| {
                    format!("{} is not named by the number of a methodology, as 2.json is", path.display())
                })?;
                found.insert(number, fs::read_to_string(&path).map_err(|error| unreadable(&path, &error))?);
            }
        }
        Ok(found)
    }

    /// What public pages show, with the public URL without a slash at the end.
    #[must_use]
    pub fn public(&self) -> PublicSettings {
        PublicSettings {
            public_url: self.public_url.trim_end_matches('/').to_owned(),
            publisher: self.publisher.clone(),
        }
    }
}

/// The number that names a file. It must be written in the usual way, so that two files never have the same number.
fn number_of(path: &Path) -> Option<i32> {
    let name = path.file_stem()?.to_str()?;
    name.parse().ok().filter(|number: &i32| *number > 0 && number.to_string() == name)
}
