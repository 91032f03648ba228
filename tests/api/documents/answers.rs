//! Answers that a document shows, held loosely against what was answered: what it shows is there. It may show less; and
//! instants, days, hashes and ids are others each time.

use serde_json::Value;

use super::markdown::{Block, Document};
use super::shell::Outcome;

/// Estimates for a year shrink a little as panels age.
const AGEING: f64 = 0.05;

/// Every answer of the document that came out otherwise.
pub fn wrong(document: &Document, outcome: &Outcome) -> Vec<String> {
    let mut wrong = Vec::new();
    for (place, block) in document.blocks.iter().enumerate().filter(|(_, block)| block.is_answer()) {
        let printed = outcome.printed_by(answered_by(document, place));
        if let Err(why) = compare(block, printed) {
            wrong.push(format!("{}:{}: {why}\nAnswered was:\n{printed}", document.name, block.line));
        }
    }
    wrong
}

/// The nearest block before it that runs, else the first one after it.
fn answered_by(document: &Document, place: usize) -> usize {
    let runs = |place: &usize| document.blocks[*place].runs();
    let before = (0..place).rev().find(runs);
    before.or_else(|| (place..document.blocks.len()).find(runs)).expect("a block that runs")
}

fn compare(block: &Block, printed: &str) -> Result<(), String> {
    if block.info == "json answer" {
        let shown = serde_json::from_str(&block.text).map_err(|error| format!("is no JSON: {error}"))?;
        let answered = last_json(printed).ok_or("no JSON was answered")?;
        return like(&shown, &answered, "");
    }
    let mut answered = printed.lines().map(|line| blanked(line.trim_end()));
    for line in block.text.lines() {
        let wanted = blanked(line.trim_end());
        answered.find(|found| *found == wanted).ok_or_else(|| format!("was not answered: {line}"))?;
    }
    Ok(())
}

/// The last JSON object that was printed from the beginning of a line.
fn last_json(printed: &str) -> Option<Value> {
    let begin = if printed.starts_with('{') { 0 } else { printed.rfind("\n{")? + 1 };
    serde_json::Deserializer::from_str(&printed[begin..]).into_iter().map_while(Result::ok).last()
}

/// Whether all that is shown was answered.
fn like(shown: &Value, answered: &Value, at: &str) -> Result<(), String> {
    let other = || Err(format!("{at} is shown as {shown}, but was {answered}"));
    match (shown, answered) {
        (Value::Object(members), Value::Object(_)) => {
            members.iter().try_for_each(|(name, shown)| match answered.get(name) {
                Some(answered) => like(shown, answered, &format!("{at}/{name}")),
                None => Err(format!("{at}/{name} was not answered")),
            })
        }
        (Value::Array(shown), Value::Array(answered)) if shown.len() <= answered.len() => {
            // An empty list is shown for what it is.
            if shown.is_empty() && !answered.is_empty() {
                return other();
            }
            let mut pairs = shown.iter().zip(answered).enumerate();
            pairs.try_for_each(|(place, (shown, answered))| like(shown, answered, &format!("{at}/{place}")))
        }
        (Value::String(shown), Value::String(answered)) if blanked(shown) == blanked(answered) => Ok(()),
        (Value::Number(shown), Value::Number(answered)) if at.contains("/annual/") => {
            let (shown, answered) = (shown.as_f64().unwrap(), answered.as_f64().unwrap());
            if (shown - answered).abs() <= shown.abs() * AGEING { Ok(()) } else { other() }
        }
        _ if shown == answered => Ok(()),
        _ => other(),
    }
}

/// A text without what is another each time: instants, days, addresses, hashes and ids are long and mix digits with
/// something else.
fn blanked(text: &str) -> String {
    let of_word = |c: char| c.is_ascii_alphanumeric() || ['-', ':', '.', '_'].contains(&c);
    let mut blanked = String::new();
    let mut rest = text;
    while !rest.is_empty() {
        let end = rest.find(|c| !of_word(c)).unwrap_or(rest.len());
        let (word, after) = rest.split_at(end);
        let is_code = word.len() >= 20 && !word.contains(|c: char| c.is_ascii_lowercase());
        let is_volatile =
            word.len() >= 10 && word.contains(|c: char| c.is_ascii_digit()) && word.parse::<f64>().is_err();
        blanked.push_str(if is_code || is_volatile { "…" } else { word });
        let mut others = after.chars();
        blanked.extend(others.next());
        rest = others.as_str();
    }
    blanked
}

#[test]
fn compare_answers_finds_what_is_otherwise() {
    let block = |text: &str| Block { info: "json answer".to_owned(), line: 1, text: text.to_owned() };
    let printed = r#"{"a": 1, "list": [{"id": "01a21ad1-ccf0-760c", "key": "564398464696336", "n": 2}, {"n": 3}], "annual": {"x": 100.0}}"#;
    let good = [r#"{"a": 1}"#, r#"{"list": [{"id": "01a21ad1-ccf0-9999"}]}"#, r#"{"annual": {"x": 101.5}}"#];
    for shown in good {
        assert_eq!(compare(&block(shown), printed), Ok(()), "{shown}");
    }
    let bad = [
        r#"{"a": 2}"#,
        r#"{"b": 1}"#,
        r#"{"list": []}"#,
        r#"{"list": [{"n": 3}]}"#,
        r#"{"annual": {"x": 110.0}}"#,
        r#"{"list": [{"id": "other"}]}"#,
        r#"{"list": [{"key": "564398464696337"}]}"#,
    ];
    for shown in bad {
        assert!(compare(&block(shown), printed).is_err(), "{shown}");
    }
}
