//! What people have said about findings: suppressions and VEX, read from the files of many tools, and applied.
//!
//! Everything here stands on merged findings. Their alias groups are what a pinned database asserts; what a plugin claims
//! about aliases is not part of a [`chiron_model::finding::Finding`] at all, so nothing in this crate could follow it.

mod glance;
pub mod ignore;
mod pattern;
mod same;
mod text;
pub mod vex;
mod yaml;

pub use glance::Glance;
pub use pattern::{PatternError, PurlPattern};
