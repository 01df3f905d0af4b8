//! Packages.

use chiron_model::component::Component;
use chiron_model::digest::Digest;
use chiron_model::subject::Subject;

use super::license::Licenses;
use super::wire::{Checksum, ExternalRef, NO_ASSERTION, Package};

/// A subject.
pub(super) fn of_subject(subject: &Subject, id: String) -> Package {
    let (checksums, comment) = checksums(&subject.digests);
    Package {
        id,
        name: subject.name.clone(),
        version_info: None,
        download_location: NO_ASSERTION,
        files_analyzed: false,
        primary_package_purpose: Some(if subject.is_file() { "FILE" } else { "APPLICATION" }),
        checksums,
        license_concluded: NO_ASSERTION,
        license_declared: NO_ASSERTION.to_owned(),
        license_comments: None,
        copyright_text: NO_ASSERTION,
        source_info: None,
        comment,
        external_refs: Vec::new(),
    }
}

/// A component.
pub(super) fn of_component(component: &Component, id: String, licenses: &mut Licenses) -> Package {
    let (checksums, comment) = checksums(&component.digests);
    let (license_declared, license_comments) = licenses.declared(&component.licenses);
    let purl = component.published_purl().into_iter().map(|purl| ExternalRef {
        reference_category: "PACKAGE-MANAGER",
        reference_type: "purl",
        reference_locator: purl.to_string(),
    });
    Package {
        id,
        name: component.name.clone(),
        version_info: component.version.clone(),
        download_location: NO_ASSERTION,
        files_analyzed: false,
        primary_package_purpose: purpose(&component.kind),
        checksums,
        license_concluded: NO_ASSERTION,
        license_declared,
        license_comments,
        copyright_text: NO_ASSERTION,
        source_info: seen(component),
        comment,
        external_refs: purl.collect(),
    }
}

/// Digests under SPDX's names; the others in a comment.
fn checksums(digests: &[Digest]) -> (Vec<Checksum>, Option<String>) {
    let (mut checksums, mut others) = (Vec::new(), Vec::new());
    for digest in digests {
        match algorithm(digest) {
            Some(algorithm) => checksums.push(Checksum { algorithm, checksum_value: digest.hex().to_owned() }),
            None => others.push(digest.to_string()),
        }
    }
    (checksums, (!others.is_empty()).then(|| format!("Digests: {}", others.join(" "))))
}

fn algorithm(digest: &Digest) -> Option<&'static str> {
    match (digest.algorithm(), digest.hex().len()) {
        ("md5", 32) => Some("MD5"),
        ("sha1", 40) => Some("SHA1"),
        ("sha256", 64) => Some("SHA256"),
        ("sha384", 96) => Some("SHA384"),
        ("sha512", 128) => Some("SHA512"),
        ("blake2b", 64) => Some("BLAKE2b-256"),
        ("blake2b", 96) => Some("BLAKE2b-384"),
        ("blake2b", 128) => Some("BLAKE2b-512"),
        ("blake3", 64) => Some("BLAKE3"),
        _ => None,
    }
}

/// SPDX's word for a component's type; nothing where it has none.
fn purpose(kind: &str) -> Option<&'static str> {
    match kind {
        "application" => Some("APPLICATION"),
        "framework" => Some("FRAMEWORK"),
        "library" => Some("LIBRARY"),
        "container" => Some("CONTAINER"),
        "operating-system" => Some("OPERATING_SYSTEM"),
        "device" => Some("DEVICE"),
        "firmware" => Some("FIRMWARE"),
        "file" => Some("FILE"),
        _ => None,
    }
}

/// Where it was seen, for people.
pub(crate) fn seen(component: &Component) -> Option<String> {
    let place = |place: &chiron_model::location::Location| match place.line {
        Some(line) => format!("{}:{line}", place.path),
        None => place.path.clone(),
    };
    let places: Vec<String> = component.locations.iter().map(place).collect();
    (!places.is_empty()).then(|| format!("seen in {}", places.join(", ")))
}
