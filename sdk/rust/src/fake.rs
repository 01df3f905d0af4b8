//! In-memory hosts, so that a plugin's logic is tested by plain `cargo test`. Native targets only.
//!
//! A fake does what the contract says and nothing more clever: the real host's judgement (version ranges, archives,
//! signatures) is not imitated, a test states what the host would answer.

mod advisory;
mod content;
mod egress;
mod glob;
mod keys;
pub mod telemetry;
mod tools;

pub use advisory::{FakeDatabase, candidate};
pub use content::{FakeBlob, FakeTree};
pub use egress::FakeHttp;
pub use keys::FakeKeys;
pub use tools::FakeTools;

use crate::policy::{Finding, Input, Standing};
use crate::sbom::Component;
use crate::scan::Severity;
use crate::{Digest, Subject};

/// A subject of this name, with an arbitrary SHA-256.
#[must_use]
pub fn subject(name: &str) -> Subject {
    Subject {
        name: name.to_owned(),
        media_type: "application/octet-stream".to_owned(),
        digests: vec![sha256()],
        size: None,
        properties: Vec::new(),
    }
}

/// A library with a `pkg:pypi` purl; its id is the purl.
#[must_use]
pub fn component(name: &str, version: &str) -> Component {
    let purl = format!("pkg:pypi/{name}@{version}");
    let mut component = Component::new(&purl, "library", name);
    component.version = Some(version.to_owned());
    component.purl = Some(purl);
    component
}

/// A finding of this severity as policies see it: a vulnerability that stands, about this component.
#[must_use]
pub fn finding(id: &str, component: &str, severity: Severity) -> Finding {
    Finding {
        id: id.to_owned(),
        advisories: vec![id.to_owned()],
        category: "vulnerability".to_owned(),
        standing: Standing::Affected,
        component: Some(component.to_owned()),
        severity,
        scores: Vec::new(),
        title: id.to_owned(),
        fixed_versions: Vec::new(),
        last_affected: None,
        locations: Vec::new(),
        steps: vec!["scan".to_owned()],
        properties: Vec::new(),
    }
}

/// An input in which nothing was found yet.
#[must_use]
pub fn input() -> Input {
    Input {
        subjects: vec![subject("app.whl")],
        components: Vec::new(),
        relations: Vec::new(),
        files: Vec::new(),
        findings: Vec::new(),
        attestations: Vec::new(),
        steps: Vec::new(),
        evaluated_at: "2026-01-01T00:00:00Z".to_owned(),
    }
}

/// A digest that stands for one the host would have computed.
fn sha256() -> Digest {
    Digest { algorithm: "sha256".to_owned(), value: "0".repeat(64) }
}
