//! A connection as actix reads and writes it, so that a caller who does not read takes little memory.
//!
//! actix-http takes in requests as long as it can read them, whether or not anybody takes the answers. Each waits with its
//! headers, some 10 KB, and an answer without a body goes into the buffer whatever stands there. So this gives actix
//!
//! - one request at a time of those that came together,
//! - nothing while an answer waits to be taken,
//! - nothing while a request is under way whose body has been read, or that has none.
//!
//! A caller who takes nothing for 30 seconds is cut off by the kernel.

use std::cell::Cell;
use std::io::{self, BufRead};
use std::pin::Pin;
use std::rc::Rc;
use std::task::{Context, Poll, ready};
use std::time::Duration;

use actix_web::HttpRequest;
use actix_web::rt::net::TcpStream;
use bytes::BytesMut;
use socket2::SockRef;
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};

use super::concurrency::Held;

/// The most bytes that are read before what is among them is answered.
const READ_AT_ONCE: usize = 4096;
/// The shortest head of a request, `GET / HTTP/1.0` and two ends of lines.
const SHORTEST_HEAD: usize = 16;
/// How long bytes may wait for a peer that does not take them.
const TAKEN_WITHIN: Duration = Duration::from_secs(30);
/// Bytes of an answer that the kernel takes before it can send them. Left to itself it takes megabytes, which one thread then copies for
/// each of many callers who never read, while everybody else waits. What is on its way to a peer is not counted: a smaller `SO_SNDBUF`,
/// which counts it, made big pages wait for acknowledgements that a peer puts off by 40 ms.
const UNSENT: u32 = 128 << 10;

/// A connection of a caller.
pub struct PacedConnection {
    socket: TcpStream,
    /// What was read and is for later turns of actix.
    ahead: BytesMut,
    /// Whether actix has been given what is for this turn.
    is_turn_over: bool,
    /// Whether the last write found no room.
    is_full: bool,
    under_way: UnderWay,
    /// Whether somebody wanted to read meanwhile.
    is_read_wanted: bool,
    _held: Held,
}

/// Whether a request of a connection is under way from which nothing more is to be read. actix puts it beside the request.
#[derive(Clone, Default)]
pub struct UnderWay(Rc<Cell<bool>>);

impl UnderWay {
    /// Reads no further requests until the answer to this one is made. Not before its body was read.
    pub fn begin(request: &HttpRequest) {
        Self::set(request, true);
    }

    /// The answer is made.
    pub fn end(request: &HttpRequest) {
        Self::set(request, false);
    }

    fn set(request: &HttpRequest, is_under_way: bool) {
        if let Some(Self(under_way)) = request.conn_data() {
            under_way.set(is_under_way);
        }
    }
}

impl PacedConnection {
    /// Takes over an accepted connection, and counts it until it closes.
    pub fn new(socket: TcpStream, held: Held) -> io::Result<Self> {
        let options = SockRef::from(&socket);
        options.set_tcp_user_timeout(Some(TAKEN_WITHIN))?;
        options.set_tcp_notsent_lowat(UNSENT)?;
        // A page goes out in slices; without this each may wait for the acknowledgement of the one before.
        options.set_tcp_nodelay(true)?;
        Ok(Self {
            socket,
            ahead: BytesMut::new(),
            is_turn_over: false,
            is_full: false,
            under_way: UnderWay::default(),
            is_read_wanted: false,
            _held: held,
        })
    }

    /// What actix puts beside each request.
    pub fn under_way(&self) -> UnderWay {
        self.under_way.clone()
    }
}

/// How many of these bytes are for one turn: all, or the first head where another one follows. A body may look like heads,
/// and then takes more turns. The flag: whether a head ends there.
fn for_one_turn(bytes: &[u8]) -> (usize, bool) {
    match end_of_head(bytes, SHORTEST_HEAD) {
        Some(first) if end_of_head(bytes, first + SHORTEST_HEAD).is_some() => (first, true),
        first => (bytes.len(), first.is_some()),
    }
}

