//! Releases: headlines that were published for good.

use chrono::{DateTime, NaiveDate, NaiveDateTime, Utc};
use diesel::{
    ExpressionMethods, Insertable, OptionalExtension, QueryDsl, Queryable, RunQueryDsl, Selectable, SelectableHelper,
};
use serde::Serialize;

use crate::db::engine::{Connection, DbError, on_backend};
use crate::db::tables::{releases, stored};
use crate::domain::values::{Hash, hex};

/// A headline that was published for good.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Release {
    /// The day that it reports.
    pub day: NaiveDate,
    /// The version at the close of that day.
    pub version: i64,
    /// The version of the entry that released it.
    pub entry: i64,
    /// The instant of that entry.
    pub published_at: DateTime<Utc>,
    /// The SHA-256 of its body.
    pub sha256: Hash,
    /// The public URL at the close, which stands in the body of a release of the old form. Empty since: bodies have no host.
    pub public_url: String,
    /// The publisher at the close.
    pub publisher: String,
}

impl Release {
    /// Whether it was made in the form that held the address of the service. Such a release is no longer served; its entry stays.
    #[must_use]
    pub fn is_of_old_form(&self) -> bool {
        !self.public_url.is_empty()
    }
}

/// The facts that the entry of a release seals.
#[derive(Serialize)]
pub struct ReleaseDoc {
    release: NaiveDate,
    version: i64,
    sha256: String,
}

impl ReleaseDoc {
    #[must_use]
    pub fn of(release: &Release) -> Self {
        Self { release: release.day, version: release.version, sha256: hex(&release.sha256) }
    }
}

#[derive(Queryable, Selectable, Insertable)]
#[diesel(table_name = releases)]
struct ReleaseRow {
    day: NaiveDate,
    version: i64,
    entry: i64,
    published_at: NaiveDateTime,
    sha256: Vec<u8>,
    public_url: String,
    publisher: String,
}

impl TryFrom<ReleaseRow> for Release {
    type Error = DbError;

    fn try_from(row: ReleaseRow) -> Result<Self, DbError> {
        let sha256 = row.sha256.try_into().map_err(|_| DbError::corrupt(format!("the hash of release {}", row.day)))?;
        Ok(Self {
            day: row.day,
            version: row.version,
            entry: row.entry,
            published_at: row.published_at.and_utc(),
            sha256,
            public_url: row.public_url,
            publisher: row.publisher,
        })
    }
}

/// All releases, the newest day first.
pub fn all(connection: &mut Connection) -> Result<Vec<Release>, DbError> {
    let rows: Vec<ReleaseRow> = on_backend!(connection, c => {
        releases::table.order(releases::day.desc()).select(ReleaseRow::as_select()).load(c)
    })?;
    rows.into_iter().map(Release::try_from).collect()
}

/// The release of a day, if there is one.
pub fn find(connection: &mut Connection, day: NaiveDate) -> Result<Option<Release>, DbError> {
    let row: Option<ReleaseRow> =
        on_backend!(connection, c => releases::table.find(day).select(ReleaseRow::as_select()).first(c).optional())?;
    row.map(Release::try_from).transpose()
}

/// The body of a release, byte for byte as it was published.
pub fn body(connection: &mut Connection, day: NaiveDate) -> Result<Option<String>, DbError> {
    Ok(on_backend!(connection, c => releases::table.find(day).select(releases::body).first(c).optional())?)
}

/// Stores a release.
pub fn add(connection: &mut Connection, release: &Release, body: &str) -> Result<(), DbError> {
    let row = ReleaseRow {
        day: release.day,
        version: release.version,
        entry: release.entry,
        published_at: stored(release.published_at),
        sha256: release.sha256.to_vec(),
        public_url: release.public_url.clone(),
        publisher: release.publisher.clone(),
    };
    on_backend!(connection, c => {
        diesel::insert_into(releases::table).values((&row, releases::body.eq(body))).execute(c)
    })?;
    Ok(())
}
