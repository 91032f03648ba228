//! Single values that are right once they exist: days, ids, money, sizes, texts, and short lists of codes. A value is parsed
//! once, where it enters, and a wrong one becomes a [`Fault`]. The room must not know places, measures or records: those are
//! made of values.

mod action;
mod coded_enum;
pub mod date;
mod fault;
mod hash;
mod id;
mod interval;
mod language;
mod money;
mod quantity;
mod reasons;
mod site_kind;
mod status;
mod text;

pub use action::{Action, Cause};
pub(crate) use coded_enum::coded_enum;
pub use date::{
    FIRST_YEAR, Month, day_before, day_of, days_left_in_month, parse_closed_day, parse_day, parse_moment,
    parse_past_day, start_of, stored,
};
pub use fault::{Expected, Fault, ListedPlace, Rule};
pub use hash::{Hash, hash_of, hex, sha256, thumbprint};
pub use id::{Code, InstallationId, PartnerCode, ProjectCode, SiteId};
pub use interval::{Basis, Interval};
pub use language::Language;
pub use money::{MAX_VND, Vnd};
pub use quantity::{Quantity, units};
pub use reasons::{CorrectReason, DecommissionReason, RejectReason, WithdrawReason};
pub use site_kind::{Flags, SiteKind};
pub use status::{NewStatus, ReviewDecision, Status, Tier};
pub use text::{Address, ExternalId, Name, Note, Text, is_hidden, without_strays};
