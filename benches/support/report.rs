//! What was measured, as a table for people and JSON for programs.

use std::path::Path;

use serde_json::{Value, json};

use super::{Result, median};

/// Two things measured in the same run, and what their ratio has to be.
pub struct Row {
    /// What is compared, with its unit.
    pub name: String,
    /// The service's figures, one a round.
    pub ours: Vec<f64>,
    /// The figures of what it is measured against, one a round.
    pub theirs: Vec<f64>,
    /// What the ratio has to reach, or must not pass.
    pub target: Target,
    /// Requests that failed; with one the row is missed.
    pub failures: u64,
}

/// What a ratio has to be.
#[derive(Clone, Copy)]
pub enum Target {
    /// At least this.
    AtLeast(f64),
    /// At most this.
    AtMost(f64),
    /// Anything: shown to explain another row.
    None,
}

/// Everything that was measured.
#[derive(Default)]
pub struct Report {
    rows: Vec<Row>,
    facts: Vec<(String, f64, &'static str)>,
}

impl Row {
    /// Service over the other, of the medians.
    pub fn ratio(&self) -> f64 {
        median(&self.ours) / median(&self.theirs)
    }

    fn verdict(&self) -> &'static str {
        let met = match self.target {
            Target::AtLeast(least) => self.ratio() >= least,
            Target::AtMost(most) => self.ratio() <= most,
            Target::None => return if self.failures == 0 { "" } else { "failed" },
        };
        if met && self.failures == 0 { "met" } else { "missed" }
    }

    fn to_json(&self) -> Value {
        let side = |figures: &[f64]| json!({"rounds": figures, "median": median(figures)});
        let target = match self.target {
            Target::AtLeast(least) => json!({"at_least": least}),
            Target::AtMost(most) => json!({"at_most": most}),
            Target::None => Value::Null,
        };
        json!({
            "name": self.name, "service": side(&self.ours), "other": side(&self.theirs), "ratio": self.ratio(),
            "target": target, "failures": self.failures, "verdict": self.verdict(),
        })
    }
}

impl std::fmt::Display for Target {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::AtLeast(least) => write!(f, ">= {least:.2}"),
            Self::AtMost(most) => write!(f, "<= {most:.2}"),
            Self::None => Ok(()),
        }
    }
}

impl Report {
    /// Adds a comparison.
    pub fn add(&mut self, row: Row) {
        eprintln!("  {}: {:.3}", row.name, row.ratio());
        self.rows.push(row);
    }

    /// Adds a figure without a verdict.
    pub fn note(&mut self, name: impl Into<String>, figure: f64, unit: &'static str) {
        self.facts.push((name.into(), figure, unit));
    }

    /// Prints the table.
    pub fn print(&self) {
        println!("\n{:<66} {:>10} {:>10} {:>7} {:>9}  ", "", "service", "other", "ratio", "target");
        for row in &self.rows {
            let (ours, theirs) = (median(&row.ours), median(&row.theirs));
            let (name, ratio, target, verdict) = (&row.name, row.ratio(), row.target.to_string(), row.verdict());
            println!("{name:<66} {ours:>10.2} {theirs:>10.2} {ratio:>7.3} {target:>9}  {verdict}");
        }
        println!();
        for (name, figure, unit) in &self.facts {
            println!("{name:<66} {figure:>10.2} {unit}");
        }
    }

    /// Writes the JSON.
    pub fn write(&self, file: &Path) -> Result<()> {
        let facts: Vec<Value> = self
            .facts
            .iter()
            .map(|(name, figure, unit)| json!({"name": name, "figure": figure, "unit": unit}))
            .collect();
        let rows: Vec<Value> = self.rows.iter().map(Row::to_json).collect();
        let report = json!({"rows": rows, "facts": facts});
        std::fs::write(file, format!("{}\n", serde_json::to_string_pretty(&report)?))?;
        Ok(())
    }
}
