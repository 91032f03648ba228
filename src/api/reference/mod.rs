//! Measures, provinces, communes, outlines.

pub mod lists;
