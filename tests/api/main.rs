//! The service as its users meet it: every test starts the real application on a real database
//! and talks to it over HTTP. What can differ between databases runs on both.

#![expect(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing, reason = "a test that breaks says so")]

#[path = "../support/postgres.rs"]
mod postgres;
mod process;
mod support;
#[path = "../support/watchdog.rs"]
mod watchdog;

mod access;
mod aggregates;
mod attackers;
mod backup;
mod bad_input;
mod bridge;
mod chaos;
mod clients;
mod clock;
mod consent;
mod contract;
mod counting_rule;
mod data_directory;
mod days;
mod deploy;
mod documents;
mod erasure;
mod estimate;
mod going_back;
mod histories;
mod householder;
mod invisible;
mod layers;
mod lifecycle;
mod limits;
mod linearity;
mod lists;
mod log_sink;
mod logs;
mod methodology;
mod migrations;
mod operations;
mod overload;
mod pace;
mod people;
mod personal_data;
mod pilot;
mod points;
mod properties;
mod provinces;
mod published;
mod quotas;
mod recompute;
mod reference_counts;
mod reference_emissions;
mod rejections;
mod releases;
mod resilience;
mod restart;
mod restating;
mod rights;
mod sandbox;
mod serving;
mod suspension;
mod tables;
mod tampering;
mod timeline;
mod two_processes;
mod unread;
mod vietnamese;
mod waiting;
