//! The one reader of request bodies: it walks a tree with its JSON pointer and collects every
//! fault on the way, so that a client hears of all of them at once.

use serde_json::Number;

use crate::domain::refusals::FieldFault;
use crate::domain::rules::Amend;
use crate::domain::values::{Expected, Fault};

use super::json::{MAX_DEPTH, Node};

/// Faults that are listed; a client that made more mends these first.
const MOST_FAULTS: usize = 100;

/// Everything that is wrong with a request so far.
#[derive(Default)]
pub struct Faults(Vec<FieldFault>);

impl Faults {
    /// Notes a fault.
    pub fn add(&mut self, pointer: impl Into<String>, fault: Fault) {
        if self.0.len() < MOST_FAULTS {
            self.0.push(FieldFault::new(pointer, fault));
        }
    }

    /// The value, if nothing was wrong.
    pub fn settle<T>(self, value: Option<T>) -> Result<T, Vec<FieldFault>> {
        match value {
            Some(value) if self.0.is_empty() => Ok(value),
            _ => Err(self.0),
        }
    }
}

/// Reads a body that is an object: every fault of it at once, members that nobody asked for among them.
pub fn read<T>(
    node: &Node,
    members: impl FnOnce(&mut Object<'_>, &mut Faults) -> Option<T>,
) -> Result<T, Vec<FieldFault>> {
    let mut faults = Faults::default();
    let read = Object::of(node, String::new(), &mut faults).and_then(|mut body| {
        let read = members(&mut body, &mut faults);
        body.finish(&mut faults);
        read
    });
    faults.settle(read)
}

/// Reads `{}`: whatever else stands there is an error, never ignored.
pub fn read_nothing(node: &Node) -> Result<(), Vec<FieldFault>> {
    read(node, |_, _| Some(()))
}

/// An object being read. Every member must be asked for; [`Object::finish`] names the others.
pub struct Object<'n> {
    pointer: String,
    members: &'n [(String, Node)],
    asked: Vec<&'static str>,
}

impl<'n> Object<'n> {
    /// Reads a node as an object.
    pub fn of(node: &'n Node, pointer: String, faults: &mut Faults) -> Option<Self> {
        match node {
            Node::Object(members) => Some(Self { pointer, members, asked: Vec::new() }),
            Node::TooDeep => too_deep(pointer, faults),
            _ => wrong(pointer, Expected::Object, faults),
        }
    }

    /// The pointer of a member.
    pub fn at(&self, name: &str) -> String {
        format!("{}/{}", self.pointer, escape(name))
    }

