//! SPDX JSON, as a stream: one package or relationship at a time is in memory, files are only counted.

use serde::Deserialize;
use serde::de::MapAccess;
use serde_json::Value;

use super::Spdx;
use super::package::Package;
use crate::stream::{Count, List, Outline};
use crate::text::one_line;

impl Outline for Spdx {
    const NAME: &'static str = "an SPDX document";
    const MEMBERS: &'static [&'static str] = &[
        "spdxVersion",
        "@context",
        "packages",
        "relationships",
        "hasExtractedLicensingInfos",
        "documentDescribes",
        "files",
        "snippets",
    ];

    fn member<'de, A: MapAccess<'de>>(&mut self, member: &'static str, map: &mut A) -> Result<(), A::Error> {
        let read: fn(&mut Self, Value) = match member {
            "spdxVersion" => {
                self.version = Some(text(map.next_value()?));
                return Ok(());
            }
            "@context" => {
                self.context = Some(text(map.next_value()?));
                return Ok(());
            }
            "files" => {
                self.files = map.next_value::<Count>()?.0;
                return Ok(());
            }
            "snippets" => {
                self.snippets = map.next_value::<Count>()?.0;
                return Ok(());
            }
            "packages" => package,
            "relationships" => relationship,
            "hasExtractedLicensingInfos" => license,
            _ => described,
        };
        map.next_value_seed(List { name: member, document: self, read })
    }

    fn set_broken(&mut self, reason: String) {
        self.broken = Some(reason);
    }
}

/// Anything but a text is shown as it stands: it is no version that is known.
fn text(value: Value) -> String {
    value.as_str().map_or_else(|| one_line(&value.to_string(), 500), str::to_owned)
}

#[derive(Deserialize)]
struct Reference {
    #[serde(rename = "referenceType")]
    kind: String,
    #[serde(rename = "referenceLocator")]
    locator: String,
}

#[derive(Deserialize)]
struct Checksum {
    algorithm: String,
    #[serde(rename = "checksumValue")]
    value: String,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Entry {
    #[serde(rename = "SPDXID")]
    id: Option<String>,
    #[serde(default)]
    name: String,
    version_info: Option<String>,
    primary_package_purpose: Option<String>,
    license_declared: Option<String>,
    license_concluded: Option<String>,
    source_info: Option<String>,
    checksums: Option<Vec<Checksum>>,
    external_refs: Option<Vec<Reference>>,
}

/// A member that names a package and has the wrong type drops it: what is left would be another package.
fn package(document: &mut Spdx, value: Value) {
    let label = value.get("name").and_then(Value::as_str).unwrap_or_default().to_owned();
    let read = Entry::deserialize(value).map_err(|error| {
        let message = one_line(&error.to_string(), 150);
        format!("package `{}`: {message}", one_line(&label, 100))
    });
    let part = read.and_then(|entry| {
        let mut package = Package {
            id: entry.id,
            name: entry.name,
            version: entry.version_info,
            purpose: entry.primary_package_purpose,
            declared: entry.license_declared,
            concluded: entry.license_concluded,
            source_info: entry.source_info,
            ..Package::default()
        };
        entry.external_refs.iter().flatten().for_each(|reference| package.refer(&reference.kind, &reference.locator));
        entry.checksums.iter().flatten().for_each(|checksum| package.checksum(&checksum.algorithm, &checksum.value));
        package.into_part()
    });
    match part {
        Ok(part) => document.parts.push(part),
        Err(reason) => document.dropped.push(reason),
    }
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Relationship {
    spdx_element_id: String,
    relationship_type: String,
    related_spdx_element: String,
}

fn relationship(document: &mut Spdx, value: Value) {
    match Relationship::deserialize(value) {
        Ok(relationship) => document.relate(
            &relationship.spdx_element_id,
            &relationship.relationship_type,
            &relationship.related_spdx_element,
        ),
        Err(error) => document.dropped.push(format!("a relationship: {}", one_line(&error.to_string(), 150))),
    }
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Extracted {
    license_id: String,
    name: Option<String>,
    extracted_text: Option<String>,
}

fn license(document: &mut Spdx, value: Value) {
    if let Ok(Extracted { license_id, name, extracted_text }) = Extracted::deserialize(value) {
        document.add_license(license_id, name.as_deref(), extracted_text.as_deref());
    }
}

fn described(document: &mut Spdx, value: Value) {
    if let Some(id) = value.as_str() {
        document.relations.describe(id);
    }
}
