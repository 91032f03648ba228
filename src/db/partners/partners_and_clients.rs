//! Partners, clients and projects: small tables, read whole into memory.

use chrono::{DateTime, NaiveDate, NaiveDateTime, Utc};
use diesel::{
    BoolExpressionMethods, ExpressionMethods, Insertable, OptionalExtension, QueryDsl, Queryable, RunQueryDsl,
    Selectable, SelectableHelper,
};
use serde::Serialize;

use crate::db::engine::{Connection, DbError, on_backend};
use crate::db::tables::{client_secrets, clients, entries, partners, projects, stored};
use crate::domain::records::{
    Actor, Client, Directory, NewClient, NewPartner, NewProject, OwnQuota, Partner, Project, Role, Secret,
};
use crate::domain::reference::ProvinceId;
use crate::domain::values::{Action, Cause, Code, ProjectCode};

#[derive(Queryable, Selectable, Insertable, Serialize)]
#[diesel(table_name = partners)]
pub(super) struct PartnerRow {
    pub(super) code: String,
    name: String,
    kind: Option<String>,
    vcca_role: Option<String>,
    listed: bool,
    sandbox: bool,
    suspended_at: Option<NaiveDateTime>,
    created_at: NaiveDateTime,
    daily_installations: Option<i32>,
    quota_until: Option<NaiveDate>,
}

#[derive(Queryable, Selectable, Insertable, Serialize)]
#[diesel(table_name = clients)]
pub(super) struct ClientRow {
    pub(super) client_id: String,
    name: String,
    role: String,
    partner: Option<String>,
    province_code: Option<String>,
    created_at: NaiveDateTime,
    revoked_at: Option<NaiveDateTime>,
    affiliation: Option<String>,
}

#[derive(Queryable, Selectable, Insertable)]
#[diesel(table_name = client_secrets)]
pub(in crate::db) struct SecretRow {
    pub(in crate::db) client_id: String,
    pub(in crate::db) hash: String,
    pub(in crate::db) created_at: NaiveDateTime,
    pub(in crate::db) expires_at: Option<NaiveDateTime>,
}

#[derive(Queryable, Selectable, Insertable, Serialize)]
#[diesel(table_name = projects)]
pub(super) struct ProjectRow {
    pub(super) code: String,
    name_vi: String,
    name_en: String,
    funder: Option<String>,
    created_at: NaiveDateTime,
}

/// Whether an entry with a version in `(after, up_to]` changed partners, clients or projects.
pub fn changed(connection: &mut Connection, after: i64, up_to: i64) -> Result<bool, DbError> {
    let found: Option<i64> = on_backend!(connection, c => {
        entries::table
            .filter(entries::version.gt(after).and(entries::version.le(up_to)))
            .filter(entries::cause.eq(Cause::Administration.as_str()))
            .filter(entries::action.eq_any(Action::OF_DIRECTORY.map(Action::as_str)))
            .select(entries::version)
            .first(c)
            .optional()
    })?;
    Ok(found.is_some())
}

/// Reads all partners and clients.
pub fn directory(connection: &mut Connection) -> Result<Directory, DbError> {
    let partner_rows: Vec<PartnerRow> =
        on_backend!(connection, c => partners::table.select(PartnerRow::as_select()).load(c))?;
    let client_rows: Vec<ClientRow> =
        on_backend!(connection, c => clients::table.select(ClientRow::as_select()).load(c))?;
    let secrets: Vec<SecretRow> =
        on_backend!(connection, c => client_secrets::table.select(SecretRow::as_select()).load(c))?;
    let partner = |row: PartnerRow| {
        let code = Code::stored(row.code);
        let (sandbox, suspended) = (row.sandbox, row.suspended_at.is_some());
        let quota = OwnQuota::stored((row.daily_installations, row.quota_until));
        (code.clone(), Partner { code, name: row.name, sandbox, suspended, quota })
    };
    let clients = client_rows
        .into_iter()
        .map(|row| client(row, &secrets).map(|client| (client.actor.client_id.clone(), client)))
        .collect::<Result<_, _>>()?;
    let partners = partner_rows.into_iter().map(partner).collect();
    Ok(Directory { partners, clients })
}

