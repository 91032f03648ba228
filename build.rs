//! Lists the methodologies, so that a new version needs a new file and nothing else, and notes the day of the build, before which no
//! clock can be right.

use std::fmt::Write;
use std::path::Path;
use std::time::{SystemTime, UNIX_EPOCH};
use std::{env, fs};

const FOLDER: &str = "reference/methodology";
/// Seconds since 1970 that a reproducible build takes for now.
const EPOCH: &str = "SOURCE_DATE_EPOCH";

fn main() -> Result<(), Box<dyn std::error::Error>> {
    println!("cargo::rerun-if-changed={FOLDER}");
    println!("cargo::rerun-if-env-changed={EPOCH}");
    println!("cargo::rustc-env=GREEN_HOMES_BUILD_DAY={}", build_day()?);
    let folder = Path::new(&env::var("CARGO_MANIFEST_DIR")?).join(FOLDER);
    let mut files = Vec::new();
    for entry in fs::read_dir(&folder)? {
        let path = entry?.path();
        let number = path.file_stem().and_then(|stem| stem.to_str()?.parse::<i32>().ok());
        if path.extension().is_some_and(|extension| extension == "json") {
            files.push((number.ok_or_else(|| format!("{} is no number", path.display()))?, path));
        }
    }
    files.sort();
    let mut list = String::from("&[");
    for (_, path) in files {
        write!(list, "include_str!(r\"{}\"),", path.display())?;
    }
    list.push(']');
    fs::write(Path::new(&env::var("OUT_DIR")?).join("methodologies.rs"), list)?;
    Ok(())
}

/// Whole days since 1970.
fn build_day() -> Result<u64, Box<dyn std::error::Error>> {
    let seconds = match env::var(EPOCH) {
        Ok(seconds) => seconds.parse()?,
        Err(_) => SystemTime::now().duration_since(UNIX_EPOCH)?.as_secs(),
    };
    Ok(seconds / 86_400)
}
