//! The totals of one cell: integers, which are added and taken away exactly. A sum that leaves 64 bits wraps around in every
//! process alike. So the change that made it wrap can be taken back, and no total is lost.

/// How many sums a cell has.
pub const SUMS: usize = 10;

/// The totals of a cell. Quantities are thousandths of the measure's unit, money is whole đồng.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug, Default)]
pub struct Totals {
    pub sites: i64,
    pub installations: i64,
    pub quantity: i64,
    /// Quantity × days left in the month of installation, the first day included.
    pub quantity_days: i64,
    /// Quantity × day of the month of the end.
    pub quantity_end_days: i64,
    /// Rated inverter power in watts.
    pub inverter_w: i64,
    /// Cost of the installations whose cost is known.
    pub cost_vnd: i64,
    /// How many installations have a known cost.
    pub cost_known: i64,
    /// Support of the installations whose support is known.
    pub support_vnd: i64,
    /// How many installations have a known support.
    pub support_known: i64,
}

impl Totals {
    /// The totals in the order in which tables and the journal write them.
    #[must_use]
    pub fn to_array(self) -> [i64; SUMS] {
        [
            self.sites,
            self.installations,
            self.quantity,
            self.quantity_days,
            self.quantity_end_days,
            self.inverter_w,
            self.cost_vnd,
            self.cost_known,
            self.support_vnd,
            self.support_known,
        ]
    }

    /// The reverse of [`Totals::to_array`].
    #[must_use]
    pub fn from_array(sums: [i64; SUMS]) -> Self {
        let [
            sites,
            installations,
            quantity,
            quantity_days,
            quantity_end_days,
            inverter_w,
            cost_vnd,
            cost_known,
            support_vnd,
            support_known,
        ] = sums;
        Self {
            sites,
            installations,
            quantity,
            quantity_days,
            quantity_end_days,
            inverter_w,
            cost_vnd,
            cost_known,
            support_vnd,
            support_known,
        }
    }

    /// The sum of both. A total that leaves 64 bits wraps around.
    #[must_use]
    pub fn wrapping_add(self, other: Self) -> Self {
        let (mut sums, others) = (self.to_array(), other.to_array());
        for (sum, other) in sums.iter_mut().zip(others) {
            *sum = sum.wrapping_add(other);
        }
        Self::from_array(sums)
    }

    /// Every total with the other sign.
    #[must_use]
    pub fn negated(self) -> Self {
        Self::from_array(self.to_array().map(i64::wrapping_neg))
    }

    /// The totals that public figures show.
    #[must_use]
    pub fn public(self) -> PublicTotals {
        let Self { sites, installations, quantity, quantity_days, quantity_end_days, .. } = self;
        PublicTotals { sites, installations, quantity, quantity_days, quantity_end_days }
    }

    #[must_use]
    pub fn is_zero(self) -> bool {
        self == Self::default()
    }

    /// The stored form: a JSON array without its trailing zeros, such as `[1,0,5400]`.
    #[must_use]
    pub fn encode(self) -> String {
        let sums = self.to_array();
        let used = sums.iter().rposition(|sum| *sum != 0).map_or(0, |last| last + 1);
        let shown: Vec<String> = sums.iter().take(used).map(i64::to_string).collect();
        format!("[{}]", shown.join(","))
    }

    /// Reads the stored form. `None` for any text that [`Totals::encode`] does not write.
    #[must_use]
    pub fn decode(text: &str) -> Option<Self> {
        let inner = text.strip_prefix('[')?.strip_suffix(']')?.as_bytes();
        let mut sums = [0; SUMS];
        if inner.is_empty() {
            return Some(Self::default());
        }
        let mut rest = inner;
        for place in 0..SUMS {
            let (sum, after) = number(rest)?;
            *sums.get_mut(place)? = sum;
            match after.split_first() {
                Some((b',', after)) => rest = after,
                Some(_) => return None,
                // Trailing zeros are left out.
                None => return (sum != 0).then(|| Self::from_array(sums)),
            }
        }
        None
    }
}

