//! What the black-box tests share: the built binary in a scrubbed environment, and small inputs for it.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::print_stderr,
    reason = "a harness of tests: a failed unwrap is the test's own message"
)]

pub mod binary;
pub mod bom;
pub mod browser;
pub mod collector;
pub mod cosign;
pub mod folder;
pub mod guests;
pub mod image;
pub mod keys;
pub mod osv;
pub mod outside;
pub mod pipeline;
pub mod pypi;
pub mod services;
pub mod shared;
pub mod sigstore;
pub mod token;
pub mod truth;
pub mod tuf;
pub mod wheel;
pub mod zip;

pub use binary::Ended;
pub use folder::Folder;

/// Every format that `-o` takes.
pub const FORMATS: [&str; 16] = [
    "table",
    "json",
    "cyclonedx-json",
    "cyclonedx-json-1.5",
    "cyclonedx-json-1.7",
    "cyclonedx-xml",
    "spdx-json",
    "spdx-json-3",
    "sarif",
    "csv",
    "markdown",
    "junit",
    "github",
    "gitlab",
    "html",
    "openvex",
];
