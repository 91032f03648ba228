//! What a JSON body is made of: the parsed tree, the reader that collects every fault, the values that
//! bodies hold, and the macro that declares a body once for reading and for the OpenAPI document. This
//! room knows the domain's values; it must not know a resource, the state or a caller.

mod declare;
pub mod json;
pub mod pointer;
pub mod reader;
mod unparsable;
mod values;

pub(in crate::api) use declare::body;
#[cfg(test)]
pub use json::parse;
pub use json::{Node, parse_tidied};
pub use pointer::Pointer;
pub use reader::{AtMost, BodyReader, FromNode, NotNull, Nothing, Read, is_given, read};
pub use unparsable::Unparsable;
pub use values::{AnyDay, Moment, integer_within};
