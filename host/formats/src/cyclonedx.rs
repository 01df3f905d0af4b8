//! CycloneDX 1.5, 1.6 and 1.7 in JSON and 1.6 in XML (ECMA-424), written by hand: the crates that exist stop at 1.5 or accept invalid values.
//!
//! What has no place in CycloneDX stands in properties named `chiron:…`. Two things are left to Chiron's own JSON:
//! relations other than `depends-on`, and the account of files.

use std::collections::HashMap;
use std::io;

use chiron_model::report::Report;
use chiron_model::step::StepOutcome;
use chiron_model::subject::Subject;
use uuid::Uuid;

mod component;
mod license;
mod refs;
mod version;
mod vulnerability;
mod wire;
mod xml;

use refs::Refs;
pub(crate) use version::Version;
use wire::{Bom, Component, Dependency, Metadata, Property, Tools};

/// What the document holds.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Contents {
    /// Components and vulnerabilities.
    #[default]
    WithVulnerabilities,
    /// Components alone: an SBOM that stays true when advisories change.
    ComponentsOnly,
}

/// Writes the document in JSON.
pub(crate) fn encode(report: &Report, contents: Contents, version: Version) -> Result<Vec<u8>, serde_json::Error> {
    crate::pretty::to_vec(&numbered(report, contents, version)?)
}

/// Writes the document in XML, version 1.6: the same document, under the same serial number.
pub(crate) fn encode_xml(report: &Report, contents: Contents) -> io::Result<Vec<u8>> {
    xml::write(&numbered(report, contents, Version::V1_6)?)
}

fn numbered(report: &Report, contents: Contents, version: Version) -> Result<Bom, serde_json::Error> {
    let mut bom = bom(report, contents, version);
    version.fit(&mut bom);
    let content = serde_json::to_vec(&bom)?;
    // A UUID of the content: the same run gives the same document, another run another serial number.
    let namespace = Uuid::new_v5(&Uuid::NAMESPACE_URL, b"https://chiron.dev/cyclonedx");
    bom.serial_number = Some(format!("urn:uuid:{}", Uuid::new_v5(&namespace, &content)));
    Ok(bom)
}

fn bom(report: &Report, contents: Contents, version: Version) -> Bom {
    let mut refs = Refs::default();
    let subject = match &report.subjects[..] {
        [subject] => Some(subject_component(subject, &mut refs)),
        _ => None,
    };
    let keys: Vec<String> = report.components.iter().map(|c| refs.take(&c.id)).collect();
    let by_id = by_id(report, &keys);
    let vulnerabilities = match contents {
        Contents::WithVulnerabilities => Some(vulnerability::all(report, &keys, &mut refs)),
        Contents::ComponentsOnly => None,
    };
    Bom {
        schema: version.schema(),
        bom_format: "CycloneDX",
        spec_version: version.word(),
        serial_number: None,
        version: 1,
        metadata: Metadata {
            timestamp: report.printed_at.clone(),
            tools: Tools { components: tools(report) },
            component: subject,
            properties: metadata_properties(report),
        },
        components: report
            .components
            .iter()
            .zip(&keys)
            .map(|(component, key)| component::component(component, key))
            .collect(),
        dependencies: dependencies(report, &keys, &by_id),
        vulnerabilities,
    }
}

/// Position of each component; the first where an id stands twice.
fn by_id<'a>(report: &'a Report, keys: &[String]) -> HashMap<&'a str, usize> {
    let mut positions = HashMap::with_capacity(keys.len());
    for (position, component) in report.components.iter().enumerate() {
        positions.entry(component.id.as_str()).or_insert(position);
    }
    positions
}

fn subject_component(subject: &Subject, refs: &mut Refs) -> Component {
    let (hashes, mut properties) = component::hashes(&subject.digests);
    properties.extend(component::properties(&subject.properties));
    let media_type = Some(subject.media_type.clone()).filter(|text| is_media_type(text));
    Component {
        kind: if subject.is_file() { "file" } else { "application" },
        mime_type: media_type,
        bom_ref: Some(refs.take(&format!("subject:{}", subject.name))),
        name: subject.name.clone(),
        hashes,
        properties,
        ..Component::default()
    }
}

/// The pattern of the schema: `^[-+a-z0-9.]+/[-+a-z0-9.]+$`.
fn is_media_type(text: &str) -> bool {
    let half = |half: &str| {
        !half.is_empty() && half.bytes().all(|b| matches!(b, b'-' | b'+' | b'.' | b'a'..=b'z' | b'0'..=b'9'))
    };
    text.split_once('/').is_some_and(|(a, b)| half(a) && half(b))
}

/// Chiron, and the plugins whose answers these are: a reader can tell which code said so.
fn tools(report: &Report) -> Vec<Component> {
    let mut tools = vec![Component {
        kind: "application",
        name: "chiron".to_owned(),
        version: component::version(Some(&report.chiron_version)),
        ..Component::default()
    }];
    for StepOutcome { plugin, .. } in &report.steps {
        let (hashes, properties) = component::hashes(std::slice::from_ref(&plugin.digest));
        let tool = Component {
            kind: "application",
            group: Some("chiron-plugin".to_owned()),
            name: plugin.name.clone(),
            version: component::version(Some(&plugin.version)),
            hashes,
            properties,
            ..Component::default()
        };
        // The schema wants them unique, and one plugin may be several steps.
        if !tools.contains(&tool) {
            tools.push(tool);
        }
    }
    tools
}

fn metadata_properties(report: &Report) -> Vec<Property> {
    let mut properties = vec![Property::new("chiron:pipeline", &report.pipeline)];
    if report.subjects.len() > 1 {
        for subject in &report.subjects {
            let digests: Vec<String> = subject.digests.iter().map(ToString::to_string).collect();
            let value = format!("{} {}", digests.join(" "), subject.name);
            properties.push(Property::new("chiron:subject", value));
        }
    }
    for database in &report.databases {
        let value = format!("{} {} {}", database.digest, database.built_at, database.name);
        properties.push(Property::new("chiron:database", value));
    }
    for enrichment in &report.enrichments {
        let date = enrichment.date.as_deref().unwrap_or("undated");
        properties
            .push(Property::new("chiron:enrichment", format!("{} {date} {}", enrichment.digest, enrichment.kind)));
    }
    properties
}

/// Components with known dependencies. One that is not listed has unknown ones: an empty entry would say "none".
fn dependencies(report: &Report, keys: &[String], by_id: &HashMap<&str, usize>) -> Vec<Dependency> {
    let mut targets: HashMap<usize, Vec<usize>> = HashMap::new();
    for relation in report.relations.iter().filter(|r| r.kind == "depends-on") {
        let ends = (by_id.get(relation.source.as_str()), by_id.get(relation.target.as_str()));
        if let (Some(&source), Some(&target)) = ends {
            targets.entry(source).or_default().push(target);
        }
    }
    let mut sources: Vec<usize> = targets.keys().copied().collect();
    sources.sort_unstable();
    let dependency = |source: usize| {
        let mut targets = targets.remove(&source).unwrap_or_default();
        targets.sort_unstable();
        targets.dedup();
        Dependency {
            source: keys[source].clone(),
            depends_on: targets.into_iter().map(|target| keys[target].clone()).collect(),
        }
    };
    sources.into_iter().map(dependency).collect()
}

#[cfg(test)]
mod tests;
