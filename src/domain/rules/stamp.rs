//! The moment of a change, and how a record shows it.

use chrono::{DateTime, NaiveDate, Utc};

use crate::domain::records::Installation;

/// The moment and the number of a change. The writer chooses both while it holds the head of the register.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Stamp {
    pub version: i64,
    /// The instant of the batch.
    pub at: DateTime<Utc>,
    /// The day of the batch in Hà Nội.
    pub day: NaiveDate,
}

impl Stamp {
    /// Raises the revision of a changed installation and notes the entry that changed it.
    pub(super) fn mark(self, installation: &mut Installation) {
        installation.revision += 1;
        installation.version = self.version;
    }
}
