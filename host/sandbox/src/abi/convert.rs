//! Between generated types and the model's. Inward conversions check: what a plugin says is not believed.

use chiron_model::advisory::Score;
use chiron_model::component::{Component, License, Origin, Relation};
use chiron_model::coverage::{Coverage, FileOutcome, Inventory};
use chiron_model::digest::Digest;
use chiron_model::finding::{Claim, ClaimStatus, Proof};
use chiron_model::location::Location;
use chiron_model::plugin::{Description, Request, Rule};
use chiron_model::purl::Purl;
use chiron_model::severity::Severity;
use chiron_model::subject::Subject;

use crate::abi::lifecycle::exports::chiron::lifecycle::plugin as lifecycle;
use crate::abi::powers::chiron::{advisory0_1_0 as advisory, core, sbom, scan};
use crate::error::CallError;

/// Set by the host on a component whose purl it could not read: the text as the plugin gave it.
const UNREADABLE_PURL: &str = "chiron:unreadable-purl";

/// The reason quotes what the guest said.
fn invalid(reason: impl Into<String>) -> CallError {
    let reason = chiron_model::text::one_line(&reason.into());
    CallError::InvalidOutput { reason: chiron_model::text::cut(&reason, 500).into_owned() }
}

pub(crate) fn description(found: lifecycle::Description) -> Description {
    let rule = |rule: lifecycle::Rule| Rule {
        id: rule.id,
        title: rule.title,
        description: rule.description,
        help_uri: rule.help_uri,
    };
    let request = |request: lifecycle::Request| Request {
        capability: request.capability,
        label: request.label,
        purpose: request.purpose,
    };
    Description {
        name: found.name,
        version: found.version,
        summary: found.summary,
        rules: found.rules.into_iter().map(rule).collect(),
        requests: found.requests.into_iter().map(request).collect(),
        config_schema: found.config_schema,
        properties: found.properties,
    }
}

pub(crate) fn subject_out(subject: &Subject) -> core::types::Subject {
    core::types::Subject {
        name: subject.name.clone(),
        media_type: subject.media_type.clone(),
        digests: subject.digests.iter().map(core::types::Digest::from).collect(),
        size: subject.size,
        properties: subject.properties.clone(),
    }
}

pub(crate) fn subject_in(subject: core::types::Subject) -> Result<Subject, CallError> {
    Ok(Subject {
        digests: digests(subject.digests)?,
        name: subject.name,
        media_type: subject.media_type,
        size: subject.size,
        properties: subject.properties,
    })
}

impl From<&Digest> for core::types::Digest {
    fn from(digest: &Digest) -> Self {
        Self { algorithm: digest.algorithm().to_owned(), value: digest.hex().to_owned() }
    }
}

fn digests(found: Vec<core::types::Digest>) -> Result<Vec<Digest>, CallError> {
    let parse = |digest: core::types::Digest| Digest::new(&digest.algorithm, &digest.value);
    found.into_iter().map(parse).collect::<Result<_, _>>().map_err(|error| invalid(error.to_string()))
}

pub(crate) fn location_out(location: &Location) -> core::types::Location {
    core::types::Location { path: location.path.clone(), line: location.line, layer: location.layer.clone() }
}

fn location(found: core::types::Location) -> Location {
    Location { path: found.path, line: found.line, layer: found.layer }
}

pub(crate) fn score_out(score: Score) -> advisory::types::Score {
    advisory::types::Score { system: score.system, vector: score.vector, value: score.value }
}

fn score(found: advisory::types::Score) -> Result<Score, CallError> {
    if found.value.is_some_and(|value| !value.is_finite()) {
        return Err(invalid(format!("the score of `{}` is not a finite number", found.vector)));
    }
    Ok(Score { system: found.system, vector: found.vector, value: found.value })
}

pub(crate) fn component_out(component: &Component) -> sbom::types::Component {
    let license = |license: &License| match license {
        License::Expression(text) => sbom::types::License::Expression(text.clone()),
        License::Text(text) => sbom::types::License::Text(text.clone()),
    };
    sbom::types::Component {
        id: component.id.clone(),
        kind: component.kind.clone(),
        name: component.name.clone(),
        version: component.version.clone(),
        purl: component.purl.as_ref().map(|purl| purl.as_str().to_owned()),
        scope: component.scope.clone(),
        licenses: component.licenses.iter().map(license).collect(),
        digests: component.digests.iter().map(core::types::Digest::from).collect(),
        locations: component.locations.iter().map(location_out).collect(),
        properties: component.properties.clone(),
    }
}

