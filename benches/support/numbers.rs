//! What numbers cost that are not ready: aggregates, over HTTP and in the database, and the timeline.

use std::time::Instant;

use diesel::sql_types::{BigInt, Integer, Nullable, Text};
use diesel::{Connection as _, QueryableByName, RunQueryDsl, SqliteConnection, connection::SimpleConnection};
use serde_json::Value;

use super::facts;
use super::generator::Generator;
use super::http::{Connection, post};
use super::report::{Report, Row, Target};
use super::service::Service;
use super::{Plan, Result};

/// Homes of the register that the targets are of.
pub const MANY: u64 = 1_000_000;
/// Answers that are measured, one after the other on one connection.
const ANSWERS: u64 = 30;
/// The first home written between them; no other measurement writes those that follow it.
const FIRST_WRITTEN: u64 = 40_000_000;
const AGGREGATES: &str = "/v1/aggregates?group_by=province,measure,year";
const TIMELINE: &str = "/v1/progress/timeline";
const MOST_MS: f64 = 10.0;

/// The sums of the same groups, in the database: sites, quantities and inverters of what is verified and stands, from the
/// first day of the programme. It leaves out what the service does besides: which measure displaces which, ends of life,
/// electricity and emissions with their ranges.
const GROUP_BY: &str = "
    SELECT s.province_code, m.measure, CAST(strftime('%Y', i.installed_on) AS INTEGER) AS year,
           COUNT(DISTINCT i.site) AS sites, SUM(m.quantity) AS quantity, SUM(m.inverter_w) AS inverter_w
    FROM installation_measures m JOIN installations i ON i.id = m.installation JOIN sites s ON s.id = i.site
    WHERE i.status = 'verified' AND NOT i.sandbox AND i.installed_on >= '2019-09-01'
    GROUP BY s.province_code, m.measure, year";

#[derive(QueryableByName)]
#[expect(dead_code, reason = "read, as whoever asked would")]
struct Sums {
    #[diesel(sql_type = Text)]
    province_code: String,
    #[diesel(sql_type = Integer)]
    measure: i32,
    #[diesel(sql_type = Integer)]
    year: i32,
    #[diesel(sql_type = BigInt)]
    sites: i64,
    #[diesel(sql_type = BigInt)]
    quantity: i64,
    #[diesel(sql_type = Nullable<BigInt>)]
    inverter_w: Option<i64>,
}

/// By province, measure and year, asked again and again: the sums are kept.
pub fn aggregates_again(report: &mut Report, service: &Service, homes: u64) -> Result<()> {
    let request = get(AGGREGATES, &format!("Authorization: Bearer {}\r\n", service.reviewer_token()?));
    let mut connection = Connection::to(service.address)?;
    let (_, body) = timed(&mut connection, &request)?;
    let again = (0..ANSWERS).map(|_| Ok(timed(&mut connection, &request)?.0)).collect::<Result<Vec<f64>>>()?;
    report.add(in_time("again", homes, again));
    report.note(format!("its rows, {homes} homes"), super::figure(rows_of(&body)? as u64), "");
    report.note(format!("its size, {homes} homes"), super::figure(body.len() as u64) / 1e6, "MB");
    Ok(())
}

/// The same, each answer the first after a write, which makes the sums anew; and the same sums in the database.
pub fn aggregates_first(plan: &Plan, report: &mut Report, service: &Service, homes: u64) -> Result<()> {
    let request = get(AGGREGATES, &format!("Authorization: Bearer {}\r\n", service.reviewer_token()?));
    let headers = format!("Content-Type: application/json\r\nAuthorization: Bearer {}\r\n", service.token()?);
    let mut connection = Connection::to(service.address)?;
    let generator = Generator::new(plan.today)?;
    let (mut first, mut rows) = (Vec::new(), 0);
    for number in FIRST_WRITTEN..FIRST_WRITTEN + ANSWERS {
        let home = facts::body(&generator.home(number)).ok_or("a home without a job")?;
        let written = connection.send(&post("/v1/installations", &headers, &home.to_string()))?;
        if written.status != 201 {
            return Err(format!("a write is answered {}", written.status).into());
        }
        let (ms, body) = timed(&mut connection, &request)?;
        first.push(ms);
        rows = rows_of(&body)?;
    }
    let (mut theirs, mut found) = (Vec::new(), 0);
    let mut database = SqliteConnection::establish(&service.file().display().to_string())?;
    // As large as that of the service's own connections.
    database.batch_execute("PRAGMA query_only = ON; PRAGMA cache_size = -16000; PRAGMA temp_store = MEMORY")?;
    for _ in 0..plan.rounds {
        let began = Instant::now();
        found = diesel::sql_query(GROUP_BY).load::<Sums>(&mut database)?.len();
        theirs.push(1e3 * began.elapsed().as_secs_f64());
    }
    // Groups of which nothing stands any more have emissions up to their end.
    if found == 0 || found > rows {
        return Err(format!("the database has {found} groups, the service {rows}").into());
    }
    let a_second = |times: &[f64]| times.iter().map(|ms| 1e3 / ms).collect::<Vec<f64>>();
    report.add(Row {
        name: format!("{}, first after a write / the same GROUP BY, a second", what(homes)),
        ours: a_second(&first),
        theirs: a_second(&theirs),
        target: if homes == MANY { Target::AtLeast(20.0) } else { Target::None },
        failures: 0,
    });
    report.add(in_time("first after a write", homes, first));
    Ok(())
}

fn what(homes: u64) -> String {
    format!("GET /v1/aggregates by province, measure and year, {homes} homes")
}

fn in_time(when: &str, homes: u64, times: Vec<f64>) -> Row {
    let target = if homes == MANY { Target::AtMost(1.0) } else { Target::None };
    let name = format!("{}, {when} / {MOST_MS}, ms", what(homes));
    Row { name, ours: times, theirs: vec![MOST_MS], target, failures: 0 }
}

fn rows_of(body: &[u8]) -> Result<usize> {
    Ok(serde_json::from_slice::<Value>(body)?.pointer("/data").and_then(Value::as_array).map_or(0, Vec::len))
}

/// The first timeline of a snapshot; it is kept for the others.
pub fn timeline(report: &mut Report, service: &Service, homes: u64) -> Result<()> {
    let mut connection = Connection::to(service.address)?;
    let [first, again] = [(); 2].map(|()| timed(&mut connection, &get(TIMELINE, "")).map(|(ms, _)| ms));
    report.note(format!("the first timeline of a snapshot, {homes} homes"), first?, "ms");
    report.note(format!("the second, {homes} homes"), again?, "ms");
    Ok(())
}

fn get(path: &str, headers: &str) -> Vec<u8> {
    format!("GET {path} HTTP/1.1\r\nHost: bench\r\n{headers}\r\n").into_bytes()
}

/// The milliseconds of an answer, and its body.
fn timed(connection: &mut Connection, request: &[u8]) -> Result<(f64, Vec<u8>)> {
    let began = Instant::now();
    let answer = connection.send(request)?;
    let took = 1e3 * began.elapsed().as_secs_f64();
    if answer.status == 200 { Ok((took, answer.body)) } else { Err(format!("an answer is {}", answer.status).into()) }
}
