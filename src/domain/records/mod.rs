//! The records that the register holds: sites, installations, people's disputes, and the partners and clients that act.
//! The room owns the fields of a record and its answers about itself. It must not change a record (`rules`), nor count
//! it (`counting`).

mod actor;
mod consent_texts;
mod directory;
mod group_member;
mod householder;
mod installation;
mod measure_lines;
mod partner;
mod personal_data;
mod site;
mod site_record;
mod status;

pub use actor::{Actor, Role};
pub use consent_texts::consent_text;
pub use directory::{Client, Directory, Partner, Secret};
pub use group_member::GroupMember;
pub use householder::{
    CODE_DIGITS, Closing, Dispute, DisputeOutcome, DisputeReason, HouseholderCode, MOST_OPEN_DISPUTES, NewDispute,
    hash_of_code,
};
pub use installation::{AttributesSold, Finance, Installation, PowerUse, SystemOwner, Terms};
pub use measure_lines::{MAX_LINES, MeasureLine, MeasureLines};
pub use partner::{
    KEEP_OLD_HOURS, MOST_DAILY_INSTALLATIONS, MOST_KEEP_OLD_HOURS, NewClient, NewPartner, NewProject, OwnQuota,
    Project, misplaced,
};
pub use personal_data::{CONSENT_TEXT_VERSION, Consent, GridCode, Location, PrivateFacts};
pub use site::{Site, SiteFacts};
pub use site_record::SiteRecord;
pub use status::{CreditedSpan, Stage, StatusDetails};