fn component(found: sbom::types::Component) -> Result<Component, CallError> {
    let license = |license: sbom::types::License| match license {
        sbom::types::License::Expression(text) => License::Expression(text),
        sbom::types::License::Text(text) => License::Text(text),
    };
    let mut properties = found.properties;
    let purl = match found.purl.map(|text| Purl::parse(&text).map_err(|_| text)) {
        None => None,
        Some(Ok(purl)) => Some(purl),
        // Kept as a component without a purl: a bad purl in somebody's SBOM must not hide the component.
        Some(Err(text)) => {
            properties.push((UNREADABLE_PURL.to_owned(), chiron_model::text::cut(&text, 300).into_owned()));
            None
        }
    };
    Ok(Component {
        id: found.id,
        kind: found.kind,
        name: found.name,
        version: found.version,
        purl,
        scope: found.scope,
        licenses: found.licenses.into_iter().map(license).collect(),
        digests: digests(found.digests)?,
        locations: found.locations.into_iter().map(location).collect(),
        origin: Origin::default(),
        properties,
    })
}

pub(crate) fn relation_out(relation: &Relation) -> sbom::types::Relation {
    sbom::types::Relation {
        source: relation.source.clone(),
        kind: relation.kind.clone(),
        target: relation.target.clone(),
    }
}

pub(crate) fn file_out(file: &FileOutcome) -> sbom::types::FileOutcome {
    let coverage = match file.coverage {
        Coverage::Read => sbom::types::Coverage::Read,
        Coverage::Partly => sbom::types::Coverage::Partly,
        Coverage::Unsupported => sbom::types::Coverage::Unsupported,
        Coverage::Failed => sbom::types::Coverage::Failed,
    };
    sbom::types::FileOutcome {
        path: file.path.clone(),
        coverage,
        entries_read: file.entries_read,
        entries_dropped: file.entries_dropped,
        reason: file.reason.clone(),
    }
}

fn file(found: sbom::types::FileOutcome) -> FileOutcome {
    let coverage = match found.coverage {
        sbom::types::Coverage::Read => Coverage::Read,
        sbom::types::Coverage::Partly => Coverage::Partly,
        sbom::types::Coverage::Unsupported => Coverage::Unsupported,
        sbom::types::Coverage::Failed => Coverage::Failed,
    };
    FileOutcome {
        path: found.path,
        coverage,
        entries_read: found.entries_read,
        entries_dropped: found.entries_dropped,
        reason: found.reason,
        origin: Origin::default(),
    }
}

pub(crate) fn inventory(found: sbom::types::Inventory) -> Result<Inventory, CallError> {
    let relation = |relation: sbom::types::Relation| Relation {
        source: relation.source,
        kind: relation.kind,
        target: relation.target,
    };
    Ok(Inventory {
        components: found.components.into_iter().map(component).collect::<Result<_, _>>()?,
        relations: found.relations.into_iter().map(relation).collect(),
        files: found.files.into_iter().map(file).collect(),
    })
}

pub(crate) fn severity_out(severity: Severity) -> scan::types::Severity {
    match severity {
        Severity::Unknown => scan::types::Severity::Unknown,
        Severity::None => scan::types::Severity::None,
        Severity::Low => scan::types::Severity::Low,
        Severity::Medium => scan::types::Severity::Medium,
        Severity::High => scan::types::Severity::High,
        Severity::Critical => scan::types::Severity::Critical,
    }
}

fn severity(found: scan::types::Severity) -> Severity {
    match found {
        scan::types::Severity::Unknown => Severity::Unknown,
        scan::types::Severity::None => Severity::None,
        scan::types::Severity::Low => Severity::Low,
        scan::types::Severity::Medium => Severity::Medium,
        scan::types::Severity::High => Severity::High,
        scan::types::Severity::Critical => Severity::Critical,
    }
}

pub(crate) fn claim(found: scan::types::Finding) -> Result<Claim, CallError> {
    let proof = |proof: scan::types::Proof| match proof {
        scan::types::Proof::File(place) => Proof::File(location(place)),
        scan::types::Proof::Text(text) => Proof::Text(text),
        scan::types::Proof::Uri(uri) => Proof::Uri(uri),
        scan::types::Proof::Other((media_type, bytes)) => Proof::Other(media_type, bytes),
    };
    let status = match found.status {
        scan::types::Status::Affected => ClaimStatus::Affected,
        scan::types::Status::Unknown => ClaimStatus::Unknown,
    };
    Ok(Claim {
        rule_id: found.rule_id,
        discriminator: found.discriminator,
        status,
        component: found.component,
        title: found.title,
        message: found.message,
        severity: severity(found.severity),
        scores: found.scores.into_iter().map(score).collect::<Result<_, _>>()?,
        aliases: found.aliases,
        fixed_versions: found.fixed_versions,
        last_affected: found.last_affected,
        locations: found.locations.into_iter().map(location).collect(),
        proofs: found.proofs.into_iter().map(proof).collect(),
        origin: Origin::default(),
        properties: found.properties,
    })
}
