//! `/openapi.json` and `/docs`. This room builds the OpenAPI document from the routes that it is given; it
//! must not import the route table, which stands above it, nor describe single operations, which their
//! handlers do.

mod finish;
mod openapi;
mod operation;
mod pages;
mod security;
pub(in crate::api) mod swagger_ui;
pub(in crate::api) mod tags;

pub use openapi::{document, document_json, operations};
pub(in crate::api) use swagger_ui::DocumentPage;
