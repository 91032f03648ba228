//! Partners, clients, projects and secrets exactly as stored, for the audit. No secret's hash leaves this file.

use chrono::{DateTime, Utc};
use diesel::{QueryDsl, RunQueryDsl, SelectableHelper};
use serde::Serialize;
use serde_json::{Map, Value};

use crate::db::engine::{Connection, DbError, on_backend};
use crate::db::tables::{client_secrets, clients, partners, projects};
use crate::domain::values::{hex, sha256};

use super::partners_and_clients::{ClientRow, PartnerRow, ProjectRow, SecretRow};

/// A row of `partners`, `clients` or `projects`.
pub struct StoredRow {
    /// `partner`, `client` or `project`.
    pub kind: &'static str,
    /// Its code or id.
    pub key: String,
    /// Its columns by their names.
    pub columns: Map<String, Value>,
}

/// A row of `client_secrets`.
pub struct StoredSecret {
    pub client_id: String,
    /// The SHA-256 of the hash, in hexadecimal.
    pub digest: String,
    pub created_at: DateTime<Utc>,
    pub expires_at: Option<DateTime<Utc>>,
}

/// All partners, clients and projects.
pub fn directory(connection: &mut Connection) -> Result<Vec<StoredRow>, DbError> {
    let partners: Vec<PartnerRow> =
        on_backend!(connection, c => partners::table.select(PartnerRow::as_select()).load(c))?;
    let clients: Vec<ClientRow> = on_backend!(connection, c => clients::table.select(ClientRow::as_select()).load(c))?;
    let projects: Vec<ProjectRow> =
        on_backend!(connection, c => projects::table.select(ProjectRow::as_select()).load(c))?;
    let mut rows = Vec::new();
    rows.extend(partners.iter().map(|row| stored("partner", &row.code, row)));
    rows.extend(clients.iter().map(|row| stored("client", &row.client_id, row)));
    rows.extend(projects.iter().map(|row| stored("project", &row.code, row)));
    Ok(rows)
}

fn stored(kind: &'static str, key: &str, row: &impl Serialize) -> StoredRow {
    let Ok(Value::Object(columns)) = serde_json::to_value(row) else { unreachable!("a row is an object") };
    StoredRow { kind, key: key.to_owned(), columns }
}

/// The secrets of all clients.
pub fn secrets(connection: &mut Connection) -> Result<Vec<StoredSecret>, DbError> {
    let rows: Vec<SecretRow> =
        on_backend!(connection, c => client_secrets::table.select(SecretRow::as_select()).load(c))?;
    let secret = |row: SecretRow| StoredSecret {
        client_id: row.client_id,
        digest: hex(&sha256(row.hash.as_bytes())),
        created_at: row.created_at.and_utc(),
        expires_at: row.expires_at.map(|at| at.and_utc()),
    };
    Ok(rows.into_iter().map(secret).collect())
}