/// Where the first head ends that takes this many bytes at least.
fn end_of_head(bytes: &[u8], shortest: usize) -> Option<usize> {
    let mut rest = bytes.get(shortest.checked_sub(2)?..)?;
    loop {
        // The end of a line; that of a head is followed by an empty line.
        if rest.skip_until(b'\n').ok()? == 0 {
            return None;
        }
        if let Some(after) = rest.strip_prefix(b"\r\n").or_else(|| rest.strip_prefix(b"\n")) {
            return Some(bytes.len() - after.len());
        }
    }
}

impl AsyncRead for PacedConnection {
    fn poll_read(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        let this = &mut *self;
        if this.is_full || this.under_way.0.get() {
            // The write of the answer wakes the reader.
            this.is_read_wanted = true;
            return Poll::Pending;
        }
        if std::mem::take(&mut this.is_turn_over) {
            context.waker().wake_by_ref();
            return Poll::Pending;
        }
        if this.ahead.is_empty() {
            let length = buffer.remaining().min(READ_AT_ONCE);
            let mut part = ReadBuf::new(buffer.initialize_unfilled_to(length));
            ready!(Pin::new(&mut this.socket).poll_read(context, &mut part))?;
            let (given, has_end) = for_one_turn(part.filled());
            let later = part.filled().get(given..).unwrap_or_default();
            this.ahead.extend_from_slice(later);
            // More may be there where it was filled.
            this.is_turn_over = !later.is_empty() || (has_end && part.remaining() == 0);
            buffer.advance(given);
        } else {
            let given = for_one_turn(&this.ahead).0.min(buffer.remaining());
            buffer.put_slice(&this.ahead.split_to(given));
            this.is_turn_over = true;
            if this.ahead.is_empty() {
                this.ahead = BytesMut::new();
            }
        }
        Poll::Ready(Ok(()))
    }
}

impl AsyncWrite for PacedConnection {
    fn poll_write(mut self: Pin<&mut Self>, context: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        let written = Pin::new(&mut self.socket).poll_write(context, bytes);
        self.is_full = written.is_pending();
        if !self.is_full && std::mem::take(&mut self.is_read_wanted) {
            context.waker().wake_by_ref();
        }
        written
    }

    fn poll_flush(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.socket).poll_flush(context)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.socket).poll_shutdown(context)
    }
}

#[cfg(test)]
mod tests {
    use std::net::TcpListener;

    use super::*;

    #[test]
    fn read_several_requests_gives_one_a_turn_and_a_body_with_its_head() {
        let turns = |text: &str| {
            let (mut left, mut turns) = (text, Vec::new());
            while !left.is_empty() {
                let (now, later) = left.split_at(for_one_turn(left.as_bytes()).0);
                turns.push(now);
                left = later;
            }
            turns.len()
        };
        let get = "GET / HTTP/1.1\r\n\r\n";
        assert_eq!(turns(get), 1);
        assert_eq!(turns(&get.repeat(5)), 5);
        assert_eq!(turns(&"GET / HTTP/1.0\n\n".repeat(5)), 5);
        assert_eq!(turns(&format!("{get}{}", "GET /v1/pro")), 1, "the start of another comes along");
        assert_eq!(turns("POST / HTTP/1.1\r\ncontent-length: 9\r\n\r\n{\r\n1: 2}\r\n"), 1);
        assert!(turns(&"\n".repeat(4096)) <= 4096 / SHORTEST_HEAD + 1, "a turn has something to it");
    }

    #[test]
    fn take_over_a_connection_limits_how_long_and_how_many_bytes_may_wait() {
        actix_web::rt::System::new().block_on(async {
            let listener = TcpListener::bind("127.0.0.1:0").unwrap();
            let socket = std::net::TcpStream::connect(listener.local_addr().unwrap()).unwrap();
            socket.set_nonblocking(true).unwrap();
            let taken = PacedConnection::new(TcpStream::from_std(socket).unwrap(), Held::default()).unwrap();
            let options = SockRef::from(&taken.socket);
            assert_eq!(options.tcp_user_timeout().unwrap(), Some(TAKEN_WITHIN));
            assert_eq!(options.tcp_notsent_lowat().unwrap(), UNSENT);
            assert!(options.tcp_nodelay().unwrap());
        });
    }
}
