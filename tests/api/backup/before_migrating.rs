//! The copy that is kept before the schema of a register on SQLite changes.

use std::process::Command;

use crate::process::{command, partner_client};
use crate::support::db_lines;

use super::{carry_out, installed, mode, names, said};

#[test]
fn migrate_a_database_in_use_keeps_a_copy_of_it_first() {
    let database = installed();
    partner_client(&database, "WRITER");
    {
        let open = database.db_open();
        green_homes::db::engine::revert_last(&mut open.connection().unwrap()).unwrap();
    }
    let schema = "SELECT max(version) AS line FROM __diesel_schema_migrations";
    let before = db_lines(&database.url, schema);
    let migrated = carry_out(&database, &["--log", "info", "migrate"]);
    assert!(migrated.status.success(), "{}", said(&migrated));
    let kept = database.data_dir.path().join("backups");
    let copies = names(&kept);
    assert!(copies.len() == 1 && copies[0].starts_with(&format!("schema-{}-", before[0])), "{copies:?}");
    assert!(said(&migrated).contains(&copies[0]), "the log says where: {}", said(&migrated));
    assert_eq!((mode(&kept), mode(&kept.join(&copies[0]))), (0o700, 0o600));
    let copy = format!("sqlite://{}", kept.join(&copies[0]).display());
    assert_eq!(db_lines(&copy, schema), before, "it is the database as it was");
    assert_eq!(db_lines(&copy, "SELECT code AS line FROM partners"), ["WRITER"]);
    assert_ne!(db_lines(&database.url, schema), before);
    assert!(carry_out(&database, &["migrate"]).status.success());
    assert_eq!(names(&kept).len(), 1, "nothing changes, nothing is kept");
}

#[test]
fn migrate_where_there_is_no_room_for_the_copy_leaves_no_draft() {
    let database = installed();
    partner_client(&database, "WRITER");
    {
        let open = database.db_open();
        green_homes::db::engine::revert_last(&mut open.connection().unwrap()).unwrap();
    }
    let migrate = command(&database, database.data_dir.path());
    let mut shell = Command::new("sh");
    // No file may grow beyond 32 KiB or so: the copy does not fit.
    shell.args(["-c", "trap '' XFSZ; ulimit -f 64; exec \"$@\"", "sh"]).arg(migrate.get_program());
    shell.args(migrate.get_args()).arg("migrate").env_remove("DATABASE_URL_FILE").env("DATABASE_URL", &database.url);
    for _ in 0..2 {
        let failed = shell.output().unwrap();
        assert!(failed.status.code() == Some(1) && said(&failed).contains("no copy"), "{}", said(&failed));
        assert_eq!(names(&database.data_dir.path().join("backups")), Vec::<String>::new());
    }
}
