-- What an operator did that the register itself does not tell: no part of the chain, lost without harm.

CREATE TABLE audits (
    at TEXT NOT NULL PRIMARY KEY,
    version INTEGER NOT NULL,
    ok INTEGER NOT NULL,
    findings INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

CREATE TABLE backups (
    at TEXT NOT NULL PRIMARY KEY,
    version INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
