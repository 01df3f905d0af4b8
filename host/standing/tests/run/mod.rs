//! Findings as a run has them.
#![allow(dead_code, unreachable_pub, reason = "each test takes what it needs")]

use chiron_model::component::{Component, Origin};
use chiron_model::finding::{Finding, FindingStatus, Matched};
use chiron_model::location::Location;
use chiron_model::purl::Purl;
use chiron_model::severity::Severity;
use chiron_model::subject::Subject;

pub fn component(purl: &str, path: &str) -> Component {
    let purl = Purl::parse(purl).unwrap();
    Component {
        id: purl.to_string(),
        kind: "library".to_owned(),
        name: purl.name().to_owned(),
        version: purl.version().map(str::to_owned),
        purl: Some(purl),
        scope: "runtime".to_owned(),
        licenses: Vec::new(),
        digests: Vec::new(),
        locations: vec![Location::file(path)],
        origin: Origin { step: "sbom".to_owned(), subject: "app".to_owned() },
        properties: Vec::new(),
    }
}

/// Of a group whose first id is that of the record that matched.
pub fn finding(group: &[&str], component: &Component) -> Finding {
    let mut advisories: Vec<_> = group.iter().map(|id| (*id).to_owned()).collect();
    let id = advisories[0].clone();
    advisories.sort();
    Finding {
        matched: vec![Matched {
            id: id.clone(),
            step: "osv".to_owned(),
            database: None,
            severity: Severity::High,
            fixed_versions: vec!["9".to_owned()],
            last_affected: None,
            claimed_aliases: Vec::new(),
        }],
        silent: Vec::new(),
        unsure: Vec::new(),
        id,
        advisories,
        fingerprint: format!("{group:?} {}", component.id),
        category: "vulnerability".to_owned(),
        status: FindingStatus::Affected,
        unknown_reason: None,
        component: Some(component.id.clone()),
        title: String::new(),
        message: String::new(),
        severity: Severity::High,
        scores: Vec::new(),
        epss: None,
        kev: None,
        fixed_versions: vec!["9".to_owned()],
        last_affected: None,
        locations: component.locations.clone(),
        proofs: Vec::new(),
        subjects: vec![component.origin.subject.clone()],
        vex: Vec::new(),
        near_misses: Vec::new(),
    }
}

pub fn subject(name: &str) -> Subject {
    Subject {
        name: name.to_owned(),
        media_type: "inode/directory".to_owned(),
        digests: Vec::new(),
        size: None,
        properties: Vec::new(),
    }
}
