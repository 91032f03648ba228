//! What the script says to a headline in which one thing is forged, and to tables in which one number is.

use std::fs;
use std::path::Path;
use std::thread;

use serde_json::{Value, json};
use tempfile::TempDir;

use super::history::with_a_long_history;
use super::{recompute, run};
use crate::support::{App, TestDatabase};

/// The numbers that no public table has. The script lists them; nothing else may pass unchecked.
const NOT_CHECKED: [&str; 11] = [
    "live.sites.verified",
    "live.sites.reported",
    "live.sites.pledged",
    "installations.reported",
    "installations.pledged",
    "capacity_kwp.reported",
    "pre_programme.sites.verified",
    "pre_programme.sites.reported",
    "pre_programme.sites.pledged",
    "pace.recorded.last_3_months_per_month",
    "pace.recorded.last_12_months_per_month",
];

/// What a service publishes, in a folder.
struct Saved(TempDir);

impl Saved {
    async fn of(app: &App, query: &str) -> Self {
        let saved = Self(tempfile::tempdir().unwrap());
        let progress = saved.fetch(app, "progress.json", &format!("/v1/progress{query}")).await;
        let methodology = &progress["meta"]["methodology_version"];
        saved.fetch(app, "methodology.json", &format!("/v1/methodology/{methodology}")).await;
        let tables = saved.fetch(app, "tables.json", "/v1/tables").await;
        for table in tables["data"].as_array().unwrap() {
            let name = table["name"].as_str().unwrap();
            saved.fetch(app, &format!("{name}.csv"), &format!("/v1/tables/{name}.csv{query}")).await;
        }
        saved
    }

    /// Saves what an address gives; the JSON of it.
    async fn fetch(&self, app: &App, file: &str, address: &str) -> Value {
        let reply = app.inside().await.get(address).await;
        assert_eq!(reply.status, 200, "{address}: {}", reply.text);
        self.write(file, &reply.text);
        reply.body
    }

    fn write(&self, file: &str, text: &str) {
        fs::write(self.0.path().join(file), text).unwrap();
    }

    fn read(&self, file: &str) -> String {
        fs::read_to_string(self.0.path().join(file)).unwrap()
    }

    fn copy(&self) -> Self {
        let copy = Self(tempfile::tempdir().unwrap());
        for file in fs::read_dir(self.0.path()).unwrap() {
            let from = file.unwrap().path();
            fs::copy(&from, copy.0.path().join(from.file_name().unwrap())).unwrap();
        }
        copy
    }

    /// The script's exit code, and what it printed.
    fn recompute(&self) -> (Option<i32>, String) {
        run(&[path(self.0.path())])
    }
}

fn path(path: &Path) -> String {
    path.to_str().unwrap().to_owned()
}

/// One change of the text of the headline.
struct Forgery {
    what: String,
    text: String,
}

#[test]
fn recompute_a_forged_headline_finds_each_number() {
    crate::support::run(async {
        let (app, _) = with_a_long_history(TestDatabase::sqlite(), "2028-02-29").await;
        let by_method_2 = Saved::of(&app, "").await;
        let by_method_1 = Saved::of(&app, "?methodology=1").await;
        app.stop().await;
        let (code, printed) = by_method_2.recompute();
        assert_eq!((code, not_checked(&printed)), (Some(0), NOT_CHECKED.map(str::to_owned).to_vec()), "{printed}");
        assert_eq!(by_method_1.recompute().0, Some(0));

        let forgeries = forgeries(&by_method_2.read("progress.json"), |_| true);
        assert!(forgeries.len() > 120, "{}", forgeries.len());
        assert_found(&by_method_2, &forgeries);
        assert_found(&by_method_2, &oddities(&by_method_2.read("progress.json")));
        let is_estimate = |name: &str| ["annual.", "to_date.", "lifetime."].iter().any(|of| bare(name).starts_with(of));
        let forgeries = self::forgeries(&by_method_1.read("progress.json"), is_estimate);
        assert!(forgeries.len() > 20, "{}", forgeries.len());
        assert_found(&by_method_1, &forgeries);
    });
}

/// The names under the heading of what was not checked.
fn not_checked(printed: &str) -> Vec<String> {
    let after = printed.lines().skip_while(|line| !line.starts_with("not checked")).skip(1);
    let listed = after.take_while(|line| line.starts_with(' '));
    listed.filter_map(|line| line.split_whitespace().next()).map(str::to_owned).collect()
}

/// Holds the script against each forgery, on two threads.
fn assert_found(saved: &Saved, forgeries: &[Forgery]) {
    thread::scope(|scope| {
        for half in forgeries.chunks(forgeries.len().div_ceil(2)) {
            scope.spawn(move || {
                let forged = saved.copy();
                for Forgery { what, text } in half {
                    forged.write("progress.json", text);
                    let (code, printed) = forged.recompute();
                    assert_eq!(code, Some(1), "{what}: {printed}");
                }
            });
        }
    });
}

