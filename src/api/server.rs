//! The HTTP server: what actix's own `HttpServer` sets up, but on [`PacedConnection`]s that are counted by address and take
//! little memory where nobody reads.

use std::fmt::Debug;
use std::io;
use std::net::{IpAddr, Ipv4Addr, TcpListener};
use std::sync::Arc;
use std::time::Duration;

use actix_http::error::DispatchError;
use actix_http::{HttpService, Request, Response};
use actix_service::{IntoServiceFactory, Service, ServiceFactory, ServiceFactoryExt, fn_service, map_config};
use actix_web::body::MessageBody;
use actix_web::dev::{AppConfig, Server};
use actix_web::rt::net::TcpStream;
use tokio::signal::unix::{SignalKind, signal};

use super::access::{Concurrency, PacedConnection};

/// Seconds that running requests have when the service stops: one more than the answer of a write takes at most.
const SHUTDOWN_SECONDS: u64 = 21;
/// The connection of a client that sends its headers more slowly is closed.
const HEADERS_WITHIN: Duration = Duration::from_secs(10);
/// A connection that ends is closed after this long, whether or not the peer closes it, too.
const CLOSED_WITHIN: Duration = Duration::from_secs(1);

/// How much a server takes on.
pub struct Capacity {
    /// Threads that serve.
    pub workers: usize,
    /// Open connections, over all threads.
    pub connections: usize,
    /// What each address may have of them.
    pub concurrency: Arc<Concurrency>,
}

/// Serves an application on a listener. `takes_signals`: SIGTERM and SIGINT stop it.
pub fn listen<F, I, S, B>(app: F, listener: TcpListener, capacity: Capacity, takes_signals: bool) -> io::Result<Server>
where
    F: Fn() -> I + Send + Clone + 'static,
    I: IntoServiceFactory<S, Request>,
    S: ServiceFactory<Request, Config = AppConfig> + 'static,
    S::Error: Into<actix_web::Error>,
    S::InitError: Debug,
    S::Response: Into<Response<B>>,
    <S::Service as Service<Request>>::Future: 'static,
    B: MessageBody + 'static,
{
    let Capacity { workers, connections, concurrency } = capacity;
    let mut server = Server::build()
        .workers(workers)
        .shutdown_timeout(SHUTDOWN_SECONDS)
        // Divided, because each worker counts its own connections.
        .max_concurrent_connections(connections.div_ceil(workers));
    if takes_signals {
        // Heard from now on: actix begins to listen only once it serves, and who answered may be told to stop before.
        let (mut terminate, mut interrupt) = (signal(SignalKind::terminate())?, signal(SignalKind::interrupt())?);
        server = server.shutdown_signal(async move {
            tokio::select! {
                _ = terminate.recv() => {}
                _ = interrupt.recv() => {}
            }
        });
    } else {
        server = server.disable_signals();
    }
    let stopping = server.graceful_shutdown_signal();
    let server = server.listen("http", listener, move || {
        let (stopping, concurrency) = (stopping.clone(), concurrency.clone());
        let accept = fn_service(move |socket: TcpStream| {
            let accepted = accept(socket, &concurrency);
            async { accepted }
        });
        let app = app().into_factory().map_err(|error| error.into().error_response());
        let http = HttpService::build()
            .graceful_shutdown_signal(move || {
                let stopping = stopping.clone();
                async move { stopping.notified().await }
            })
            .on_connect_ext(|connection: &PacedConnection, beside| drop(beside.insert(connection.under_way())))
            .client_request_timeout(HEADERS_WITHIN)
            .client_disconnect_timeout(CLOSED_WITHIN)
            .h1(map_config(app, |()| AppConfig::default()));
        accept.and_then(http)
    })?;
    Ok(server.run())
}

type Accepted = (PacedConnection, Option<std::net::SocketAddr>);

/// Takes over a connection; one too many of its address is closed at once.
fn accept(socket: TcpStream, concurrency: &Arc<Concurrency>) -> Result<Accepted, DispatchError> {
    let peer = socket.peer_addr().ok();
    let address = peer.map_or(IpAddr::V4(Ipv4Addr::UNSPECIFIED), |peer| peer.ip());
    let too_many = |_| DispatchError::Io(io::ErrorKind::ConnectionRefused.into());
    let held = concurrency.connect(address).map_err(too_many)?;
    Ok((PacedConnection::new(socket, held).map_err(DispatchError::Io)?, peer))
}
