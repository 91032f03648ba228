//! The service put together: database, register, HTTP. `main` and the tests start the same service.

mod opening;

use std::net::{SocketAddr, TcpListener};
use std::sync::Arc;

use actix_web::dev::{Server, ServerHandle, Service as _};
use actix_web::{App, web};
use listenfd::ListenFd;

use crate::api::access::{Concurrency, RefusalSums, SigningKey, Tokens};
use crate::api::{AppState, MAKE, RateLimits, RequestCounts, Slots, middleware, parse_networks, routes, server};
use crate::domain::figures::methodology;
use crate::register::examine::Examiner;
use crate::register::{Clock, Options, PageCache, PageRenderer, Register};

use super::settings::Settings;

pub use opening::{
    StartError, begin_register, current_database, database_to_serve, existing_database, mark, migrate, open_database,
    refuse_early_clock,
};

/// How long the writer may take to end after the last request, its checkpoint included. Requests have 21 seconds, so a stop takes less
/// than 30.
const WRITER_STOPS_WITHIN: std::time::Duration = std::time::Duration::from_secs(8);
/// Connections of operators. They are few.
const OPERATORS_CONNECTIONS: usize = 256;

/// A service that is listening.
pub struct Service {
    /// The address on which it listens.
    pub address: SocketAddr,
    /// The address on which it answers operators, if any.
    pub metrics_address: Option<SocketAddr>,
    /// The URL of the database, without user and password.
    pub database: String,
    register: Arc<Register>,
    refusal_sums: Arc<RefusalSums>,
    server: Server,
    operators: Option<Server>,
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
    let database = database_to_serve(settings, clock)?;
    let proxies = settings.trusted_proxies.as_deref().unwrap_or_default();
    let proxies = parse_networks(proxies).map_err(|why| format!("--trusted-proxies: {why}"))?;
    let public = settings.public();
    let key = SigningKey::load_or_create(&settings.data_dir)?;
    let tokens = Tokens::start(key, public.public_url.clone(), &database, clock())?;
    let options = Options {
        queue: settings.queue,
        monthly_releases: settings.monthly_releases,
        daily_installations: settings.daily_installations,
        marker: Some(settings.data_dir.clone()),
    };
    let renderer = PageRenderer { make: MAKE, settings: public.clone() };
    let register = Arc::new(Register::start(&database, clock, &renderer, options)?);
    let refusal_sums = Arc::<RefusalSums>::default();
    let concurrency = Arc::new(Concurrency::new(settings.address_connections, proxies.clone()));
    let state = web::Data::new(AppState {
        register: register.clone(),
        tokens,
        rate_limits: RateLimits::new(settings.client_rate, settings.address_rate, proxies),
        concurrency: concurrency.clone(),
        slots: Slots::new(settings.database_connections),
        bridge_pages: PageCache::default(),
        past_pages: PageCache::default(),
        settings: public,
        refusal_sums: refusal_sums.clone(),
        request_counts: RequestCounts::default(),
        static_pages: PageCache::default(),
        examiner: Examiner::new(settings.data_dir.clone()),
        started_at: clock(),
    });
    let operators = operators_listener.map(|listener| serve_operators(&state, listener)).transpose()?;
    let app = move || {
        let app = App::new().app_data(state.clone());
        app.wrap_fn(|request, service| {
            middleware::respond(middleware::admit(request).map(|(request, held)| (service.call(request), held)))
        })
        .configure(routes::configure)
    };
    let processors = std::thread::available_parallelism().map_or(1, usize::from);
    let workers = settings.workers.map_or(processors, usize::from);
    let capacity = server::Capacity { workers, connections: settings.max_connections, concurrency };
    let server = server::listen(app, listener, capacity, true)?;
    Ok(Service {
        address,
        metrics_address,
        database: database.url().to_string(),
        register,
        refusal_sums,
        server,
        operators,
    })
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
        app.wrap_fn(|request, service| {
            middleware::respond(middleware::admit(request).map(|(request, held)| (service.call(request), held)))
        })
        .configure(routes::configure_operators)
    };
    let concurrency = Arc::new(Concurrency::new(0, Vec::new()));
    let capacity = server::Capacity { workers: 1, connections: OPERATORS_CONNECTIONS, concurrency };
    server::listen(app, listener, capacity, false)
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
        let stopped = web::block(move || register.stop(WRITER_STOPS_WITHIN)).await;
        // Last, so that operators see how it ends.
        if let Some((handle, server)) = operators {
            handle.stop(false).await;
            server.await.map_err(std::io::Error::other)??;
        }
        self.refusal_sums.log();
        let ended = match stopped {
            Ok(true) => Ok(()),
            Ok(false) => Err(std::io::Error::other("the writer did not end; the outcome of its last batch is unknown")),
            Err(error) => Err(std::io::Error::other(error)),
        };
        served.and(writer).and(ended)
    }
}
