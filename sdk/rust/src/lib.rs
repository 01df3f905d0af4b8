//! What the author of a Chiron plugin uses.
//!
//! A plugin is one type. It says what it is ([`Plugin::describe`]), takes its configuration ([`Plugin::configure`]) and
//! does one kind of work: [`policy::Policy`], [`scan::Scanner`], [`scan::ContentScanner`], [`sbom::SbomGenerator`] or
//! [`sign::Signer`].
//!
//! ```
//! use chiron_sdk::policy::{Evidence, Input, Policy, Verdict};
//! use chiron_sdk::{Description, Plugin, PluginError};
//!
//! struct AtLeastOneComponent;
//!
//! impl Plugin for AtLeastOneComponent {
//!     fn describe() -> Description {
//!         Description::new("at-least-one-component", "0.1.0", "Denies a subject in which nothing was found")
//!             .rule("nothing-found", "Nothing found", "No generator found a component in the subject.")
//!     }
//!     fn configure(_config: &str) -> Result<Self, PluginError> {
//!         Ok(Self)
//!     }
//! }
//!
//! impl Policy for AtLeastOneComponent {
//!     fn needs() -> Evidence {
//!         Evidence::COMPONENTS
//!     }
//!     fn evaluate(&self, input: Input) -> Result<Verdict, PluginError> {
//!         Ok(match input.components.len() {
//!             0 => Verdict::deny("no component was found"),
//!             found => Verdict::allow(format!("{found} components")),
//!         })
//!     }
//! }
//!
//! chiron_sdk::export!(AtLeastOneComponent as policy);
//! # fn main() {}
//! ```
//!
//! What a plugin can touch is what its component imports, and only what it calls ends up among its imports. There is no
//! clock, no randomness, no file and no network unless the host lends one. On a native target nothing reaches a
//! host: logic is tested by plain `cargo test` against the in-memory hosts of [`fake`].

pub mod advisory;
#[doc(hidden)]
pub mod bindings;
pub mod config;
pub mod content;
pub mod egress;
mod export;
#[cfg(not(target_arch = "wasm32"))]
pub mod fake;
pub mod keys;
pub mod log;
pub mod plugin;
pub mod policy;
pub mod progress;
#[doc(hidden)]
pub mod runtime;
pub mod sbom;
pub mod scan;
pub mod sign;
pub mod tool;

pub use bindings::imports::chiron::core::types::{Digest, Location, PluginError, Properties, Subject};
pub use plugin::{Description, Plugin, Request, Rule};
