//! Registering installations: on PostgreSQL against single-row commits, on SQLite against the
//! same rows without anything around them.

use green_homes::db::{Database, Url};

use super::direct::Direct;
use super::generator::Generator;
use super::pgbench::{Pgbench, Protocol};
use super::postgres::Cluster;
use super::report::{Report, Row, Target};
use super::service::Service;
use super::wrk::{self, Figures};
use super::{Plan, Result, http, seed};

/// Homes in the register before the first write.
const SEEDED: u64 = 10_000;
/// Where the numbers of written homes begin, above every seeded one; each side has its own.
const FIRST_SENT: u64 = 200_000_000;
const FIRST_DIRECT: u64 = 300_000_000;
/// More bodies than can be sent in a second.
const BODIES_A_SECOND: u64 = 15_000;

/// A service under a load of new installations, each sent once.
struct Load<'a> {
    plan: &'a Plan,
    generator: &'a Generator,
    service: Service,
    first: u64,
    on: &'static str,
}

impl Load<'_> {
    /// One run; every answer that was counted must stand in the register afterwards.
    fn run(&mut self, seconds: u64) -> Result<Figures> {
        let count = BODIES_A_SECOND * seconds;
        let bodies = wrk::write_bodies(&self.plan.scratch, self.generator, self.first, count)?;
        self.first += count;
        let address = self.service.address;
        let before = http::version(address)?;
        let figures = wrk::post(&self.plan.scratch, address, seconds, &self.service.token()?, &bodies)?;
        // The headline follows within a second.
        std::thread::sleep(std::time::Duration::from_secs(1));
        let added = http::version(address)? - before;
        if figures.failures == 0 && added < figures.requests {
            return Err(format!("{} answered, {added} written", figures.requests).into());
        }
        Ok(figures)
    }
}

/// On PostgreSQL, against `pgbench` on the same cluster.
pub fn on_postgres(plan: &Plan, report: &mut Report) -> Result<()> {
    let cluster = Cluster::private();
    let url = cluster.create_database();
    let database = Database::open(&Url::parse(&url)?, 2)?;
    let (seconds, _) = seed::fill(&database, SEEDED)?;
    drop(database);
    report.note(format!("seeding {SEEDED} homes on PostgreSQL"), seconds, "s");
    let generator = Generator::new(plan.today)?;
    let pgbench = Pgbench::new(&plan.scratch, &url)?;
    let service = Service::on_postgres(&plan.scratch, &url)?;
    let load = Load { plan, generator: &generator, service, first: FIRST_SENT, on: "PostgreSQL" };
    let what = "POST /v1/installations, PostgreSQL / pgbench";
    let others = vec![
        Other {
            name: format!("{what}, a second"),
            target: Target::AtLeast(1.0),
            run: Box::new(|seconds| pgbench.run(Protocol::Simple, seconds)),
        },
        Other {
            name: format!("{what} --protocol=prepared, a second"),
            target: Target::None,
            run: Box::new(|seconds| pgbench.run(Protocol::Prepared, seconds)),
        },
    ];
    compare(plan, report, load, others)
}

/// On SQLite, against the store alone.
pub fn on_sqlite(plan: &Plan, report: &mut Report) -> Result<()> {
    let seeded = seed::sqlite(&plan.seeds, SEEDED)?;
    let generator = Generator::new(plan.today)?;
    let mut direct = Direct::new(&plan.scratch, &seeded, FIRST_DIRECT)?;
    let service = Service::on_sqlite(&plan.scratch, &seeded)?;
    let load = Load { plan, generator: &generator, service, first: FIRST_SENT, on: "SQLite" };
    let other = Other {
        name: "POST /v1/installations, SQLite / the same rows by the store, a second".to_owned(),
        target: Target::AtLeast(0.60),
        run: Box::new(|seconds| direct.run(&generator, seconds)),
    };
    compare(plan, report, load, vec![other])
}

/// What the service is measured against.
struct Other<'a> {
    name: String,
    target: Target,
    run: Box<dyn FnMut(u64) -> Result<f64> + 'a>,
}

fn compare(plan: &Plan, report: &mut Report, mut load: Load<'_>, mut others: Vec<Other<'_>>) -> Result<()> {
    let mut sent: Vec<Figures> = Vec::new();
    let mut theirs = vec![Vec::new(); others.len()];
    load.run(plan.warm_up)?;
    for other in &mut others {
        (other.run)(plan.warm_up)?;
    }
    for _ in 0..plan.rounds {
        sent.push(load.run(plan.seconds)?);
        for (other, figures) in others.iter_mut().zip(&mut theirs) {
            figures.push((other.run)(plan.seconds)?);
        }
    }
    let ours: Vec<f64> = sent.iter().map(|figures| figures.per_second).collect();
    let failures = sent.iter().map(|figures| figures.failures).sum();
    for (Other { name, target, .. }, theirs) in others.into_iter().zip(theirs) {
        report.add(Row { name, ours: ours.clone(), theirs, target, failures });
    }
    let p99: Vec<f64> = sent.iter().map(|figures| figures.p99_ms).collect();
    report.note(format!("p99 of POST on {}", load.on), super::median(&p99), "ms");
    Ok(())
}
