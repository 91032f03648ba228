//! The one reader of bodies. It walks the parsed tree and notes every fault with its JSON pointer, so
//! that a client hears of all of them at once.

use std::marker::PhantomData;

use chrono::NaiveDate;

use crate::domain::refusals::FieldFault;
use crate::domain::rules::Amend;
use crate::domain::values::{Expected, Fault, is_hidden};

use super::json::{MAX_DEPTH, Node};
use super::pointer::Pointer;

/// Faults that are listed; a client that made more mends these first.
const MOST_FAULTS: usize = 100;
/// Characters of an unknown field's name that its fault repeats.
const LONGEST_NAME: usize = 50;

/// Collects the faults of one body.
pub struct BodyReader {
    today: NaiveDate,
    faults: Vec<FieldFault>,
}

impl BodyReader {
    /// The day in Hà Nội on which the body is read: days in it may not lie after this day.
    pub fn today(&self) -> NaiveDate {
        self.today
    }

    /// Notes a fault; it stands in the place of the value.
    pub fn fault<T>(&mut self, at: &Pointer<'_>, fault: Fault) -> Option<T> {
        if self.faults.len() < MOST_FAULTS {
            self.faults.push(FieldFault::new(at.to_string(), fault));
        }
        None
    }

    /// The value, or notes why there is none.
    pub fn note<T>(&mut self, at: &Pointer<'_>, parsed: Result<T, Fault>) -> Option<T> {
        parsed.map_or_else(|fault| self.fault(at, fault), Some)
    }

    /// Notes that a node is of another type than `expected`.
    pub fn wrong_type<T>(&mut self, at: &Pointer<'_>, node: &Node, expected: Expected) -> Option<T> {
        let fault = match (node, expected) {
            (Node::TooDeep, _) => Fault::TooDeep { max: MAX_DEPTH },
            (Node::Array(_), Expected::Object) if at.is_root() => Fault::WrongType { expected: Expected::OneObject },
            _ => Fault::WrongType { expected },
        };
        self.fault(at, fault)
    }
}

/// A type that a body can hold: how it is read from a node of the tree.
pub trait FromNode {
    /// The value read: usually the type itself; for a body with `settle`, its result.
    type Value;
    /// The JSON type, named in the fault of a `null` that is refused.
    const EXPECTED: Expected;

    /// Reads a node that is not `null`, or notes why it cannot be read.
    fn from_node(node: &Node, at: &Pointer<'_>, reader: &mut BodyReader) -> Option<Self::Value>;

    /// What an absent member means: a fault, unless the type says otherwise.
    fn absent(at: &Pointer<'_>, reader: &mut BodyReader) -> Option<Self::Value> {
        reader.fault(at, Fault::Missing)
    }

    /// What a `null` means: the same as an absent member, unless the type says otherwise.
    fn null(at: &Pointer<'_>, reader: &mut BodyReader) -> Option<Self::Value> {
        Self::absent(at, reader)
    }
}

/// A field as it was read: `None` where a fault of it was noted.
pub type Read<T> = Option<<T as FromNode>::Value>;

/// Whether an optional field was sent, right or wrong.
#[expect(clippy::option_option, clippy::ref_option, reason = "`Read` of an optional field, as a body holds it")]
pub fn is_given<T>(field: &Option<Option<T>>) -> bool {
    !matches!(field, Some(None))
}

/// Reads a whole body: its value, or every fault.
pub fn read<T: FromNode>(node: &Node, today: NaiveDate) -> Result<T::Value, Vec<FieldFault>> {
    let mut reader = BodyReader { today, faults: Vec::new() };
    match T::from_node(node, &Pointer::ROOT, &mut reader) {
        Some(value) if reader.faults.is_empty() => Ok(value),
        _ => Err(reader.faults),
    }
}

/// The members of an object. [`Members::finish`] names those that were not read, because an unknown
/// field is an error.
pub struct Members<'r> {
    at: &'r Pointer<'r>,
    sent: &'r [(String, Node)],
    known: Vec<&'static str>,
}

impl<'r> Members<'r> {
    /// The members of a node that must be an object.
    pub fn of(node: &'r Node, at: &'r Pointer<'r>, reader: &mut BodyReader) -> Option<Self> {
        match node {
            Node::Object(sent) => Some(Self { at, sent, known: Vec::new() }),
            node => reader.wrong_type(at, node, Expected::Object),
        }
    }

