//! OpenVEX 0.2.0: what was decided about each finding, for the next run and for others.
//!
//! A statement is about a component in a subject, never about the component everywhere: that an application does not reach
//! the vulnerable code of a library says nothing about the library. A suppression becomes `not_affected` with its reason as
//! impact statement, and with its last day in the notes, which Chiron reads again. What a baseline sets aside stays
//! `affected`: it was not judged, it was there before. A run without findings has nothing to say, and the schema demands a
//! statement: its document has one that says so (`chiron_standing::vex::write::NOTHING`), sets nothing aside, and is passed over by the next run.

use std::collections::HashSet;

use chiron_model::component::Component;
use chiron_model::finding::{Finding, FindingStatus, SuppressedBy, Suppression};
use chiron_model::property;
use chiron_model::purl::Purl;
use chiron_model::report::Report;
use chiron_model::subject::Subject;
use chiron_model::vex::VexStatus;
use chiron_standing::vex::subject_id;
use chiron_standing::vex::write::{CONTEXT, NO_ACTION, OpenVex, Part, Said, Thing, Vulnerability, until_note};
use uuid::Uuid;

use crate::places::Places;
use crate::sentence;

/// Writes the report.
pub(crate) fn encode(report: &Report) -> Result<Vec<u8>, serde_json::Error> {
    let places = Places::new(report);
    let mut document = OpenVex {
        context: CONTEXT,
        id: String::new(),
        author: format!("Chiron, for the pipeline {}", report.pipeline),
        timestamp: report.printed_at.clone(),
        version: 1,
        tooling: format!("chiron {}", report.chiron_version),
        statements: report.findings.iter().map(|finding| said(report, finding, places.component_of(finding))).collect(),
    };
    // Findings that differ in their place alone are one statement, and the schema wants each once.
    let mut seen = HashSet::new();
    document.statements.retain(|said| seen.insert(format!("{said:?}")));
    let content = document.encode()?;
    let namespace = Uuid::new_v5(&Uuid::NAMESPACE_URL, b"https://chiron.dev/openvex");
    document.id = format!("urn:uuid:{}", Uuid::new_v5(&namespace, &content));
    document.encode()
}

fn said(report: &Report, finding: &Finding, component: Option<&Component>) -> Said {
    let plain = Said {
        vulnerability: vulnerability(finding),
        timestamp: None,
        products: finding.subjects.iter().map(|subject| thing(report, subject, component)).collect(),
        status: VexStatus::Affected.word(),
        status_notes: None,
        justification: None,
        impact_statement: None,
        action_statement: None,
    };
    let action = || Some(sentence::recommendation(finding).unwrap_or_else(|| NO_ACTION.to_owned()));
    match &finding.status {
        FindingStatus::Affected => Said { action_statement: action(), ..plain },
        FindingStatus::Unknown => {
            Said { status: VexStatus::UnderInvestigation.word(), status_notes: finding.unknown_reason.clone(), ..plain }
        }
        FindingStatus::Suppressed(suppression) => set_aside(suppression, plain, action),
    }
}

fn set_aside(suppression: &Suppression, plain: Said, action: impl FnOnce() -> Option<String>) -> Said {
    let plain = Said { status_notes: suppression.expires.as_deref().map(until_note), ..plain };
    match suppression.by {
        SuppressedBy::Rule => {
            Said { status: VexStatus::NotAffected.word(), impact_statement: Some(suppression.reason.clone()), ..plain }
        }
        SuppressedBy::Vex(VexStatus::Fixed, _) => Said { status: VexStatus::Fixed.word(), ..plain },
        SuppressedBy::Vex(_, justification) => Said {
            status: VexStatus::NotAffected.word(),
            justification: justification.map(|justification| justification.word()),
            impact_statement: Some(suppression.reason.clone()),
            ..plain
        },
        SuppressedBy::Baseline => Said { action_statement: action(), ..plain },
    }
}

