//! Lists the methodologies, so that a new version needs a new file and nothing else.

use std::fmt::Write;
use std::path::Path;
use std::{env, fs};

const FOLDER: &str = "reference/methodology";

fn main() -> Result<(), Box<dyn std::error::Error>> {
    println!("cargo::rerun-if-changed={FOLDER}");
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