    /// Reads one member.
    pub fn read<T: FromNode>(&mut self, name: &'static str, reader: &mut BodyReader) -> Read<T> {
        self.known.push(name);
        let at = self.at.member(name);
        let mut found = self.sent.iter().filter(|(key, _)| key == name);
        match (found.next(), found.next()) {
            (_, Some(_)) => reader.fault(&at, Fault::DuplicateField),
            (None, None) => T::absent(&at, reader),
            (Some((_, Node::Null)), None) => T::null(&at, reader),
            (Some((_, node)), None) => T::from_node(node, &at, reader),
        }
    }

    /// Notes every member that no field reads.
    pub fn finish(self, reader: &mut BodyReader) {
        for (name, _) in self.sent.iter().filter(|(name, _)| !self.known.contains(&name.as_str())) {
            let shown: String = name.chars().filter(|c| !is_hidden(*c)).take(LONGEST_NAME).collect();
            reader.fault::<()>(&self.at.member(&shown), Fault::UnknownField);
        }
    }
}

/// A field that may be left out; `null` is the same.
impl<T: FromNode> FromNode for Option<T> {
    type Value = Option<T::Value>;
    const EXPECTED: Expected = T::EXPECTED;

    fn from_node(node: &Node, at: &Pointer<'_>, reader: &mut BodyReader) -> Option<Self::Value> {
        T::from_node(node, at, reader).map(Some)
    }

    fn absent(_: &Pointer<'_>, _: &mut BodyReader) -> Option<Self::Value> {
        Some(None)
    }
}

/// A field of a correction (RFC 7396): left out, the fact stays; `null` makes it unknown.
impl<T: FromNode> FromNode for Amend<T> {
    type Value = Amend<T::Value>;
    const EXPECTED: Expected = T::EXPECTED;

    fn from_node(node: &Node, at: &Pointer<'_>, reader: &mut BodyReader) -> Option<Self::Value> {
        T::from_node(node, at, reader).map(Amend::Set)
    }

    fn absent(_: &Pointer<'_>, _: &mut BodyReader) -> Option<Self::Value> {
        Some(Amend::Keep)
    }

    fn null(_: &Pointer<'_>, _: &mut BodyReader) -> Option<Self::Value> {
        Some(Amend::Clear)
    }
}

/// A field of a correction whose fact cannot become unknown: left out, the fact stays; `null` is a fault.
pub struct NotNull<T>(PhantomData<T>);

impl<T: FromNode> FromNode for NotNull<T> {
    type Value = Option<T::Value>;
    const EXPECTED: Expected = T::EXPECTED;

    fn from_node(node: &Node, at: &Pointer<'_>, reader: &mut BodyReader) -> Option<Self::Value> {
        T::from_node(node, at, reader).map(Some)
    }

    fn absent(_: &Pointer<'_>, _: &mut BodyReader) -> Option<Self::Value> {
        Some(None)
    }

    fn null(at: &Pointer<'_>, reader: &mut BodyReader) -> Option<Self::Value> {
        reader.fault(at, Fault::WrongType { expected: T::EXPECTED })
    }
}

/// An array of at most `MAX` items. A longer one is refused as a whole, because its items would fill the
/// list of faults.
pub struct AtMost<T, const MAX: usize>(PhantomData<T>);

impl<T: FromNode, const MAX: usize> FromNode for AtMost<T, MAX> {
    type Value = Vec<T::Value>;
    const EXPECTED: Expected = Expected::Array;

    fn from_node(node: &Node, at: &Pointer<'_>, reader: &mut BodyReader) -> Option<Self::Value> {
        let Node::Array(items) = node else { return reader.wrong_type(at, node, Expected::Array) };
        if items.len() > MAX {
            return reader.fault(at, Fault::TooMany { max: MAX });
        }
        let read = items.iter().enumerate().map(|(index, node)| T::from_node(node, &at.item(index), reader));
        // Every item is read before one that is wrong takes the array away.
        let read: Vec<Option<T::Value>> = read.collect();
        read.into_iter().collect()
    }
}

/// The body `{}`: whatever else stands there is a fault.
pub struct Nothing;

impl FromNode for Nothing {
    type Value = ();
    const EXPECTED: Expected = Expected::Object;

    fn from_node(node: &Node, at: &Pointer<'_>, reader: &mut BodyReader) -> Option<()> {
        Members::of(node, at, reader)?.finish(reader);
        Some(())
    }
}
