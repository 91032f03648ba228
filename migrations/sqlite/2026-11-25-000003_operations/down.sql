DROP TABLE backups;
DROP TABLE audits;
