//! The groups of operations in the OpenAPI document.

pub const PROGRESS: &str = "progress";
pub const TABLES: &str = "tables";
pub const AGGREGATES: &str = "aggregates";
pub const INSTALLATIONS: &str = "installations";
pub const REVIEW: &str = "review";
pub const HOUSEHOLDER: &str = "householder";
pub const ADMINISTRATION: &str = "administration";
pub const OAUTH: &str = "oauth";
pub const REFERENCE: &str = "reference";
pub const OPERATIONS: &str = "operations";

/// Every group in the order of the document, with what it is for.
pub const TAGS: [(&str, &str); 10] = [
    (
        PROGRESS,
        "The public headline: how many homes, buildings, offices and factories of the million are counted, \
        over time, by province, and why the number changed. No token is needed.",
    ),
    (TABLES, "The fixed public tables, as JSON and as CSV. No token is needed."),
    (
        AGGREGATES,
        "Sums of the register by any of its dimensions, for dashboards and researchers. They need the scope \
        `aggregates:read`.",
    ),
    (
        INSTALLATIONS,
        "For installer partners: register installations and their sites, correct them, and report what \
        becomes of them. Sending a request again is safe.",
    ),
    (REVIEW, "For reviewers: see what waits for review, verify or reject it, and answer the disputes of householders."),
    (
        HOUSEHOLDER,
        "For the person at home: see what is recorded, dispute it, and withdraw consent. Send the code from \
        the installer in the header `Householder-Code`.",
    ),
    (
        ADMINISTRATION,
        "For administrators: add partners, projects and clients, suspend and revoke them, publish \
        releases.",
    ),
    (OAUTH, "Tokens by OAuth 2.0 client credentials, and the keys that verify them."),
    (REFERENCE, "Lists that bodies and filters refer to: measures, provinces, communes, methodologies, problem codes."),
    (OPERATIONS, "For operators: whether the service works, and this document."),
];
