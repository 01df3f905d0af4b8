//! SPDX 3.0.1 in JSON-LD: profiles core, software, simple licensing and, with vulnerabilities, security.
//!
//! Subjects and components are packages in one SBOM. A finding that applies or may apply is a vulnerability that is
//! associated with its packages; what was set aside is left out, as no statement of this pipeline is the supplier's.

use std::collections::{BTreeMap, HashMap};

use chiron_model::component::{Component, License};
use chiron_model::digest::Digest;
use chiron_model::finding::FindingStatus;
use chiron_model::report::Report;
use chiron_model::subject::Subject;
use uuid::Uuid;

mod wire;

use crate::cyclonedx::Contents;
use crate::places::Places;
use crate::publisher;
use crate::spdx::is_expression;
use wire::{CONTEXT, CREATION, Document, Element, Hash, Identifier, Node};

/// Writes the document.
pub(crate) fn encode(report: &Report, contents: Contents) -> Result<Vec<u8>, serde_json::Error> {
    let content = serde_json::to_vec(&document(report, contents, ""))?;
    // A UUID of the content: the same run gives the same document, another run another namespace.
    let namespace = Uuid::new_v5(&Uuid::NAMESPACE_URL, b"https://chiron.dev/spdx3");
    let namespace = format!("https://chiron.dev/spdx3/{}", Uuid::new_v5(&namespace, &content));
    crate::pretty::to_vec(&document(report, contents, &namespace))
}

fn document(report: &Report, contents: Contents, namespace: &str) -> Document {
    let mut graph = Graph { namespace, nodes: Vec::new(), relations: 0 };
    let agent = graph.id("agent");
    graph.nodes.push(Node::CreationInfo {
        id: CREATION,
        spec_version: "3.0.1",
        created: report.printed_at.clone(),
        created_by: vec![agent],
    });
    let agent = graph.element("agent", Some(format!("chiron {}", report.chiron_version)));
    graph.nodes.push(Node::SoftwareAgent(agent));
    let subjects: Vec<String> = report.subjects.iter().map(|subject| graph.subject(subject)).collect();
    let components: Vec<String> = report.components.iter().map(|component| graph.component(component)).collect();
    graph.licenses(report, &components);
    graph.relations(report, &subjects, &components);
    let security = contents == Contents::WithVulnerabilities && graph.vulnerabilities(report, &components);
    let roots = if subjects.is_empty() { components } else { subjects };
    graph.finish(report, roots, security)
}

/// The document in the making.
struct Graph<'a> {
    namespace: &'a str,
    nodes: Vec<Node>,
    relations: usize,
}

