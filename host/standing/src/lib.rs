//! What people have said about findings: suppressions and VEX, read from the files of many tools, and applied.
//!
//! Everything here stands on merged findings. Their alias groups are what a pinned database asserts. What a plugin claims about
//! aliases stands apart (`Matched::claimed_aliases`), and is read in one place of `ignore` and one of `vex`: to say why a word
//! about such an id set nothing aside.

mod glance;
pub mod ignore;
mod pattern;
mod same;
mod text;
pub mod vex;
mod yaml;

pub use glance::Glance;
pub use pattern::{PatternError, PurlPattern};
