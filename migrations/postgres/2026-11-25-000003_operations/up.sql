-- What an operator did that the register itself does not tell: no part of the chain, lost without harm.

CREATE TABLE audits (
    at TIMESTAMP NOT NULL PRIMARY KEY,
    version BIGINT NOT NULL,
    ok BOOLEAN NOT NULL,
    findings BIGINT NOT NULL
);

CREATE TABLE backups (
    at TIMESTAMP NOT NULL PRIMARY KEY,
    version BIGINT NOT NULL
);