fn client(row: ClientRow, secrets: &[SecretRow]) -> Result<Client, DbError> {
    let own = secrets.iter().filter(|secret| secret.client_id == row.client_id);
    let secrets = own.map(secret).collect();
    Ok(Client {
        actor: Actor {
            role: Role::parse(&row.role).ok_or_else(|| DbError::corrupt(format!("role {:?}", row.role)))?,
            partner: row.partner.map(Code::stored),
            client_id: row.client_id,
            affiliation: row.affiliation.map(Code::stored),
            province: row.province_code.as_deref().map(province).transpose()?,
        },
        name: row.name,
        created_at: row.created_at.and_utc(),
        revoked_at: row.revoked_at.map(|at| at.and_utc()),
        secrets,
    })
}

fn secret(row: &SecretRow) -> Secret {
    Secret { hash: row.hash.clone(), expires_at: row.expires_at.map(|at| at.and_utc()) }
}

fn province(code: &str) -> Result<ProvinceId, DbError> {
    ProvinceId::parse(code).ok_or_else(|| DbError::corrupt(format!("province {code:?}")))
}

/// Which of these project codes exist.
pub fn known_projects(connection: &mut Connection, codes: &[ProjectCode]) -> Result<Vec<ProjectCode>, DbError> {
    let wanted: Vec<&str> = codes.iter().map(Code::as_str).collect();
    let found: Vec<String> = on_backend!(connection, c => {
        projects::table.filter(projects::code.eq_any(&wanted)).select(projects::code).load(c)
    })?;
    Ok(found.into_iter().map(Code::stored).collect())
}

/// Every project, in the order of their codes.
pub fn projects(connection: &mut Connection) -> Result<Vec<Project>, DbError> {
    let rows: Vec<ProjectRow> =
        on_backend!(connection, c => projects::table.order(projects::code).select(ProjectRow::as_select()).load(c))?;
    let project = |row: ProjectRow| Project {
        code: Code::stored(row.code),
        name_vi: row.name_vi,
        name_en: row.name_en,
        funder: row.funder,
    };
    Ok(rows.into_iter().map(project).collect())
}

pub fn add_partner(connection: &mut Connection, new: &NewPartner, at: DateTime<Utc>) -> Result<(), DbError> {
    let row = PartnerRow {
        code: new.code.to_string(),
        name: new.name.as_str().to_owned(),
        kind: new.kind.as_ref().map(|text| text.as_str().to_owned()),
        vcca_role: new.vcca_role.as_ref().map(|text| text.as_str().to_owned()),
        listed: new.listed,
        sandbox: new.sandbox,
        suspended_at: None,
        created_at: stored(at),
        daily_installations: None,
        quota_until: None,
    };
    on_backend!(connection, c => diesel::insert_into(partners::table).values(&row).execute(c))?;
    Ok(())
}

/// Adds a client and the hash of its first secret.
pub fn add_client(
    connection: &mut Connection,
    new: &NewClient,
    client_id: &str,
    secret_hash: &str,
    at: DateTime<Utc>,
) -> Result<(), DbError> {
    let row = ClientRow {
        client_id: client_id.to_owned(),
        name: new.name.as_str().to_owned(),
        role: new.role.as_str().to_owned(),
        partner: new.partner.as_ref().map(ToString::to_string),
        province_code: new.province.map(|province| province.code().to_owned()),
        created_at: stored(at),
        revoked_at: None,
        affiliation: new.affiliation.as_ref().map(ToString::to_string),
    };
    let secret = SecretRow {
        client_id: client_id.to_owned(),
        hash: secret_hash.to_owned(),
        created_at: stored(at),
        expires_at: None,
    };
    on_backend!(connection, c => diesel::insert_into(clients::table).values(&row).execute(c))?;
    on_backend!(connection, c => diesel::insert_into(client_secrets::table).values(&secret).execute(c))?;
    Ok(())
}

pub fn add_project(connection: &mut Connection, new: &NewProject, at: DateTime<Utc>) -> Result<(), DbError> {
    let row = ProjectRow {
        code: new.code.to_string(),
        name_vi: new.name_vi.as_str().to_owned(),
        name_en: new.name_en.as_str().to_owned(),
        funder: new.funder.as_ref().map(|text| text.as_str().to_owned()),
        created_at: stored(at),
    };
    on_backend!(connection, c => diesel::insert_into(projects::table).values(&row).execute(c))?;
    Ok(())
}