/// The totals that public figures show: those without money and inverters.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug, Default)]
pub struct PublicTotals {
    pub sites: i64,
    pub installations: i64,
    pub quantity: i64,
    pub quantity_days: i64,
    pub quantity_end_days: i64,
}

impl PublicTotals {
    /// The sum of both. A total that leaves 64 bits wraps around.
    #[must_use]
    pub fn wrapping_add(self, other: Self) -> Self {
        Totals::from(self).wrapping_add(other.into()).public()
    }

    /// Every total with the other sign.
    #[must_use]
    pub fn negated(self) -> Self {
        Totals::from(self).negated().public()
    }

    #[must_use]
    pub fn is_zero(self) -> bool {
        self == Self::default()
    }

    /// The stored form, as that of [`Totals`].
    #[must_use]
    pub fn encode(self) -> String {
        Totals::from(self).encode()
    }

    /// Reads the stored form; `None` for any other text, and for totals that are not public.
    #[must_use]
    pub fn decode(text: &str) -> Option<Self> {
        let totals = Totals::decode(text)?;
        Some(totals.public()).filter(|public| Totals::from(*public) == totals)
    }
}

impl From<PublicTotals> for Totals {
    fn from(public: PublicTotals) -> Self {
        let PublicTotals { sites, installations, quantity, quantity_days, quantity_end_days } = public;
        Self { sites, installations, quantity, quantity_days, quantity_end_days, ..Self::default() }
    }
}

/// The number at the beginning of `bytes`, and the bytes after it. `None` unless it is spelt as [`i64`] prints it.
fn number(bytes: &[u8]) -> Option<(i64, &[u8])> {
    let (negative, digits) = match bytes.split_first()? {
        (b'-', digits) => (true, digits),
        _ => (false, bytes),
    };
    let (mut value, mut rest) = (0_i64, digits);
    while let Some((byte @ b'0'..=b'9', after)) = rest.split_first() {
        let digit = i64::from(byte - b'0');
        // The digits are subtracted, because there is one more negative number than positive ones.
        value = value.checked_mul(10)?.checked_sub(digit)?;
        rest = after;
    }
    let length = digits.len() - rest.len();
    let spelt = match digits.first()? {
        b'0' => length == 1 && !negative,
        _ => length > 0,
    };
    let value = if negative { Some(value) } else { value.checked_neg() };
    value.filter(|_| spelt).map(|value| (value, rest))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn encode_leaves_out_trailing_zeros() {
        assert_eq!(Totals::default().encode(), "[]");
        assert_eq!(Totals { sites: 1, quantity: 5400, ..Totals::default() }.encode(), "[1,0,5400]");
    }

    #[test]
    fn decode_refuses_any_other_spelling() {
        for odd in [
            "[1,0]",
            "[01]",
            "[1, 2]",
            "1",
            "[+1]",
            "[1,2,3,4,5,6,7,8,9,10,11]",
            "[-0]",
            "[1,]",
            "[,1]",
            "[-]",
            "[",
            "[1]]",
        ] {
            assert_eq!(Totals::decode(odd), None, "{odd}");
        }
    }

    proptest! {
        #[test]
        fn decode_gives_back_what_was_encoded(sums in proptest::array::uniform10(-9_000_000_000i64..9_000_000_000)) {
            let totals = Totals::from_array(sums);
            prop_assert_eq!(Totals::decode(&totals.encode()), Some(totals));
        }

        #[test]
        fn decode_takes_what_is_encoded_to_the_same_text(text in r"\[?((-?[0-9]{0,3}|-?92233720368547758[0-9]{2}|[ +x]),?){0,12}\]?") {
            let numbers = text.strip_prefix('[').and_then(|rest| rest.strip_suffix(']')).map(|inner| {
                let numbers = inner.split(',').filter(|_| !inner.is_empty());
                numbers.map(|number| number.parse::<i64>().ok()).collect::<Option<Vec<_>>>()
            });
            let sums = numbers.flatten().filter(|numbers| numbers.len() <= SUMS).map(|mut numbers| {
                numbers.resize(SUMS, 0);
                Totals::from_array(numbers.try_into().unwrap())
            });
            prop_assert_eq!(Totals::decode(&text), sums.filter(|totals| totals.encode() == text));
        }
    }
}
