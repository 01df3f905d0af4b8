//! What syft found: read from a report that was made elsewhere, or by running the program that the operator pinned.
//!
//! Two components from one crate, so that whoever only reads reports grants nothing else: a component's imports are the list
//! of what it can touch.

mod adapter;
mod document;
mod inventory;
mod report;

pub use adapter::SyftAdapter;
pub use report::SyftReport;

use chiron_sdk::{PluginError, config};
use serde::Deserialize;

/// Neither takes any configuration: what a report says is not a matter of taste.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Config {}

fn no_configuration(text: &str) -> Result<(), PluginError> {
    config::parse::<Config>(text).map(|Config {}| ())
}
