//! Wheels, as small as they can be.

use crate::zip::{self, Member};

/// A wheel of a package.
#[must_use]
pub fn of(name: &str, version: &str) -> Vec<u8> {
    with(name, version, Vec::new())
}

/// A wheel with more members.
#[must_use]
pub fn with(name: &str, version: &str, more: Vec<Member>) -> Vec<u8> {
    let mut members = vec![zip::deflated(format!("{name}.py"), b"pass\n"), metadata(name, version)];
    members.extend(more);
    zip::of(&members)
}

/// The member that names the package.
#[must_use]
pub fn metadata(name: &str, version: &str) -> Member {
    let text =
        format!("Metadata-Version: 2.1\nName: {name}\nVersion: {version}\nSummary: a small thing\nLicense: MIT\n");
    zip::deflated(format!("{name}-{version}.dist-info/METADATA"), text.as_bytes())
}
