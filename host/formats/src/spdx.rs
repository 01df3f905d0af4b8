//! SPDX 2.3 JSON (ISO/IEC 5962 is 2.2.1; 2.3 is what readers ask for).
//!
//! Subjects and components are packages. Findings have no place in SPDX but references: with vulnerabilities, a package refers
//! to the pages of the advisories that apply to it. What nobody said is `NOASSERTION`, never `NONE`.

use std::collections::HashMap;

use chiron_model::finding::FindingStatus;
use chiron_model::report::Report;
use uuid::Uuid;

mod license;
mod package;
mod wire;

use crate::cyclonedx::Contents;
use crate::places::Places;
use crate::publisher;
use license::Licenses;
pub(crate) use license::is_expression;
pub(crate) use package::seen;
use wire::{CreationInfo, Document, ExternalRef, Package, Relationship};

/// The document's own id.
const DOCUMENT: &str = "SPDXRef-DOCUMENT";

/// Writes the document.
pub(crate) fn encode(report: &Report, contents: Contents) -> Result<Vec<u8>, serde_json::Error> {
    let mut document = document(report, contents);
    let content = serde_json::to_vec(&document)?;
    // A UUID of the content: the same run gives the same document, another run another namespace.
    let namespace = Uuid::new_v5(&Uuid::NAMESPACE_URL, b"https://chiron.dev/spdx");
    document.document_namespace = format!("https://chiron.dev/spdx/{}", Uuid::new_v5(&namespace, &content));
    crate::pretty::to_vec(&document)
}

fn document(report: &Report, contents: Contents) -> Document {
    let mut licenses = Licenses::default();
    let mut packages: Vec<Package> = Vec::new();
    for (index, subject) in report.subjects.iter().enumerate() {
        packages.push(package::of_subject(subject, subject_id(index)));
    }
    for (index, component) in report.components.iter().enumerate() {
        packages.push(package::of_component(component, component_id(index), &mut licenses));
    }
    match contents {
        Contents::WithVulnerabilities => add_advisories(report, &mut packages[report.subjects.len()..]),
        Contents::ComponentsOnly => {}
    }
    Document {
        spdx_version: "SPDX-2.3",
        data_license: "CC0-1.0",
        id: DOCUMENT,
        name: report.pipeline.clone(),
        document_namespace: String::new(),
        creation_info: CreationInfo {
            created: report.printed_at.clone(),
            creators: vec![format!("Tool: chiron-{}", report.chiron_version)],
        },
        packages,
        has_extracted_licensing_infos: licenses.into_infos(),
        relationships: relationships(report),
    }
}

fn subject_id(index: usize) -> String {
    format!("SPDXRef-Subject-{}", index + 1)
}

fn component_id(index: usize) -> String {
    format!("SPDXRef-Package-{}", index + 1)
}

/// Pages of advisories that apply or may apply; an id without a page is left to formats that have a place for it.
fn add_advisories(report: &Report, packages: &mut [Package]) {
    let places = Places::new(report);
    for finding in &report.findings {
        match finding.status {
            FindingStatus::Affected | FindingStatus::Unknown => {}
            FindingStatus::Suppressed(_) => continue,
        }
        let Some(publisher) = publisher::of(&finding.id) else { continue };
        for position in places.positions(finding) {
            let reference = ExternalRef {
                reference_category: "SECURITY",
                reference_type: "advisory",
                reference_locator: publisher.page.clone(),
            };
            let references = &mut packages[position].external_refs;
            if !references.contains(&reference) {
                references.push(reference);
            }
        }
    }
}

/// The document describes the subjects, or the components where there is no subject; a subject contains its components.
fn relationships(report: &Report) -> Vec<Relationship> {
    let mut subjects: HashMap<&str, usize> = HashMap::new();
    let mut components: HashMap<&str, usize> = HashMap::new();
    let mut all = Vec::new();
    let mut add = |source: &str, kind: &'static str, target: String| {
        all.push(Relationship { source: source.to_owned(), kind, target });
    };
    for (index, subject) in report.subjects.iter().enumerate() {
        subjects.entry(&subject.name).or_insert(index);
        add(DOCUMENT, "DESCRIBES", subject_id(index));
    }
    for (index, component) in report.components.iter().enumerate() {
        components.entry(&component.id).or_insert(index);
        match subjects.get(component.origin.subject.as_str()) {
            Some(subject) => add(&subject_id(*subject), "CONTAINS", component_id(index)),
            None => add(DOCUMENT, "DESCRIBES", component_id(index)),
        }
    }
    if report.subjects.is_empty() && report.components.is_empty() {
        // SPDX 2.3, 11.1: a document that says what it describes may say that it is nothing.
        add(DOCUMENT, "DESCRIBES", "NONE".to_owned());
    }
    for relation in &report.relations {
        let kind = match relation.kind.as_str() {
            "depends-on" => "DEPENDS_ON",
            "contains" => "CONTAINS",
            _ => continue,
        };
        let ends = (components.get(relation.source.as_str()), components.get(relation.target.as_str()));
        if let (Some(source), Some(target)) = ends {
            add(&component_id(*source), kind, component_id(*target));
        }
    }
    all
}

#[cfg(test)]
mod tests;
