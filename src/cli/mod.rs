//! The command line. Output for programs goes to stdout, messages for people go to stderr. This layer must not decide: it
//! submits commands to the register and prints outcomes.

mod backup;
mod change;
mod clients;
mod clock;
mod erase;
mod methodology;
mod output;
mod partners;

use std::path::PathBuf;
use std::process::ExitCode;

use clap::{Parser, Subcommand};

use crate::api::operations::log_lines::LOG;
use crate::api::{documentation, routes};
use crate::cli::clients::ClientCommand;
use crate::cli::clock::ClockCommand;
use crate::cli::methodology::MethodologyCommand;
use crate::cli::output::{print_answer, say};
use crate::cli::partners::{PartnerCommand, ProjectCommand};
use crate::register::{Clock, system_clock};

use super::app;
use super::app::StartError;
use super::settings::Settings;

/// The register and public counter of Triệu Ngôi Nhà Xanh (Million Green Homes)
#[derive(Parser)]
#[command(version, about)]
struct Cli {
    #[command(flatten)]
    settings: Settings,
    #[command(subcommand)]
    command: Option<Command>,
}

#[derive(Subcommand)]
enum Command {
    /// Serve (the default)
    Serve,
    /// Make a new register, where there is none
    Init {
        /// Make it although the data directory belongs to a register whose database is gone
        #[arg(long)]
        begin_new_register: bool,
    },
    /// Bring the database's schema up to date
    Migrate,
    /// Partners: organisations that register installations
    Partner {
        #[command(subcommand)]
        command: PartnerCommand,
    },
    /// Projects, to which installations may belong
    Project {
        #[command(subcommand)]
        command: ProjectCommand,
    },
    /// Clients: programs and people with credentials
    Client {
        #[command(subcommand)]
        command: ClientCommand,
    },
    /// Methodologies: how emissions are estimated
    Methodology {
        #[command(subcommand)]
        command: MethodologyCommand,
    },
    /// The clock: whether it is believed, and the operator's word on it
    Clock {
        #[command(subcommand)]
        command: ClockCommand,
    },
    /// Erase the personal data of a site and every note about it; it stays in the count
    Erase(erase::EraseArguments),
    /// Prove that nothing was changed behind the register's back; exit code 1 if something was
    Audit,
    /// Back the register up into a new directory, while it may be in use, and audit the copy
    Backup {
        /// The directory; there is none yet, or it is empty
        directory: PathBuf,
    },
    /// Restore a backup into the data directory, which holds no database
    Restore {
        /// The directory of the backup
        directory: PathBuf,
        /// The id of the key that must have signed it, as `backup` printed it; without, the key in the data directory must
        /// have, if there is one
        #[arg(long, allow_hyphen_values = true)]
        kid: Option<String>,
    },
    /// Print the OpenAPI document
    Openapi,
}

/// Runs the program.
#[must_use]
pub fn main() -> ExitCode {
    let cli = Cli::parse();
    let ended = log_to_stderr(&cli.settings).map_err(StartError::from).and_then(|()| run(cli));
    let code = ended.unwrap_or_else(|error| {
        say!("green-homes: {error}");
        ExitCode::FAILURE
    });
    LOG.finish();
    code
}

fn run(cli: Cli) -> Result<ExitCode, StartError> {
    let (settings, clock) = (cli.settings, system_clock());
    settings.check()?;
    match cli.command.unwrap_or(Command::Serve) {
        Command::Serve => serve(&settings, &clock)?,
        Command::Init { begin_new_register } => {
            let database = app::begin_register(&settings, &clock, begin_new_register)?;
            say!("a new register at {}", database.url());
        }
        Command::Migrate => {
            app::existing_database(&settings)?;
            let database = app::open_database(&settings, &clock)?;
            say!("the schema of {} is up to date", database.url());
        }
        Command::Partner { command } => partners::partner(&settings, &clock, command)?,
        Command::Project { command } => partners::project(&settings, &clock, command)?,
        Command::Client { command } => clients::client(&settings, &clock, command)?,
        Command::Methodology { command } => methodology::methodology(&settings, &clock, command)?,
        Command::Clock { command } => {
            return Ok(if clock::clock(&settings, &clock, command)? { ExitCode::SUCCESS } else { ExitCode::FAILURE });
        }
        Command::Erase(arguments) => erase::erase(&settings, &clock, &arguments)?,
        Command::Audit => return backup::run_audit(&settings, &clock),
        Command::Backup { directory } => backup::run_backup(&settings, &clock, &directory)?,
        Command::Restore { directory, kid } => backup::run_restore(&settings, &clock, &directory, kid)?,
        Command::Openapi => print_answer(documentation::document_json(routes::ROUTES).trim_end())?,
    }
    Ok(ExitCode::SUCCESS)
}

fn serve(settings: &Settings, clock: &Clock) -> Result<(), StartError> {
    app::serve(settings, clock, |service| {
        let (address, public) = (service.address, settings.public());
        if let Some(operators) = service.metrics_address {
            say!("metrics at http://{operators}/metrics");
        }
        say!(
            "listening on http://{address} (documentation at /docs); links and tokens name {} (--public-url)",
            public.public_url
        );
        say!("database {}", service.database);
        if service.has_no_clients() {
            say!("add a client: green-homes client add --role admin --name NAME");
        } else if public.is_placeholder() {
            say!(
                "WARNING: this register is in use, and days are about to be sealed and cited, but its links name {}, which \
                 nobody else can open: set --public-url to the address of the service",
                public.public_url
            );
        }
    })
}

/// Sends the log to stderr, and starts the thread that writes it.
fn log_to_stderr(settings: &Settings) -> std::io::Result<()> {
    let filter = tracing_subscriber::EnvFilter::try_new(&settings.log)
        .unwrap_or_else(|_| tracing_subscriber::EnvFilter::new("info"));
    let log = tracing_subscriber::fmt().json().with_env_filter(filter).with_writer(|| &LOG);
    // Told of its own errors it would say them on stderr by `eprintln!`, which panics when stderr is gone.
    log.log_internal_errors(false).init();
    LOG.start()
}
