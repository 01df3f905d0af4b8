//! The XML form: the same parts in the order that the schema of XML wants, where attributes and elements share the work.

use std::io;

use super::wire::{
    Affected, Bom, Component, Dependency, Hash, License, LicenseChoice, Metadata, Occurrence, Property, Rating, Source,
    Vulnerability,
};
use crate::xml::Xml;

/// Writes a document.
pub(super) fn write(bom: &Bom) -> io::Result<Vec<u8>> {
    let namespace = format!("http://cyclonedx.org/schema/bom/{}", bom.spec_version);
    let version = bom.version.to_string();
    let mut attributes = vec![("xmlns", namespace.as_str())];
    attributes.extend(bom.serial_number.as_deref().map(|serial| ("serialNumber", serial)));
    attributes.push(("version", &version));
    let mut xml = Xml::new()?;
    xml.element("bom", &attributes, |xml| {
        metadata(xml, &bom.metadata)?;
        xml.list("components", &bom.components, component)?;
        xml.list("dependencies", &bom.dependencies, dependency)?;
        match &bom.vulnerabilities {
            Some(vulnerabilities) => xml.list("vulnerabilities", vulnerabilities, vulnerability),
            None => Ok(()),
        }
    })?;
    Ok(xml.finish())
}

fn metadata(xml: &mut Xml, metadata: &Metadata) -> io::Result<()> {
    xml.element("metadata", &[], |xml| {
        xml.text("timestamp", &[], &metadata.timestamp)?;
        xml.element("tools", &[], |xml| xml.list("components", &metadata.tools.components, component))?;
        if let Some(subject) = &metadata.component {
            component(xml, subject)?;
        }
        properties(xml, &metadata.properties)
    })
}

fn component(xml: &mut Xml, component: &Component) -> io::Result<()> {
    let mut attributes = vec![("type", component.kind)];
    attributes.extend(component.mime_type.as_deref().map(|media_type| ("mime-type", media_type)));
    attributes.extend(component.bom_ref.as_deref().map(|bom_ref| ("bom-ref", bom_ref)));
    xml.element("component", &attributes, |xml| {
        xml.optional("group", component.group.as_deref())?;
        xml.text("name", &[], &component.name)?;
        xml.optional("version", component.version.as_deref())?;
        xml.optional("scope", component.scope)?;
        some(xml, "hashes", &component.hashes, hash)?;
        some(xml, "licenses", &component.licenses, license)?;
        xml.optional("purl", component.purl.as_deref())?;
        properties(xml, &component.properties)?;
        match &component.evidence {
            Some(evidence) => {
                xml.element("evidence", &[], |xml| xml.list("occurrences", &evidence.occurrences, occurrence))
            }
            None => Ok(()),
        }
    })
}

/// A list that is left out where it is empty.
fn some<T>(xml: &mut Xml, name: &str, list: &[T], write: fn(&mut Xml, &T) -> io::Result<()>) -> io::Result<()> {
    if list.is_empty() { Ok(()) } else { xml.list(name, list, write) }
}

fn properties(xml: &mut Xml, list: &[Property]) -> io::Result<()> {
    some(xml, "properties", list, |xml, property| {
        xml.text("property", &[("name", property.name.as_str())], &property.value)
    })
}

fn hash(xml: &mut Xml, hash: &Hash) -> io::Result<()> {
    xml.text("hash", &[("alg", hash.alg)], &hash.content)
}

fn license(xml: &mut Xml, choice: &LicenseChoice) -> io::Result<()> {
    match choice {
        LicenseChoice::License(License::Id(id)) => xml.element("license", &[], |xml| xml.text("id", &[], id)),
        LicenseChoice::License(License::Name(name)) => xml.element("license", &[], |xml| xml.text("name", &[], name)),
        LicenseChoice::Expression(expression) => xml.text("expression", &[], expression),
    }
}

fn occurrence(xml: &mut Xml, occurrence: &Occurrence) -> io::Result<()> {
    xml.element("occurrence", &[], |xml| {
        xml.text("location", &[], &occurrence.location)?;
        xml.optional("line", occurrence.line.map(|line| line.to_string()).as_deref())?;
        xml.optional("additionalContext", occurrence.additional_context.as_deref())
    })
}

fn dependency(xml: &mut Xml, dependency: &Dependency) -> io::Result<()> {
    xml.element("dependency", &[("ref", dependency.source.as_str())], |xml| {
        dependency.depends_on.iter().try_for_each(|target| xml.empty("dependency", &[("ref", target.as_str())]))
    })
}

fn vulnerability(xml: &mut Xml, vulnerability: &Vulnerability) -> io::Result<()> {
    xml.element("vulnerability", &[("bom-ref", vulnerability.bom_ref.as_str())], |xml| {
        xml.text("id", &[], &vulnerability.id)?;
        source(xml, vulnerability.source.as_ref())?;
        some(xml, "references", &vulnerability.references, |xml, reference| {
            xml.element("reference", &[], |xml| {
                xml.text("id", &[], &reference.id)?;
                // Required here, also where nobody knows who publishes the record.
                source(xml, Some(&reference.source))
            })
        })?;
        xml.list("ratings", &vulnerability.ratings, rating)?;
        xml.optional("description", vulnerability.description.as_deref())?;
        xml.optional("detail", vulnerability.detail.as_deref())?;
        xml.optional("recommendation", vulnerability.recommendation.as_deref())?;
        if let Some(analysis) = &vulnerability.analysis {
            xml.element("analysis", &[], |xml| {
                xml.text("state", &[], analysis.state)?;
                xml.optional("justification", analysis.justification)?;
                xml.optional("detail", analysis.detail.as_deref())
            })?;
        }
        some(xml, "affects", &vulnerability.affects, affected)?;
        properties(xml, &vulnerability.properties)
    })
}

fn source(xml: &mut Xml, source: Option<&Source>) -> io::Result<()> {
    let Some(source) = source else { return Ok(()) };
    xml.element("source", &[], |xml| {
        xml.optional("name", source.name.as_deref())?;
        xml.optional("url", source.url.as_deref())
    })
}

fn rating(xml: &mut Xml, rating: &Rating) -> io::Result<()> {
    xml.element("rating", &[], |xml| {
        source(xml, rating.source.as_ref())?;
        xml.optional("score", rating.score.map(|score| score.to_string()).as_deref())?;
        xml.text("severity", &[], rating.severity)?;
        xml.text("method", &[], rating.method)?;
        xml.optional("vector", rating.vector.as_deref())
    })
}

fn affected(xml: &mut Xml, affected: &Affected) -> io::Result<()> {
    xml.element("target", &[], |xml| {
        xml.text("ref", &[], &affected.target)?;
        some(xml, "versions", &affected.versions, |xml, version| {
            xml.element("version", &[], |xml| {
                xml.text("version", &[], &version.version)?;
                xml.text("status", &[], version.status)
            })
        })
    })
}
