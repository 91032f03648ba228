//! The command line. What a program reads goes to stdout, everything else to stderr.

use std::process::ExitCode;

use clap::{Parser, Subcommand};
use serde_json::json;

use crate::api::auth::{hash_secret, new_client_id, new_secret};
use crate::api::openapi;
use crate::app::{self, StartError};
use crate::domain::actor::Role;
use crate::domain::administration::{NewClient, NewPartner};
use crate::domain::fault::{Because, Fault, Language};
use crate::domain::id::Code;
use crate::domain::refusal::Refusal;
use crate::domain::text::Name;
use crate::register::{Clock, Command as Change, Engine, Failure, Request, audit, system_clock};
use crate::settings::Settings;

/// Who acts on the command line, in entries.
const ACTOR: &str = "command-line";

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
    /// Bring the database's schema up to date
    Migrate,
    /// Partners: organisations that register installations
    Partner {
        #[command(subcommand)]
        command: PartnerCommand,
    },
    /// Clients: programs and people with credentials
    Client {
        #[command(subcommand)]
        command: ClientCommand,
    },
    /// Prove that nothing was changed behind the register's back; exit code 1 if something was
    Audit,
    /// Print the OpenAPI document
    Openapi,
}

#[derive(Subcommand)]
enum PartnerCommand {
    /// Add a partner
    Add {
        /// 2 to 20 of A-Z, 0-9 and hyphen; never changes
        #[arg(long)]
        code: String,
        /// Its name
        #[arg(long)]
        name: String,
        /// It only tries things out; never changes
        #[arg(long)]
        sandbox: bool,
    },
}

#[derive(Subcommand)]
enum ClientCommand {
    /// Add a client; prints its id and, this once, its secret
    Add {
        /// What it may do
        #[arg(long, value_parser = clap::builder::PossibleValuesParser::new(Role::CODES))]
        role: String,
        /// The code of the partner that it acts for, with the role partner
        #[arg(long)]
        partner: Option<String>,
        /// Who or what it is
        #[arg(long)]
        name: String,
    },
}

/// Runs the program.
#[must_use]
pub fn main() -> ExitCode {
    let cli = Cli::parse();
    log_to_stderr(&cli.settings);
    match run(cli) {
        Ok(code) => code,
        Err(error) => {
            eprintln!("green-homes: {error}");
            ExitCode::FAILURE
        }
    }
}

fn run(cli: Cli) -> Result<ExitCode, StartError> {
    let (settings, clock) = (cli.settings, system_clock());
    settings.check()?;
    match cli.command.unwrap_or(Command::Serve) {
        Command::Serve => serve(&settings, &clock)?,
        Command::Migrate => {
            app::open_database(&settings, &clock)?;
            eprintln!("the schema is up to date");
        }
        Command::Partner { command: PartnerCommand::Add { code, name, sandbox } } => {
            let code = Code::parse(&code).map_err(|fault| said("--code", fault))?;
            let name = Name::parse(&name).map_err(|fault| said("--name", fault))?;
            let shown = json!({"code": code});
            let new = NewPartner { code, name, kind: None, vcca_role: None, listed: false, sandbox };
            change(&settings, &clock, Change::AddPartner(new))?;
            println!("{shown}");
        }
        Command::Client { command: ClientCommand::Add { role, partner, name } } => {
            add_client(&settings, &clock, &role, partner.as_deref(), &name)?;
        }
        Command::Audit => return run_audit(&settings),
        Command::Openapi => print!("{}", openapi::document_json()),
    }
    Ok(ExitCode::SUCCESS)
}

fn serve(settings: &Settings, clock: &Clock) -> Result<(), StartError> {
    app::serve(settings, clock, |service| {
        let (address, public) = (service.address, settings.public_url());
        eprintln!(
            "listening on http://{address} (documentation at /docs); links and tokens name {public} (--public-url)"
        );
        eprintln!("database {}", service.database);
        eprintln!("add a client: green-homes client add --role admin --name NAME");
    })
}

fn add_client(
    settings: &Settings,
    clock: &Clock,
    role: &str,
    partner: Option<&str>,
    name: &str,
) -> Result<(), StartError> {
    let role = Role::parse(role).ok_or_else(|| said("--role", Fault::UnknownValue { allowed: Role::CODES }))?;
    match (role, partner) {
        (Role::Partner, None) => return Err(said("--partner", Fault::Missing)),
        (Role::Partner, Some(_)) | (_, None) => {}
        (_, Some(_)) => {
            return Err(said("--partner", Fault::NotAllowedHere { because: Because::NotAPartnerClient }));
        }
    }
    let partner = partner.map(Code::parse).transpose().map_err(|fault| said("--partner", fault))?;
    let name = Name::parse(name).map_err(|fault| said("--name", fault))?;
    let (client_id, secret) = (new_client_id(), new_secret().map_err(|_| "the system gives no random numbers")?);
    let secret_hash = hash_secret(&secret).map_err(|error| error.to_string())?;
    let shown = json!({"client_id": client_id, "client_secret": secret});
    change(settings, clock, Change::AddClient { new: NewClient { role, partner, name }, client_id, secret_hash })?;
    println!("{shown}");
    Ok(())
}

/// One change, beside a server that may be running: the lock of the head orders them.
fn change(settings: &Settings, clock: &Clock, command: Change) -> Result<(), StartError> {
    let database = app::open_database(settings, clock)?;
    let request = Request { actor: ACTOR.to_owned(), command };
    let mut executed = Engine::new(database, clock.clone()).execute(&[&request]);
    match executed.results.pop() {
        Some(Ok(_)) => Ok(()),
        Some(Err(Failure::Refused(refusal))) => Err(explain(&refusal).into()),
        Some(Err(Failure::Unavailable)) => Err("the database is busy or cannot be reached; try again".into()),
        Some(Err(Failure::Broken)) | None => Err("the change could not be written; the log says why".into()),
    }
}

fn explain(refusal: &Refusal) -> String {
    match refusal {
        Refusal::CodeTaken { .. } => "this code is taken".to_owned(),
        Refusal::Invalid(faults) => {
            let told = faults
                .iter()
                .map(|f| format!("--{}: {}", f.pointer.trim_start_matches('/'), f.fault.explain(Language::English)));
            told.collect::<Vec<_>>().join("; ")
        }
        _ => "refused".to_owned(),
    }
}

fn said(flag: &str, fault: Fault) -> StartError {
    format!("{flag}: {}", fault.explain(Language::English)).into()
}

fn run_audit(settings: &Settings) -> Result<ExitCode, StartError> {
    let url = settings.database()?;
    if let crate::db::Url::Sqlite(path) = &url
        && !std::path::Path::new(path).exists()
    {
        return Err(format!("there is no database at {path}").into());
    }
    let database = crate::db::Database::open(&url, settings.database_connections)?;
    let report = audit::audit(&database)?;
    println!("{}", serde_json::to_string_pretty(&report)?);
    if report.ok {
        eprintln!("the register is whole: {} entries", report.version);
        return Ok(ExitCode::SUCCESS);
    }
    eprintln!("{} things are wrong with the register", report.findings_total);
    Ok(ExitCode::FAILURE)
}

fn log_to_stderr(settings: &Settings) {
    let filter = tracing_subscriber::EnvFilter::try_new(&settings.log)
        .unwrap_or_else(|_| tracing_subscriber::EnvFilter::new("info"));
    tracing_subscriber::fmt().json().with_env_filter(filter).with_writer(std::io::stderr).init();
}
