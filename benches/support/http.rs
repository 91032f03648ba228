//! As much of an HTTP/1.1 client as a benchmark needs: one connection kept alive, answers with
//! `Content-Length`.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::time::Duration;

use serde_json::Value;

use super::Result;

const PATIENCE: Duration = Duration::from_mins(2);

/// One connection.
pub struct Connection(BufReader<TcpStream>);

/// An answer.
pub struct Answer {
    /// Its status.
    pub status: u16,
    /// Its body.
    pub body: Vec<u8>,
}

impl Connection {
    /// Connects.
    pub fn to(address: SocketAddr) -> Result<Self> {
        let stream = TcpStream::connect(address)?;
        stream.set_nodelay(true)?;
        stream.set_read_timeout(Some(PATIENCE))?;
        Ok(Self(BufReader::new(stream)))
    }

    /// Sends a whole request and waits for its answer.
    pub fn send(&mut self, request: &[u8]) -> Result<Answer> {
        self.0.get_mut().write_all(request)?;
        let first = self.line()?;
        let status = first.split(' ').nth(1).and_then(|word| word.parse().ok());
        let status = status.ok_or_else(|| format!("no HTTP answer: {first:?}"))?;
        let mut length = 0;
        loop {
            let line = self.line()?;
            if line.is_empty() {
                break;
            }
            if let Some((name, value)) = line.split_once(':')
                && name.eq_ignore_ascii_case("content-length")
            {
                length = value.trim().parse()?;
            }
        }
        let mut body = vec![0; length];
        self.0.read_exact(&mut body)?;
        Ok(Answer { status, body })
    }

    fn line(&mut self) -> Result<String> {
        let mut line = String::new();
        if self.0.read_line(&mut line)? == 0 {
            return Err("the server closed the connection".into());
        }
        Ok(line.trim_end().to_owned())
    }
}

/// A request with a body; `headers` are whole lines, each with its line end.
pub fn post(path: &str, headers: &str, body: &str) -> Vec<u8> {
    let length = body.len();
    format!("POST {path} HTTP/1.1\r\nHost: bench\r\n{headers}Content-Length: {length}\r\n\r\n{body}").into_bytes()
}

/// The bytes of a public path.
pub fn get(address: SocketAddr, path: &str) -> Result<Vec<u8>> {
    let request = format!("GET {path} HTTP/1.1\r\nHost: bench\r\n\r\n");
    let answer = Connection::to(address)?.send(request.as_bytes())?;
    if answer.status == 200 { Ok(answer.body) } else { Err(format!("GET {path} gives {}", answer.status).into()) }
}

/// How many entries the register of a service has, by its headline.
pub fn version(address: SocketAddr) -> Result<u64> {
    let body: Value = serde_json::from_slice(&get(address, "/v1/progress")?)?;
    let version = body.pointer("/meta/version").and_then(Value::as_u64);
    version.ok_or_else(|| "the headline names no version".into())
}
