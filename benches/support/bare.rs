//! What the headline is measured against: actix-web with one handler that returns ready bytes,
//! without middleware, state or any other header, with the same number of workers. It runs in a
//! process of its own, as the service does.

use std::net::SocketAddr;
use std::path::Path;
use std::process::{Child, Command, Stdio};

use actix_web::http::header::{CONTENT_TYPE, HeaderValue};
use actix_web::{App, HttpResponse, HttpServer, web};

use super::{Result, service};

/// The argument that makes the benchmark's binary this server.
pub const ARGUMENT: &str = "--serve-bare";

/// The server as a child process, ended when dropped.
pub struct Bare {
    child: Child,
    /// Where it listens.
    pub address: SocketAddr,
}

impl Bare {
    /// Starts it with the bytes that it has to return.
    pub fn start(folder: &Path, body: &[u8]) -> Result<Self> {
        let file = folder.join("bare-body");
        std::fs::write(&file, body)?;
        let address = service::free_address()?;
        let mut command = Command::new(std::env::current_exe()?);
        command.arg(ARGUMENT).arg(address.to_string()).arg(&file).stdin(Stdio::null());
        let mut child = command.spawn()?;
        let answered = service::wait_for_answer(address, &mut child);
        let bare = Self { child, address };
        answered.map(|()| bare)
    }
}

impl Drop for Bare {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// Serves until it is ended: what the child process does.
pub fn serve(address: &str, file: &str) -> Result<()> {
    let body = web::Bytes::from(std::fs::read(file)?);
    let app = move || {
        let body = body.clone();
        App::new().route("/v1/progress", web::get().to(move || std::future::ready(answer(body.clone()))))
    };
    let server = HttpServer::new(app).disable_signals().bind(address)?;
    actix_web::rt::System::new().block_on(server.run())?;
    Ok(())
}

fn answer(body: web::Bytes) -> HttpResponse {
    let mut response = HttpResponse::Ok().body(body);
    response.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
    response
}
