//! Ids of compiled-in lists: the place of a row in its list, which the packed keys of cells hold.

/// Declares the id of a list of rows that have a `code`. The list never changes its length or order, because ids are stored.
macro_rules! listed_id {
    ($(#[$doc:meta])* $name:ident, $count:literal, $list:ident) => {
        $(#[$doc])*
        #[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
        pub struct $name(u8);

        impl $name {
            pub const COUNT: u8 = $count;

            /// The id of a code.
            #[must_use]
            pub fn parse(code: &str) -> Option<Self> {
                $list.iter().position(|row| row.code == code).and_then(|place| u8::try_from(place).ok()).map(Self)
            }

            /// The id at a place in the order of codes.
            #[must_use]
            pub fn from_index(index: u8) -> Option<Self> {
                (index < Self::COUNT).then_some(Self(index))
            }

            /// The place in the order of codes, as the keys of cells hold it.
            #[must_use]
            pub fn index(self) -> u8 {
                self.0
            }

            #[must_use]
            pub fn code(self) -> &'static str {
                &super::read_csv::tested($list.get(usize::from(self.0)), stringify!($name)).code
            }

            /// All of the list, in the order of codes.
            pub fn all() -> impl Iterator<Item = Self> {
                (0..Self::COUNT).map(Self)
            }
        }
    };
}
pub(super) use listed_id;
