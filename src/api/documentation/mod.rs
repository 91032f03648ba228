//! /openapi.json and /docs.

mod body_schemas;
pub mod openapi;
mod openapi_finish;
mod openapi_pages;
pub mod swagger_ui;
mod value_schemas;

pub use body_schemas::{
    CloseDispute, CompleteInstallation, CorrectInstallation, CorrectSite, CreateClient, CreateInstallation,
    CreatePartner, CreateProject, CreateRelease, DecideInstallations, DecommissionInstallation, OpenDispute,
    RejectInstallation, ResetSecret, ResubmitInstallation, VerifyInstallation, WithdrawInstallation,
};
pub use openapi::{document, document_json, operations};