fn vulnerability(finding: &Finding) -> Vulnerability {
    let aliases = finding.advisories.iter().filter(|id| **id != finding.id).cloned().collect();
    Vulnerability { name: finding.id.clone(), aliases }
}

fn thing(report: &Report, subject: &str, component: Option<&Component>) -> Thing {
    let id = report.subjects.iter().find(|known| known.name == subject).and_then(|known| purl_of(report, known));
    let part = component.map(|component| Part { id: part(component) });
    Thing { id: id.unwrap_or_else(|| subject_id(subject)), subcomponents: part.into_iter().collect() }
}

fn part(component: &Component) -> String {
    match (component.published_purl(), &component.version) {
        (Some(purl), _) => purl.to_string(),
        (None, Some(version)) => format!("{}@{version}", component.name),
        (None, None) => component.name.clone(),
    }
}

/// What others call a subject: the image by its digest, or what the one document in it says it is about.
fn purl_of(report: &Report, subject: &Subject) -> Option<String> {
    if let Some(digest) =
        ["chiron:image-manifest", "chiron:image-id"].iter().find_map(|key| property(&subject.properties, key))
    {
        let name = property(&subject.properties, "chiron:image-name").unwrap_or("image");
        let name = name.split('@').next().unwrap_or(name).rsplit('/').next().unwrap_or(name);
        let purl = format!("pkg:oci/{}@{}", name.split(':').next().unwrap_or(name), digest.replace(':', "%3A"));
        return Purl::parse(&purl).ok().map(|purl| purl.to_string());
    }
    let is_root = |component: &&Component| {
        component.origin.subject == subject.name && property(&component.properties, "chiron:sbom-root") == Some("true")
    };
    let mut roots = report.components.iter().filter(is_root);
    let root = roots.next()?.published_purl()?;
    roots.next().is_none().then(|| root.to_string())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{official, sample};

    #[test]
    fn the_official_schema_takes_it_and_no_document_without_statements() {
        let test = "the_official_schema_takes_it_and_no_document_without_statements";
        let Some(schema) = official::validator("openvex", "openvex.schema.json", test) else { return };
        for report in [sample::report(), sample::enriched(), sample::with_text("a\u{202e}<b>"), sample::empty()] {
            official::check(&schema, &serde_json::from_slice(&encode(&report).unwrap()).unwrap());
        }
        let emptied = serde_json::json!({"@context": "https://openvex.dev/ns/v0.2.0", "@id": "urn:x", "author": "a",
            "timestamp": "2026-01-01T00:00:00Z", "version": 1, "statements": []});
        assert!(!schema.is_valid(&emptied));
    }

    #[test]
    fn a_run_without_findings_states_nothing_and_is_read_so() {
        let bytes = encode(&sample::empty()).unwrap();
        let value: serde_json::Value = serde_json::from_slice(&bytes).unwrap();
        assert_eq!(value["statements"].as_array().map(Vec::len), Some(1));
        assert_eq!(chiron_standing::vex::read("own.json", &bytes).unwrap().statements, []);
    }

    #[test]
    fn every_finding_is_spoken_of_and_the_reader_understands_it() {
        let report = sample::report();
        let bytes = encode(&report).unwrap();
        let document = chiron_standing::vex::read("own.json", &bytes).unwrap();
        assert_eq!(document.statements.len(), report.findings.len());
        let set_aside = &document.statements[3];
        assert_eq!(
            (set_aside.status, set_aside.text.as_deref()),
            (VexStatus::NotAffected, Some("we never parse SQL from users"))
        );
        assert_eq!(set_aside.until.map(|date| date.to_string()).as_deref(), Some("2026-12-31"));
        assert_eq!(document.statements[4].status, VexStatus::UnderInvestigation);
    }

    #[test]
    fn whatever_texts_a_finding_holds_they_are_read_again() {
        for text in sample::NASTY {
            let bytes = encode(&sample::with_text(text)).unwrap();
            let value: serde_json::Value = serde_json::from_slice(&bytes).unwrap();
            assert!(value["statements"].as_array().is_some_and(|statements| !statements.is_empty()));
        }
    }
}
