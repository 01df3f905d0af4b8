//! A report in the formats people and programs read.
//!
//! Every format shows the same [`chiron_model::report::Report`] and decides nothing. A format is a variant of
//! [`Format`] and a file of its own; what it writes is a frozen set of wire structs, built from the report.

pub mod cyclonedx;
pub mod diff;
pub mod exploit;
mod format;
pub mod html;
pub mod json;
pub mod table;
pub mod template;

mod csv;
mod disk;
mod github;
mod gitlab;
mod group;
mod junit;
mod level;
mod markdown;
mod objection;
mod openvex;
mod panel;
mod paths;
mod places;
mod pretty;
mod publisher;
mod sarif;
mod sentence;
mod spdx;
mod spdx3;
mod upgrade;
mod xml;

#[cfg(test)]
mod official;
#[cfg(test)]
mod sample;

pub use format::{EncodeError, Format, FormatError, Options, encode};
pub use template::{Template, TemplateError};