    /// A member that may be absent; `null` is absent.
    fn member(&mut self, name: &'static str, faults: &mut Faults) -> Option<&'n Node> {
        self.asked.push(name);
        let mut found = self.members.iter().filter(|(key, _)| key == name).map(|(_, node)| node);
        let first = found.next();
        if found.next().is_some() {
            faults.add(self.at(name), Fault::DuplicateField);
            return None;
        }
        first.filter(|node| **node != Node::Null)
    }

    /// Notes that a member is required.
    pub fn missing(&self, name: &str, faults: &mut Faults) {
        faults.add(self.at(name), Fault::Missing);
    }

    /// Whether a member is there, whatever it is.
    pub fn has(&self, name: &str) -> bool {
        self.members.iter().any(|(key, node)| key == name && *node != Node::Null)
    }

    /// What a correction says of a member that may be unknown: `null` makes it so.
    pub fn amend<T>(&self, name: &str, value: Option<T>) -> Amend<T> {
        match value {
            Some(value) => Amend::Set(value),
            None if self.is_null(name) => Amend::Clear,
            None => Amend::Keep,
        }
    }

    /// Notes that a member cannot become unknown.
    pub fn refuse_null(&self, name: &str, expected: Expected, faults: &mut Faults) {
        if self.is_null(name) {
            faults.add(self.at(name), Fault::WrongType { expected });
        }
    }

    /// Notes that a member was asked for, and is not there.
    pub fn skip<T>(&mut self, name: &'static str) -> Option<T> {
        self.asked.push(name);
        None
    }

    /// Whether a member is there as `null`.
    pub fn is_null(&self, name: &str) -> bool {
        self.members.iter().any(|(key, node)| key == name && *node == Node::Null)
    }

    fn require<T>(&self, name: &'static str, value: Option<T>, faults: &mut Faults) -> Option<T> {
        if value.is_none() && !self.has(name) {
            self.missing(name, faults);
        }
        value
    }

    /// A text, parsed into what it means.
    pub fn text<T>(
        &mut self,
        name: &'static str,
        faults: &mut Faults,
        parse: impl FnOnce(&str) -> Result<T, Fault>,
    ) -> Option<T> {
        match self.member(name, faults)? {
            Node::String(text) => self.noted(name, parse(text), faults),
            node => self.wrong(name, node, Expected::String, faults),
        }
    }

    /// A text that must be there.
    pub fn required_text<T>(
        &mut self,
        name: &'static str,
        faults: &mut Faults,
        parse: impl FnOnce(&str) -> Result<T, Fault>,
    ) -> Option<T> {
        let value = self.text(name, faults, parse);
        self.require(name, value, faults)
    }

    /// A number, parsed into what it means.
    pub fn number<T>(
        &mut self,
        name: &'static str,
        faults: &mut Faults,
        parse: impl FnOnce(&Number) -> Result<T, Fault>,
    ) -> Option<T> {
        match self.member(name, faults)? {
            Node::Number(number) => self.noted(name, parse(number), faults),
            node => self.wrong(name, node, Expected::Number, faults),
        }
    }

    /// A number that must be there.
    pub fn required_number<T>(
        &mut self,
        name: &'static str,
        faults: &mut Faults,
        parse: impl FnOnce(&Number) -> Result<T, Fault>,
    ) -> Option<T> {
        let value = self.number(name, faults, parse);
        self.require(name, value, faults)
    }

    /// `true` or `false`.
    pub fn boolean(&mut self, name: &'static str, faults: &mut Faults) -> Option<bool> {
        match self.member(name, faults)? {
            Node::Bool(value) => Some(*value),
            node => self.wrong(name, node, Expected::Boolean, faults),
        }
    }

    /// An object.
    pub fn object(&mut self, name: &'static str, faults: &mut Faults) -> Option<Object<'n>> {
        let pointer = self.at(name);
        Object::of(self.member(name, faults)?, pointer, faults)
    }

    /// An array that must be there: its items with their pointers.
    pub fn required_array(&mut self, name: &'static str, faults: &mut Faults) -> Option<Vec<(String, &'n Node)>> {
        let pointer = self.at(name);
        let items = match self.member(name, faults) {
            Some(Node::Array(items)) => {
                Some(items.iter().enumerate().map(|(index, node)| (format!("{pointer}/{index}"), node)).collect())
            }
            Some(node) => self.wrong(name, node, Expected::Array, faults),
            None => None,
        };
        self.require(name, items, faults)
    }

    /// Names every member that nobody asked for.
    pub fn finish(self, faults: &mut Faults) {
        for (name, _) in self.members.iter().filter(|(name, _)| !self.asked.contains(&name.as_str())) {
            let shown: String = name.chars().filter(|c| !c.is_control()).take(50).collect();
            faults.add(self.at(&shown), Fault::UnknownField);
        }
    }

    fn noted<T>(&self, name: &str, result: Result<T, Fault>, faults: &mut Faults) -> Option<T> {
        result.map_err(|fault| faults.add(self.at(name), fault)).ok()
    }

    fn wrong<T>(&self, name: &str, node: &Node, expected: Expected, faults: &mut Faults) -> Option<T> {
        if *node == Node::TooDeep {
            return too_deep(self.at(name), faults);
        }
        wrong(self.at(name), expected, faults)
    }
}

fn wrong<T>(pointer: String, expected: Expected, faults: &mut Faults) -> Option<T> {
    faults.add(pointer, Fault::WrongType { expected });
    None
}

fn too_deep<T>(pointer: String, faults: &mut Faults) -> Option<T> {
    faults.add(pointer, Fault::TooDeep { max: MAX_DEPTH });
    None
}

/// RFC 6901.
fn escape(name: &str) -> String {
    name.replace('~', "~0").replace('/', "~1")
}

/// A value of a list of codes.
pub fn coded<T>(
    parse: impl Fn(&str) -> Option<T>,
    allowed: &'static [&'static str],
) -> impl Fn(&str) -> Result<T, Fault> {
    move |raw| parse(raw).ok_or(Fault::UnknownValue { allowed })
}
