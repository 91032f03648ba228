//! JSON pointers (RFC 6901), as steps that lie on the stack of the reader: one becomes text only when a
//! fault needs it, because most bodies have none.

use std::fmt;

/// Where in a body a value stands.
pub struct Pointer<'p> {
    parent: Option<&'p Self>,
    step: Step<'p>,
}

enum Step<'p> {
    Root,
    Member(&'p str),
    Item(usize),
}

impl Pointer<'static> {
    /// The whole body.
    pub const ROOT: Self = Self { parent: None, step: Step::Root };
}

impl<'p> Pointer<'p> {
    /// Whether this is the whole body.
    pub fn is_root(&self) -> bool {
        matches!(self.step, Step::Root)
    }

    /// A member of the object here.
    pub fn member<'c>(&'c self, name: &'c str) -> Pointer<'c>
    where
        'p: 'c,
    {
        Pointer { parent: Some(self), step: Step::Member(name) }
    }

    /// An item of the array here, from 0.
    pub fn item<'c>(&'c self, index: usize) -> Pointer<'c>
    where
        'p: 'c,
    {
        Pointer { parent: Some(self), step: Step::Item(index) }
    }
}

impl fmt::Display for Pointer<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Some(parent) = self.parent {
            parent.fmt(f)?;
        }
        match self.step {
            Step::Root => Ok(()),
            Step::Member(name) => write!(f, "/{}", name.replace('~', "~0").replace('/', "~1")),
            Step::Item(index) => write!(f, "/{index}"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn display_escapes_what_rfc_6901_escapes() {
        let site = Pointer::ROOT.member("site");
        assert_eq!(site.member("a/b~c").to_string(), "/site/a~1b~0c");
        let measures = Pointer::ROOT.member("measures");
        assert_eq!(measures.item(0).member("quantity").to_string(), "/measures/0/quantity");
        assert_eq!(Pointer::ROOT.to_string(), "");
    }
}
