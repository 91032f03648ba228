//! The service put together: database, register, HTTP. `main` and the tests start the same service.

use std::fs::{DirBuilder, OpenOptions};
use std::net::{SocketAddr, TcpListener};
use std::os::unix::fs::{DirBuilderExt, OpenOptionsExt};
use std::path::Path;
use std::sync::Arc;

use actix_web::dev::{Server, ServerHandle, Service as _};
use actix_web::{App, HttpServer, web};
use listenfd::ListenFd;

use crate::api::access::{ClientSecrets, SigningKey, Tokens};
use crate::api::{AppState, MAKE, RateLimits, RequestCounts, middleware, parse_networks, routes};
use crate::db::engine::migrations;
use crate::db::ledger::head;
use crate::db::{Database, DbError, Url};
use crate::domain::figures::methodology;
use crate::register::examine::Examiner;
use crate::register::{Clock, Options, PageCache, PageRenderer, Register, backup};

use super::settings::Settings;

/// Seconds that running requests have when the service stops.
const SHUTDOWN_SECONDS: u64 = 30;
/// The connection of a client that sends its headers more slowly is closed.
const HEADERS_WITHIN: std::time::Duration = std::time::Duration::from_secs(10);

/// Why the service does not start.
pub type StartError = Box<dyn std::error::Error + Send + Sync>;

/// A service that is listening.
pub struct Service {
    /// The address on which it listens.
    pub address: SocketAddr,
    /// The address on which it answers operators, if any.
    pub metrics_address: Option<SocketAddr>,
    /// The URL of the database, without user and password.
    pub database: String,
    register: Arc<Register>,
    server: Server,
    operators: Option<Server>,
}

/// Opens the database and brings its schema up to date.
pub fn open_database(settings: &Settings, clock: &Clock) -> Result<Database, StartError> {
    DirBuilder::new().recursive(true).mode(0o700).create(&settings.data_dir)?;
    let url = settings.database()?;
    if let Url::Sqlite(path) = &url {
        // Readable by its owner alone, because it holds personal data. SQLite gives its other files the mode of this one.
        let file = OpenOptions::new().write(true).create(true).truncate(false).mode(0o600).open(path);
        file.map_err(|error| format!("{url} cannot be opened: {error}"))?;
    }
    backup::take_from_others(&settings.data_dir, if let Url::Sqlite(path) = &url { Some(path) } else { None })?;
    let database = Database::open(&url, settings.database_connections)?;
    migrate(&database, clock, &settings.data_dir.join(backup::BACKUPS))?;
    Ok(database)
}

/// Opens an existing database, and leaves its schema as it is.
pub fn existing_database(settings: &Settings) -> Result<Database, StartError> {
    let url = settings.database()?;
    if is_missing(&url) {
        return Err(format!("there is no database at {url}: set --data-dir or the database URL of the service").into());
    }
    Ok(Database::open(&url, settings.database_connections)?)
}

/// Opens an existing register, for a command beside a server that may be running. A schema or a counting rule that is not
/// this program's is refused, because the server may be of another version than this command.
pub fn current_database(settings: &Settings) -> Result<Database, StartError> {
    let database = existing_database(settings)?;
    let mut connection = database.connection()?;
    let checked =
        migrations::check_current(&mut connection).and_then(|()| head::read(&mut connection)?.check_counting_rule());
    checked.map_err(|error| format!("{}: {error}", database.url()))?;
    drop(connection);
    Ok(database)
}

/// Opens an existing register as [`current_database`] does, or begins a new one.
pub fn current_or_new_database(settings: &Settings, clock: &Clock) -> Result<Database, StartError> {
    let url = settings.database()?;
    let begun = !is_missing(&url) && migrations::is_begun(&mut existing_database(settings)?.connection()?)?;
    if begun { current_database(settings) } else { open_database(settings, clock) }
}

fn is_missing(url: &Url) -> bool {
    matches!(url, Url::Sqlite(path) if !Path::new(path).exists())
}

/// Brings the schema up to date, and makes the head of a new register. A file of SQLite that was in use is first copied
/// into `backups`. Returns the number of migrations.
pub fn migrate(database: &Database, clock: &Clock, backups: &Path) -> Result<usize, DbError> {
    let mut connection = database.connection()?;
    let keep = |schema: &str| {
        let kept = backup::keep_before_migration(database, backups, schema, clock());
        let kept = kept.map_err(|error| DbError::Unusable(format!("no copy before the migration: {error}")))?;
        tracing::info!(copy = %kept.display(), "the schema changes; the database as it was is kept");
        Ok(())
    };
    let applied = migrations::migrate(&mut connection, keep)?;
    head::ensure(&mut connection, uuid::Uuid::new_v4().to_string(), clock())?;
    Ok(applied)
}

/// Reads the further methodologies from the folder of the settings.
pub fn learn_methodologies(settings: &Settings) -> Result<(), StartError> {
    let further = settings.methodologies().map_err(|error| format!("--methodology-dir: {error}"))?;
    if !further.is_empty() {
        methodology::add(further).map_err(|error| format!("--methodology-dir: {error}"))?;
    }
    Ok(())
}

