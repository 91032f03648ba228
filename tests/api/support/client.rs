//! Somebody who calls the service over HTTP, and what comes back.

use awc::http::header::HeaderMap;
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde_json::Value;

/// Somebody who calls the service.
#[derive(Clone)]
pub struct Client {
    pub http: awc::Client,
    pub address: String,
    pub token: Option<String>,
    /// A householder's code.
    pub code: Option<String>,
}

/// What came back.
#[derive(Debug)]
pub struct Reply {
    pub status: u16,
    pub headers: HeaderMap,
    pub body: Value,
    pub text: String,
    pub bytes: Vec<u8>,
}

impl Client {
    /// A caller without a token.
    pub fn new(address: &str) -> Self {
        let http = awc::Client::builder().timeout(std::time::Duration::from_mins(1)).finish();
        Self { http, address: address.to_owned(), token: None, code: None }
    }

    /// The same caller at another address of this machine.
    pub fn at_address(&self, address: [u8; 4]) -> Self {
        let connector = awc::Connector::new().local_address(address.into());
        let http = awc::Client::builder().connector(connector).timeout(std::time::Duration::from_mins(1)).finish();
        Self { http, ..self.clone() }
    }

    /// The same caller with another token.
    pub fn with_token(&self, token: impl Into<String>) -> Self {
        Self { token: Some(token.into()), ..self.clone() }
    }

    /// The same caller with a householder's code.
    pub fn with_code(&self, code: impl Into<String>) -> Self {
        Self { code: Some(code.into()), ..self.clone() }
    }

    pub async fn get(&self, path: &str) -> Reply {
        self.send("GET", path, &[], None).await
    }

    pub async fn post(&self, path: &str, body: &Value) -> Reply {
        self.post_raw(path, body.to_string()).await
    }

    pub async fn post_raw(&self, path: &str, body: impl Into<Vec<u8>>) -> Reply {
        self.send("POST", path, &[("content-type", "application/json")], Some(body.into())).await
    }

    pub async fn patch(&self, path: &str, etag: &str, body: &Value) -> Reply {
        let headers = [("content-type", "application/json"), ("if-match", etag)];
        self.send("PATCH", path, &headers, Some(body.to_string().into())).await
    }

    /// A body that is sent with any method; a correction of whatever stands there.
    pub async fn send_json(&self, method: &str, path: &str, body: &Value) -> Reply {
        let headers = [("content-type", "application/json"), ("if-match", "*")];
        let headers = if method == "PATCH" { &headers[..] } else { &headers[..1] };
        self.send(method, path, headers, Some(body.to_string().into())).await
    }

    /// Asks for a token by HTTP Basic.
    pub async fn ask_for_token(&self, id: &str, secret: &str) -> Reply {
        let basic = format!("Basic {}", STANDARD.encode(format!("{id}:{secret}")));
        let headers = [("authorization", basic.as_str()), ("content-type", "application/x-www-form-urlencoded")];
        self.send("POST", "/oauth/token", &headers, Some(b"grant_type=client_credentials".to_vec())).await
    }

    pub async fn send(&self, method: &str, path: &str, headers: &[(&str, &str)], body: Option<Vec<u8>>) -> Reply {
        self.try_send(method, path, headers, body).await.expect("an answer")
    }

    /// `None` when the connection broke.
    pub async fn try_send(
        &self,
        method: &str,
        path: &str,
        headers: &[(&str, &str)],
        body: Option<Vec<u8>>,
    ) -> Option<Reply> {
        let method = method.parse().unwrap();
        let mut request = self.http.request(method, format!("{}{path}", self.address));
        if let Some(token) = &self.token {
            request = request.bearer_auth(token);
        }
        if let Some(code) = &self.code {
            request = request.insert_header(("householder-code", code.as_str()));
        }
        for header in headers {
            request = request.insert_header(*header);
        }
        let sent = match body {
            Some(body) => request.send_body(body).await,
            None => request.send().await,
        };
        let mut reply = sent.ok()?;
        let bytes = reply.body().limit(16 << 20).await.ok()?;
        let text = String::from_utf8_lossy(&bytes).into_owned();
        Some(Reply {
            status: reply.status().as_u16(),
            headers: reply.headers().clone(),
            body: serde_json::from_slice(&bytes).unwrap_or(Value::Null),
            text,
            bytes: bytes.to_vec(),
        })
    }

    /// Registers a new home with consent, and gives the installation's id and the householder.
    pub async fn register_home(&self, body: &Value) -> (String, Self) {
        let reply = self.post("/v1/installations", body).await;
        assert_eq!(reply.status, 201, "{}", reply.text);
        let code = reply.body["data"]["householder"]["code"].as_str().expect("a code");
        let id = reply.body["data"]["installation"]["id"].as_str().unwrap();
        (id.to_owned(), Self::new(&self.address).with_code(code))
    }

    /// Registers, and gives the installation's id.
    pub async fn register(&self, body: &Value) -> String {
        let reply = self.post("/v1/installations", body).await;
        assert_eq!(reply.status, 201, "{}", reply.text);
        reply.body["data"]["installation"]["id"].as_str().unwrap().to_owned()
    }
}

impl Reply {
    pub fn header(&self, name: &str) -> &str {
        self.headers.get(name).and_then(|value| value.to_str().ok()).unwrap_or_default()
    }

    /// Pointers and codes of a problem's errors.
    pub fn errors(&self) -> Vec<(String, String)> {
        let errors = self.body["errors"].as_array().cloned().unwrap_or_default();
        let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
        errors.iter().map(|error| (text(&error["pointer"]), text(&error["code"]))).collect()
    }
}
