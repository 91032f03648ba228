//! What the person at home sees, disputes and withdraws. This room owns what a householder reads and sends;
//! how reviewers answer is in `review`, and how partners get a code to pass on is in `installations`.

mod bodies;
pub mod consent;
pub mod handlers;
mod home_commands;
mod view;

pub(in crate::api) use home_commands::{disputed, submit_home_command};
pub use view::{DisputeList, DisputeResponse, DisputeView, ReviewedDispute};
