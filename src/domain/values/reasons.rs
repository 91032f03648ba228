//! Why a record is changed or ended: a code from a short list. A person adds words in the note.

use super::coded_enum::coded_enum;

coded_enum!(
    /// Why a reviewer rejects an installation.
    RejectReason {
        /// The evidence asked for is not there.
        EvidenceMissing = "evidence_missing",
        /// The evidence contradicts the record.
        EvidenceInconsistent = "evidence_inconsistent",
        /// The installation is registered already.
        Duplicate = "duplicate",
        /// It is outside the programme.
        NotEligible = "not_eligible",
        /// Another reason; the note explains it.
        Other = "other",
    }
);

coded_enum!(
    /// Why a partner corrects a record.
    CorrectReason {
        /// Something was typed wrongly.
        DataEntryError = "data_entry_error",
        /// Better evidence turned up.
        NewEvidence = "new_evidence",
        /// The place itself changed.
        SiteChange = "site_change",
        /// Another reason; the note explains it.
        Other = "other",
    }
);

coded_enum!(
    /// Why a partner takes an installation back.
    WithdrawReason {
        /// It will not be built.
        Cancelled = "cancelled",
        /// It should not have been registered.
        RegisteredByMistake = "registered_by_mistake",
        /// The householder no longer agrees.
        ConsentWithdrawn = "consent_withdrawn",
        /// Another reason; the note explains it.
        Other = "other",
    }
);

coded_enum!(
    /// Why an installation went out of operation.
    DecommissionReason {
        Removed = "removed",
        /// Something newer took its place.
        Replaced = "replaced",
        /// By storm, fire or flood.
        Destroyed = "destroyed",
        /// Another reason; the note explains it.
        Other = "other",
    }
);
