//! A restart under a socket that somebody else holds, as systemd does: nobody is refused.

use std::cell::Cell;
use std::io::{Read, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::rc::Rc;

use crate::process::{Process, handed, partner_client};
use crate::support::{Client, TestDatabase, home, run, token};

/// A process that is handed the listener, as systemd does it.
fn serve_on(listener: &TcpListener, database: &TestDatabase) -> Process {
    Process::start(handed(listener, database))
}

#[test]
fn connect_before_the_process_is_there_is_answered_once_it_is() {
    let database = TestDatabase::sqlite();
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    let mut early = asked(address);
    let server = serve_on(&listener, &database);
    assert_eq!(server.address, format!("http://{address}"));
    assert!(answer(&mut early).starts_with("HTTP/1.1 200"));
    assert_eq!(server.terminate(), Some(0));
    let mut between = asked(address);
    let server = serve_on(&listener, &database);
    assert!(answer(&mut between).starts_with("HTTP/1.1 200"));
    assert_eq!(server.terminate(), Some(0));
}

fn asked(address: SocketAddr) -> TcpStream {
    let mut stream = TcpStream::connect(address).unwrap();
    stream.write_all(b"GET /livez HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n").unwrap();
    stream
}

fn answer(stream: &mut TcpStream) -> String {
    let mut answer = String::new();
    stream.read_to_string(&mut answer).unwrap();
    answer
}

#[test]
fn restart_under_load_refuses_no_connection_and_loses_no_write() {
    run(async {
        let database = TestDatabase::sqlite();
        let (client_id, secret) = partner_client(&database, "WRITER");
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let mut server = serve_on(&listener, &database);
        let token = token(&server.address, &client_id, &secret).await.unwrap();
        let client = Client::new(&server.address).with_token(token);
        let (done, broken) = (Rc::new(Cell::new(0_usize)), Rc::new(Cell::new(0_usize)));
        let stop = Rc::new(Cell::new(false));
        let writers: Vec<_> = (0..8)
            .map(|writer| {
                let state = (done.clone(), broken.clone(), stop.clone());
                actix_web::rt::spawn(write(client.clone(), writer, state))
            })
            .collect();
        for _ in 0..3 {
            until(&done, done.get() + 40).await;
            let ended = actix_web::web::block(move || server.terminate()).await.unwrap();
            assert_eq!(ended, Some(0));
            server = serve_on(&listener, &database);
        }
        until(&done, done.get() + 40).await;
        stop.set(true);
        for writer in writers {
            writer.await.unwrap();
        }
        // A connection that was taken in the moment of the stop may be closed: one a writer and restart.
        assert!(broken.get() <= 8 * 3, "{} of {} had to be sent again", broken.get(), done.get());
        let (report, code) = crate::process::output(&database, &["audit"]);
        assert_eq!((code, &report["sites"]), (Some(0), &done.get().into()), "each is there once: {report}");
        assert_eq!(server.terminate(), Some(0));
    });
}

type State = (Rc<Cell<usize>>, Rc<Cell<usize>>, Rc<Cell<bool>>);

/// Registers homes, each over a connection of its own, and sends again what got no answer.
async fn write(client: Client, writer: usize, (done, broken, stop): State) {
    let address: SocketAddr = client.address.trim_start_matches("http://").parse().unwrap();
    let mut n = 0;
    while !stop.get() {
        // Refused is what nobody may be; this fails the test.
        drop(TcpStream::connect(address).expect("a connection"));
        let body = home(&format!("{writer}-{n}")).to_string().into_bytes();
        let headers = [("content-type", "application/json"), ("connection", "close")];
        match client.try_send("POST", "/v1/installations", &headers, Some(body)).await {
            Some(reply) if reply.status == 200 || reply.status == 201 => {
                done.set(done.get() + 1);
                n += 1;
            }
            Some(reply) => panic!("{} {}", reply.status, reply.text),
            None => broken.set(broken.get() + 1),
        }
    }
}

async fn until(done: &Cell<usize>, count: usize) {
    let began = std::time::Instant::now();
    while done.get() < count {
        assert!(began.elapsed().as_secs() < 30, "writes do not go on");
        actix_web::rt::time::sleep(std::time::Duration::from_millis(5)).await;
    }
}