/// Every leaf of the headline that is chosen and checked, forged in turn.
fn forgeries(progress: &str, is_chosen: impl Fn(&str) -> bool) -> Vec<Forgery> {
    let body: Value = serde_json::from_str(progress).unwrap();
    let mut leaves = Vec::new();
    collect("", &body["data"], &mut leaves);
    let mut forgeries = Vec::new();
    // Another day is no number, but of other tables.
    let is_checked = |name: &str| !NOT_CHECKED.contains(&bare(name)) && name != "figures_as_of";
    for (name, leaf) in leaves.iter().filter(|(name, _)| is_chosen(name) && is_checked(name)) {
        for forged in forged(bare(name), leaf) {
            let mut body = body.clone();
            *body.pointer_mut(&format!("/data/{}", name.replace('.', "/"))).unwrap() = forged.clone();
            forgeries.push(Forgery { what: format!("{name}: {leaf} became {forged}"), text: body.to_string() });
        }
    }
    forgeries
}

/// The name of a figure as the script says it.
fn bare(name: &str) -> &str {
    name.strip_prefix("figures.").unwrap_or(name)
}

/// Headlines that a service of this kind does not publish.
fn oddities(progress: &str) -> Vec<Forgery> {
    let body: Value = serde_json::from_str(progress).unwrap();
    let mut forgeries = Vec::new();
    let mut with_more = body.clone();
    with_more["data"]["figures"]["sites"]["planned"] = json!(7);
    forgeries.push(Forgery { what: "a number that nobody knows".to_owned(), text: with_more.to_string() });
    let mut with_less = body.clone();
    with_less["data"]["figures"]["annual"].as_object_mut().unwrap().remove("saving_kwh");
    forgeries.push(Forgery { what: "a number less".to_owned(), text: with_less.to_string() });
    let verified = body["data"]["live"]["sites"]["verified"].to_string();
    for instead in ["NaN", "-Infinity", "1e999", "true", "null", &format!("\"{verified}\"")] {
        let text = progress.replacen(&format!("\"verified\":{verified}"), &format!("\"verified\":{instead}"), 1);
        assert_ne!(text, progress);
        forgeries.push(Forgery { what: format!("{instead} in place of a number"), text });
    }
    let twice = progress.replacen("\"verified\":", "\"verified\":999,\"verified\":", 1);
    forgeries.push(Forgery { what: "a name that stands twice".to_owned(), text: twice });
    for unchecked in ["\"last_12_months_per_month\":", "\"pledged\":"] {
        let text = progress.replacen(unchecked, &format!("{unchecked}NaN,\"was\":"), 1);
        forgeries.push(Forgery { what: format!("NaN at {unchecked}"), text });
    }
    forgeries
}

/// Every leaf under the path of its names.
fn collect(path: &str, value: &Value, leaves: &mut Vec<(String, Value)>) {
    let Value::Object(members) = value else {
        leaves.push((path.to_owned(), value.clone()));
        return;
    };
    for (name, member) in members {
        let path = if path.is_empty() { name.clone() } else { format!("{path}.{name}") };
        collect(&path, member, leaves);
    }
}

/// What stands in place of a leaf: a number that is off by more than is accepted, and a text with one other digit for each number in
/// it.
fn forged(name: &str, leaf: &Value) -> Vec<Value> {
    match leaf {
        Value::Null => vec![json!(1)],
        Value::Bool(is) => vec![json!(!is)],
        Value::Number(number) => {
            let value = number.as_f64().unwrap();
            let step = match name {
                _ if name.ends_with("_kwh") => (value * 2e-9).max(2.0),
                _ if name.contains("tco2e") => (value * 2e-9).max(0.002),
                _ if name.contains("percent") => 0.000_1,
                _ if name.ends_with("_per_month") || name.starts_with("capacity_kwp") => 0.001,
                _ => 1.0,
            };
            vec![json!(value + step)]
        }
        Value::String(text) => {
            let mut texts = with_another_digit(text);
            if texts.is_empty() {
                texts.push(format!("{text} 7"));
            }
            texts.into_iter().map(Value::String).collect()
        }
        Value::Array(_) | Value::Object(_) => panic!("{name}: the headline has neither lists nor empty objects"),
    }
}

/// The text with another last digit, for each number in it.
fn with_another_digit(text: &str) -> Vec<String> {
    let characters: Vec<char> = text.chars().collect();
    let is_digit = |place: usize| characters.get(place).is_some_and(char::is_ascii_digit);
    let ends = (0..characters.len()).filter(|place| is_digit(*place) && !is_digit(place + 1));
    let forged = |place: usize| {
        let mut characters = characters.clone();
        characters[place] = if characters[place] == '9' { '0' } else { '9' };
        characters.into_iter().collect()
    };
    ends.map(forged).collect()
}

