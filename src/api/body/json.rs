//! A JSON document as a tree that hides nothing: members that stand twice are both there, and
//! what is nested too deep is marked. Parsed once; `reader.rs` reads it.

use serde::de::{DeserializeSeed, Deserializer, Error, IgnoredAny, MapAccess, SeqAccess, Visitor};
use serde_json::Number;

use crate::domain::values::without_strays;

use super::pointer::Pointer;
use super::unparsable::Unparsable;

/// Levels of nesting that are read; the root is the first.
pub const MAX_DEPTH: usize = 16;
/// Texts with strays that an answer names.
const MOST_STRAYS: usize = 100;

/// A JSON value.
#[derive(Clone, PartialEq, Debug)]
pub enum Node {
    /// `null`.
    Null,
    /// `true` or `false`.
    Bool(bool),
    /// A number.
    Number(Number),
    /// A string.
    String(String),
    /// An array.
    Array(Vec<Node>),
    /// An object; a name may stand in it twice.
    Object(Vec<(String, Node)>),
    /// Something nested deeper than is read.
    TooDeep,
}

impl Node {
    /// Takes the strays out of every text and every name, and notes the pointer of each that held one.
    fn tidy(&mut self, at: &Pointer<'_>, strays: &mut Vec<String>) {
        match self {
            Self::String(text) => tidy_text(text, at, strays),
            Self::Array(items) => {
                items.iter_mut().enumerate().for_each(|(index, item)| item.tidy(&at.item(index), strays));
            }
            Self::Object(members) => members.iter_mut().for_each(|(name, member)| {
                let mut inside = Vec::new();
                tidy_text(name, at, &mut inside);
                let at = at.member(name);
                // A name is remarked at its own member, as its text is.
                strays.extend(inside.first().map(|_| at.to_string()));
                member.tidy(&at, strays);
            }),
            Self::Null | Self::Bool(_) | Self::Number(_) | Self::TooDeep => {}
        }
    }
}

fn tidy_text(text: &mut String, at: &Pointer<'_>, strays: &mut Vec<String>) {
    if let Some(tidied) = without_strays(text) {
        *text = tidied;
        strays.push(at.to_string());
    }
}

/// Parses a document and takes the strays out of its texts. Returns also the pointers of what held one.
pub fn parse_tidied(bytes: &[u8]) -> Result<(Node, Vec<String>), Unparsable> {
    let (mut node, mut strays) = (parse(bytes)?, Vec::new());
    node.tidy(&Pointer::ROOT, &mut strays);
    strays.dedup();
    strays.truncate(MOST_STRAYS);
    Ok((node, strays))
}

/// Parses a whole document.
pub fn parse(bytes: &[u8]) -> Result<Node, Unparsable> {
    let mut deserializer = serde_json::Deserializer::from_slice(bytes);
    let parsed = Level(1).deserialize(&mut deserializer).and_then(|node| deserializer.end().map(|()| node));
    parsed.map_err(|error| Unparsable::at(bytes, error.line(), error.column()))
}

/// Reads a value at a depth.
struct Level(usize);

impl<'de> DeserializeSeed<'de> for Level {
    type Value = Node;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Node, D::Error> {
        deserializer.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for Level {
    type Value = Node;

    fn expecting(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("a JSON value")
    }

    fn visit_unit<E: Error>(self) -> Result<Node, E> {
        Ok(Node::Null)
    }

    fn visit_bool<E: Error>(self, value: bool) -> Result<Node, E> {
        Ok(Node::Bool(value))
    }

    fn visit_i64<E: Error>(self, value: i64) -> Result<Node, E> {
        Ok(Node::Number(value.into()))
    }

    fn visit_u64<E: Error>(self, value: u64) -> Result<Node, E> {
        Ok(Node::Number(value.into()))
    }

    fn visit_f64<E: Error>(self, value: f64) -> Result<Node, E> {
        Number::from_f64(value).map(Node::Number).ok_or_else(|| E::custom("not a finite number"))
    }

    fn visit_str<E: Error>(self, value: &str) -> Result<Node, E> {
        Ok(Node::String(value.to_owned()))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut items: A) -> Result<Node, A::Error> {
        if self.0 > MAX_DEPTH {
            while items.next_element::<IgnoredAny>()?.is_some() {}
            return Ok(Node::TooDeep);
        }
        let mut array = Vec::new();
        while let Some(item) = items.next_element_seed(Self(self.0 + 1))? {
            array.push(item);
        }
        Ok(Node::Array(array))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut members: A) -> Result<Node, A::Error> {
        if self.0 > MAX_DEPTH {
            while members.next_entry::<IgnoredAny, IgnoredAny>()?.is_some() {}
            return Ok(Node::TooDeep);
        }
        let mut object = Vec::new();
        while let Some(name) = members.next_key::<String>()? {
            object.push((name, members.next_value_seed(Self(self.0 + 1))?));
        }
        Ok(Node::Object(object))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parse_what_is_no_json_says_where_it_stops() {
        let bad = ["", "{", "NaN", "1e400", "{\"a\":1}x", "{'a':1}", "\"\\ud800\"", "{\"a\":Infinity}", "[1,]"];
        for text in bad {
            assert!(parse(text.as_bytes()).is_err(), "{text}");
        }
        assert!(parse(b"\"\xff\"").is_err());
        let stop = parse(b"{\n \"a\": NaN}").unwrap_err();
        assert_eq!((stop.line, stop.column), (2, 7));
    }

    #[test]
    fn parse_keeps_members_that_stand_twice() {
        let Ok(Node::Object(members)) = parse(br#"{"a":1,"a":2}"#) else { panic!("an object") };
        assert_eq!(members.len(), 2);
    }

    #[test]
    fn parse_marks_what_is_too_deep_and_survives_what_is_far_too_deep() {
        let nested = |depth: usize| format!("{}1{}", "[".repeat(depth), "]".repeat(depth));
        let shown = |depth| format!("{:?}", parse(nested(depth).as_bytes()));
        assert!(!shown(MAX_DEPTH).contains("TooDeep"));
        assert!(shown(MAX_DEPTH + 1).contains("TooDeep"));
        assert!(shown(30_000).contains("TooDeep"));
    }
}
