//! The addresses of the headline.

use crate::register::Figures;

/// The path of the headline.
pub const PATH: &str = "/v1/progress";

/// The path and query under which the headline of a day stays. They name a methodology that is not in force; such an address
/// needs a token.
pub fn permalink(figures: &Figures) -> String {
    let (day, number) = (figures.day, figures.methodology.version);
    if figures.restated { format!("{PATH}?as_of={day}&methodology={number}") } else { format!("{PATH}?as_of={day}") }
}