#[test]
fn recompute_from_changed_tables_finds_the_difference() {
    crate::support::run(async {
        let (app, _) = with_a_long_history(TestDatabase::sqlite(), "2028-02-29").await;
        let saved = Saved::of(&app, "").await;
        app.stop().await;
        let expect = |code, what: &str| {
            let (found, printed) = saved.recompute();
            assert_eq!(found, Some(code), "{what}: {printed}");
        };
        expect(0, "as it was");

        let sums = saved.read("programme_sums.csv");
        for column in SUMS {
            saved.write("programme_sums.csv", &with_more_in(&sums, column));
            expect(1, column);
        }
        let (without_the_last, _) = sums.trim_end().rsplit_once('\n').unwrap();
        saved.write("programme_sums.csv", without_the_last);
        expect(1, "a row is gone");
        saved.write("programme_sums.csv", &sums);

        // One more in the first row of a table, in a column that adds up or that two tables have.
        for (table, column) in [
            ("provinces", "sites_pledged"),
            ("provinces", "capacity_kwp_verified"),
            ("kinds", "sites_reported"),
            ("regions", "to_date_avoided_tco2e_low"),
            ("former_provinces", "annual_generation_kwh"),
            ("years", "installations_verified"),
            ("months", "annual_sold_tco2e"),
            ("evidence_tiers", "sites_verified"),
            ("people", "percent_of_known"),
            ("measures", "quantity_verified"),
            ("measures", "sites_verified"),
        ] {
            let file = format!("{table}.csv");
            let text = saved.read(&file);
            // The first measure is solar power, whose quantities no sums tell.
            let row = if column == "quantity_verified" { 2 } else { 0 };
            let more = |number: f64| (number + 500.0).to_string();
            saved.write(&file, &with_another(&text, column, |place, _| place == row, more));
            expect(1, &format!("{table}.{column}"));
            saved.write(&file, &text);
        }
        let kinds = saved.read("kinds.csv");
        for odd in ["NaN", "inf", "1_000", "", "٣"] {
            saved.write("kinds.csv", &with_another(&kinds, "sites_verified", |row, _| row == 0, |_| odd.to_owned()));
            expect(1, &format!("{odd} in place of a number"));
        }
        saved.write("kinds.csv", &kinds);

        let progress: Value = serde_json::from_str(&saved.read("progress.json")).unwrap();
        let mut of_another = progress.clone();
        of_another["meta"]["version"] = json!(1);
        saved.write("progress.json", &of_another.to_string());
        expect(2, "of another version");
        saved.write("progress.json", "no JSON");
        expect(2, "no JSON");
        assert_eq!(recompute(&[]).await.0, Some(2), "nothing to check");
        assert_eq!(recompute(&["/no/folder"]).await.0, Some(2), "no folder");
    });
}

/// The columns of `programme_sums` that hold numbers.
const SUMS: [&str; 8] = [
    "sites",
    "installations",
    "quantity",
    "quantity_days",
    "quantity_end_days",
    "quantity_x_yield",
    "quantity_days_x_yield",
    "quantity_end_days_x_yield",
];

/// The sums with more in a column, in the first row where it matters: of solar power the columns with yields do, of everything
/// else the others.
fn with_more_in(sums: &str, column: &str) -> String {
    let mut changed = false;
    let is_first = |_: usize, field: &dyn Fn(&str) -> String| {
        let [installed, ended, by_yield] = ["installed_month", "ended_month", "quantity_x_yield"].map(field);
        let matters = if column.contains("end_days") { ended >= installed } else { ended.is_empty() };
        let is_used = by_yield.is_empty() || column.ends_with("_x_yield") || !column.contains("days");
        let says = field(column).parse::<f64>().is_ok_and(|number| number > 0.0);
        let is_first = says && matters && is_used && !changed;
        changed |= is_first;
        is_first
    };
    with_another(sums, column, is_first, |number| (number + 10_000.0).to_string())
}

/// A table with another value in a column, in the rows that `is_chosen` picks by their place and their fields.
fn with_another(
    table: &str,
    column: &str,
    mut is_chosen: impl FnMut(usize, &dyn Fn(&str) -> String) -> bool,
    another: impl Fn(f64) -> String,
) -> String {
    let mut reader = csv::Reader::from_reader(table.trim_start_matches('\u{feff}').as_bytes());
    let header = reader.headers().unwrap().clone();
    let place = |name: &str| header.iter().position(|one| one == name).unwrap();
    let mut writer = csv::Writer::from_writer(Vec::new());
    writer.write_record(&header).unwrap();
    let mut changed = 0;
    for (number, record) in reader.records().enumerate() {
        let mut fields: Vec<String> = record.unwrap().iter().map(str::to_owned).collect();
        if is_chosen(number, &|name| fields[place(name)].clone()) {
            fields[place(column)] = another(fields[place(column)].parse().unwrap());
            changed += 1;
        }
        writer.write_record(&fields).unwrap();
    }
    assert_eq!(changed, 1, "one row to change {column} in");
    String::from_utf8(writer.into_inner().unwrap()).unwrap()
}
