//! Single values that cannot be wrong: days, ids, money, text, places.

mod action;
mod coded_enum;
pub mod date;
mod id;
mod interval;
mod language;
mod money;
mod place;
mod quantity;
mod reasons;
mod site_kind;
mod text;
mod thousandths;

pub use action::Action;
pub use action::Cause;
pub(crate) use coded_enum::coded_enum;
pub use date::{
    FIRST_YEAR, Month, day_before, day_of, days_left_in_month, parse_day, parse_past_day, start_of, stored,
};
pub use id::{Code, InstallationId, PartnerCode, ProjectCode, SiteId};
pub use interval::{Basis, Interval};
pub use language::Language;
pub use money::{MAX_VND, Vnd};
pub use place::{PLACE_VERSION, Place, PlaceList, parse_commune, parse_former_province, parse_province};
pub use quantity::Quantity;
pub use reasons::{CorrectReason, DecommissionReason, RejectReason, WithdrawReason};
pub use site_kind::Flags;
pub use site_kind::SiteKind;
pub use text::{Address, ExternalId, Name, Note, Text};
pub use thousandths::units;