impl Graph<'_> {
    fn id(&self, name: &str) -> String {
        format!("{}#{name}", self.namespace)
    }

    fn element(&self, id: &str, name: Option<String>) -> Element {
        Element { spdx_id: self.id(id), creation_info: CREATION, name, description: None, comment: None }
    }

    fn numbered(&self, kind: &str) -> String {
        format!("{kind}-{}", self.nodes.len())
    }

    fn subject(&mut self, subject: &Subject) -> String {
        let (hashes, comment) = hashes(&subject.digests);
        let element = Element { comment, ..self.element(&self.numbered("Subject"), Some(subject.name.clone())) };
        let id = element.spdx_id.clone();
        let purpose = Some(if subject.is_file() { "file" } else { "application" });
        self.nodes.push(Node::Package { element, version: None, url: None, purpose, source_info: None, hashes });
        id
    }

    fn component(&mut self, component: &Component) -> String {
        let (hashes, digests) = hashes(&component.digests);
        let comments: Vec<String> = digests.into_iter().chain(several(&component.licenses)).collect();
        let comment = (!comments.is_empty()).then(|| comments.join("\n"));
        let element = Element { comment, ..self.element(&self.numbered("Package"), Some(component.name.clone())) };
        let id = element.spdx_id.clone();
        self.nodes.push(Node::Package {
            element,
            version: component.version.clone(),
            url: component.published_purl().map(|purl| purl.to_string()),
            purpose: purpose(&component.kind),
            source_info: crate::spdx::seen(component),
            hashes,
        });
        id
    }

    /// Each licence once, and who declares it.
    fn licenses(&mut self, report: &Report, components: &[String]) {
        let mut declared: BTreeMap<&str, Vec<&String>> = BTreeMap::new();
        for (component, id) in report.components.iter().zip(components) {
            if let [License::Expression(text) | License::Text(text)] = component.licenses.as_slice()
                && !text.trim().is_empty()
            {
                declared.entry(text).or_default().push(id);
            }
        }
        for (text, owners) in declared {
            let element = self.element(&self.numbered("License"), None);
            let id = element.spdx_id.clone();
            self.nodes.push(if is_expression(text) {
                Node::LicenseExpression { element, expression: text.to_owned() }
            } else {
                Node::LicenseText { element, text: text.to_owned() }
            });
            for owner in owners {
                self.relate(owner, "hasDeclaredLicense", vec![id.clone()]);
            }
        }
    }

    fn relations(&mut self, report: &Report, subjects: &[String], components: &[String]) {
        let mut ids: HashMap<&str, &String> = HashMap::new();
        let mut inside: BTreeMap<&String, Vec<String>> = BTreeMap::new();
        for (component, id) in report.components.iter().zip(components) {
            ids.entry(&component.id).or_insert(id);
            let place = report.subjects.iter().position(|subject| subject.name == component.origin.subject);
            if let Some(subject) = place {
                inside.entry(&subjects[subject]).or_default().push(id.clone());
            }
        }
        for (subject, contained) in inside {
            self.relate(subject, "contains", contained);
        }
        let mut between: BTreeMap<(&String, &'static str), Vec<String>> = BTreeMap::new();
        for relation in &report.relations {
            let kind = match relation.kind.as_str() {
                "depends-on" => "dependsOn",
                "contains" => "contains",
                _ => continue,
            };
            if let (Some(source), Some(target)) = (ids.get(relation.source.as_str()), ids.get(relation.target.as_str()))
            {
                between.entry((source, kind)).or_default().push((*target).clone());
            }
        }
        for ((source, kind), targets) in between {
            self.relate(source, kind, targets);
        }
    }

    fn relate(&mut self, from: &str, relationship_type: &'static str, mut to: Vec<String>) {
        to.sort();
        to.dedup();
        self.relations += 1;
        let element = self.element(&format!("Relationship-{}", self.relations), None);
        self.nodes.push(Node::Relationship { element, from: from.to_owned(), relationship_type, to });
    }

    /// Says whether there is one.
    fn vulnerabilities(&mut self, report: &Report, components: &[String]) -> bool {
        let places = Places::new(report);
        let before = self.nodes.len();
        for finding in &report.findings {
            match finding.status {
                FindingStatus::Affected | FindingStatus::Unknown => {}
                FindingStatus::Suppressed(_) => continue,
            }
            let description = (!finding.title.is_empty()).then(|| finding.title.clone());
            let element = self.element(&self.numbered("Vulnerability"), Some(finding.id.clone()));
            let id = element.spdx_id.clone();
            let ids =
                std::iter::once(&finding.id).chain(finding.advisories.iter().filter(|other| **other != finding.id));
            let external_identifier = ids.map(|id| identifier(id)).collect();
            self.nodes.push(Node::Vulnerability { element: Element { description, ..element }, external_identifier });
            for position in places.positions(finding) {
                self.relate(&components[position], "hasAssociatedVulnerability", vec![id.clone()]);
            }
        }
        self.nodes.len() > before
    }

    /// The SBOM and the document around it.
    fn finish(mut self, report: &Report, roots: Vec<String>, security: bool) -> Document {
        let license =
            Node::LicenseExpression { element: self.element("data-license", None), expression: "CC0-1.0".to_owned() };
        let mut profiles = vec!["core", "software", "simpleLicensing"];
        if security {
            profiles.push("security");
        }
        let elements: Vec<String> = self.nodes.iter().filter_map(Node::id).map(str::to_owned).collect();
        let sbom = Node::Sbom {
            element: self.element("sbom", Some(report.pipeline.clone())),
            profile_conformance: profiles.clone(),
            root_element: if roots.is_empty() { vec![self.id("agent")] } else { roots },
            elements: elements.clone(),
        };
        let all = elements.into_iter().chain([self.id("data-license"), self.id("sbom")]);
        let document = Node::SpdxDocument {
            element: self.element("document", Some(report.pipeline.clone())),
            profile_conformance: profiles,
            data_license: self.id("data-license"),
            root_element: vec![self.id("sbom")],
            elements: all.collect(),
        };
        self.nodes.extend([license, sbom, document]);
        Document { context: CONTEXT, graph: self.nodes }
    }
}

fn identifier(id: &str) -> Identifier {
    let external_identifier_type = if id.starts_with("CVE-") { "cve" } else { "securityOther" };
    let page = publisher::of(id).map(|publisher| publisher.page);
    Identifier { external_identifier_type, identifier: id.to_owned(), identifier_locator: page.into_iter().collect() }
}

/// Joining several with AND or OR would be a guess about what the package means: they are listed, and nothing is asserted.
fn several(licenses: &[License]) -> Option<String> {
    let text = |license: &License| match license {
        License::Expression(text) | License::Text(text) => text.clone(),
    };
    let texts: Vec<String> = licenses.iter().map(text).collect();
    (texts.len() > 1).then(|| format!("The package declares: {}", texts.join("; ")))
}

/// Digests under SPDX's names; the others in a comment.
fn hashes(digests: &[Digest]) -> (Vec<Hash>, Option<String>) {
    let (mut hashes, mut others) = (Vec::new(), Vec::new());
    for digest in digests {
        match algorithm(digest) {
            Some(algorithm) => hashes.push(Hash { algorithm, hash_value: digest.hex().to_owned() }),
            None => others.push(digest.to_string()),
        }
    }
    (hashes, (!others.is_empty()).then(|| format!("Digests: {}", others.join(" "))))
}

fn algorithm(digest: &Digest) -> Option<&'static str> {
    match (digest.algorithm(), digest.hex().len()) {
        ("md5", 32) => Some("md5"),
        ("sha1", 40) => Some("sha1"),
        ("sha256", 64) => Some("sha256"),
        ("sha384", 96) => Some("sha384"),
        ("sha512", 128) => Some("sha512"),
        ("blake2b", 64) => Some("blake2b256"),
        ("blake2b", 96) => Some("blake2b384"),
        ("blake2b", 128) => Some("blake2b512"),
        ("blake3", 64) => Some("blake3"),
        _ => None,
    }
}

/// SPDX's word for a component's type; nothing where it has none.
fn purpose(kind: &str) -> Option<&'static str> {
    const SAME: [&str; 9] =
        ["application", "framework", "library", "container", "platform", "device", "firmware", "file", "data"];
    match kind {
        "operating-system" => Some("operatingSystem"),
        "device-driver" => Some("deviceDriver"),
        "machine-learning-model" => Some("model"),
        _ => SAME.into_iter().find(|word| *word == kind),
    }
}

#[cfg(test)]
mod tests;
