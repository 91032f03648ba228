//! Read, correct, (merge, split, look-alikes) sites.

pub mod handlers;