/// Starts the service: listens, and answers once the cells are loaded.
pub fn start(settings: &Settings, clock: &Clock) -> Result<Service, StartError> {
    settings.check()?;
    learn_methodologies(settings)?;
    let listener = inherited()?.map_or_else(|| listen(&settings.listen), Ok)?;
    let operators_listener = settings.metrics_listen.as_deref().map(listen).transpose()?;
    let (address, metrics_address) = (listener.local_addr()?, address_of(operators_listener.as_ref())?);
    let database = open_database(settings, clock)?;
    let proxies = settings.trusted_proxies.as_deref().unwrap_or_default();
    let proxies = parse_networks(proxies).map_err(|why| format!("--trusted-proxies: {why}"))?;
    let public = settings.public();
    let key = SigningKey::load_or_create(&settings.data_dir)?;
    let tokens = Tokens::start(key, public.public_url.clone(), &database, clock())?;
    let options = Options { queue: settings.queue, monthly_releases: settings.monthly_releases };
    let renderer = PageRenderer { make: MAKE, settings: public.clone() };
    let register = Arc::new(Register::start(&database, clock, &renderer, options)?);
    let state = web::Data::new(AppState {
        register: register.clone(),
        tokens,
        secrets: ClientSecrets::new(),
        rate_limits: RateLimits::new(settings.client_rate, settings.address_rate, proxies),
        read_slots: AppState::read_slots(settings.database_connections),
        slow_query_slot: AppState::one_slot(),
        bridge_slot: AppState::one_slot(),
        bridge_pages: PageCache::default(),
        settings: public,
        request_counts: RequestCounts::default(),
        static_pages: PageCache::default(),
        examiner: Examiner::new(settings.data_dir.clone()),
        started_at: clock(),
    });
    let operators = operators_listener.map(|listener| serve_operators(&state, listener)).transpose()?;
    let app = move || {
        let app = App::new().app_data(state.clone());
        app.wrap_fn(|request, service| middleware::finish(service.call(request))).configure(routes::configure)
    };
    let processors = std::thread::available_parallelism().map_or(1, usize::from);
    let workers = settings.workers.map_or(processors, usize::from);
    let server = HttpServer::new(app)
        .shutdown_timeout(SHUTDOWN_SECONDS)
        .client_request_timeout(HEADERS_WITHIN)
        .workers(workers)
        // Divided, because each worker counts its own connections.
        .max_connections(settings.max_connections.div_ceil(workers));
    let server = server.listen(listener)?.run();
    Ok(Service { address, metrics_address, database: database.url().to_string(), register, server, operators })
}

/// The listening socket that the parent process handed over, as systemd does. Connections wait in it while the service is
/// restarted.
fn inherited() -> std::io::Result<Option<TcpListener>> {
    ListenFd::from_env().take_tcp_listener(0)
}

fn listen(address: &str) -> Result<TcpListener, StartError> {
    TcpListener::bind(address).map_err(|error| format!("cannot listen on {address}: {error}").into())
}

fn address_of(listener: Option<&TcpListener>) -> std::io::Result<Option<SocketAddr>> {
    listener.map(TcpListener::local_addr).transpose()
}

/// Starts the listener for operators, on a thread of its own, so that it answers under any load.
fn serve_operators(state: &web::Data<AppState>, listener: TcpListener) -> std::io::Result<Server> {
    let state = state.clone();
    let app = move || {
        let app = App::new().app_data(state.clone());
        app.wrap_fn(|request, service| middleware::finish(service.call(request))).configure(routes::configure_operators)
    };
    let server = HttpServer::new(app).workers(1).disable_signals().client_request_timeout(HEADERS_WITHIN);
    Ok(server.listen(listener)?.run())
}

/// Starts the service, hands it to `tell`, and serves until it is told to stop.
pub fn serve(settings: &Settings, clock: &Clock, tell: impl FnOnce(&Service)) -> Result<(), StartError> {
    actix_web::rt::System::new().block_on(async {
        let service = start(settings, clock)?;
        tell(&service);
        Ok(service.run().await?)
    })
}

impl Service {
    /// Whether there is no client yet, so that nobody can do anything.
    #[must_use]
    pub fn has_no_clients(&self) -> bool {
        self.register.directory().clients.is_empty()
    }

    /// The handle that stops the service, as a signal does.
    #[must_use]
    pub fn handle(&self) -> ServerHandle {
        self.server.handle()
    }

    /// Serves until SIGTERM or SIGINT. Then it takes no more connections, commits and answers the accepted requests, and
    /// moves the checkpoint. An error if the writer ended by itself.
    pub async fn run(self) -> std::io::Result<()> {
        let operators = self.operators.map(|server| (server.handle(), actix_web::rt::spawn(server)));
        let (register, handle) = (self.register.clone(), self.server.handle());
        let watch = actix_web::rt::spawn(async move {
            register.ended().await;
            tracing::error!("the writer ended unasked; the service stops, so that it is started anew");
            handle.stop(true).await;
        });
        let served = self.server.await;
        watch.abort();
        let register = self.register;
        let writer = if register.is_alive() { Ok(()) } else { Err(std::io::Error::other("the writer ended unasked")) };
        // Joining the writer's thread blocks.
        let stopped = web::block(move || register.stop()).await;
        // Last, so that operators see how it ends.
        if let Some((handle, server)) = operators {
            handle.stop(false).await;
            server.await.map_err(std::io::Error::other)??;
        }
        served.and(writer).and(stopped.map_err(std::io::Error::other))
    }
}
