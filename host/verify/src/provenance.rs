//! Provenance: that a file was built by the builder and from the source that were expected (SLSA v1 and v0.2).

use chiron_archive::Blob;
use chiron_trust::judge::{Signed, SignedBy, SignedContent, claims};
use serde_json::Value;

use crate::account::{CheckResult, Tried, by};
use crate::bundles::Bundle;
use crate::check::Check;
use crate::request::{Expectations, Request};
use crate::signatures;
use crate::source::Source;

const V1: &str = "https://slsa.dev/provenance/v1";
const V02: &str = "https://slsa.dev/provenance/v0.2";

/// Whether a predicate type is that of provenance.
pub(crate) fn is_one(predicate_type: &str) -> bool {
    matches!(predicate_type, V1 | V02)
}

/// The first bundle that holds decides.
pub(crate) fn check(blob: &Blob, bundles: &[&Bundle], request: &Request) -> CheckResult {
    let mut tried = Vec::new();
    for bundle in bundles {
        let held = signatures::judged(bundle, blob, request).and_then(|signed| {
            let said = said(&signed, &request.expectations)?;
            Ok((signed, said))
        });
        match held {
            Ok((signed, said)) => {
                let reason = format!("built by {} from {}, {}", said.builder, said.source, by(&signed));
                let result = CheckResult::passed(Check::Provenance, reason, &bundle.name);
                return CheckResult { tried, ..result }.signed(&signed);
            }
            Err(reason) => tried.push(Tried { evidence: bundle.name.clone(), reason }),
        }
    }
    CheckResult::failed(Check::Provenance, tried)
}

/// What provenance says, and was expected to say.
struct Said {
    builder: String,
    source: String,
}

fn said(signed: &Signed, expected: &Expectations) -> Result<Said, String> {
    let SignedContent::Statement(statement) = &signed.content else {
        return Err("it signs the file, and says nothing about how it was built".to_owned());
    };
    let facts = match statement.predicate_type.as_str() {
        V1 => v1(&statement.predicate)?,
        V02 => v02(&statement.predicate)?,
        other => {
            return Err(format!("the statement is of the type `{}`, which is no provenance", other.escape_debug()));
        }
    };
    let builder = expected.builder.as_deref().ok_or("no builder was given that it has to be from")?;
    let version_matters = builder.contains('@');
    let found = if version_matters { facts.builder } else { facts.builder.split('@').next().unwrap_or_default() };
    if found != builder {
        return Err(format!("built by `{}`, expected `{builder}`", facts.builder.escape_debug()));
    }
    let source = expected.source.as_deref().ok_or("no source was given that it has to be from")?;
    let wanted = Source::parse(source);
    if facts.sources.is_empty() {
        return Err("it does not say from which source".to_owned());
    }
    if let Some((text, _)) = facts.sources.iter().find(|(_, found)| !found.is(&wanted)) {
        return Err(format!("built from `{}`, expected `{source}`", text.escape_debug()));
    }
    // What the certificate says of the build comes from the identity provider, and not from the build.
    if let SignedBy::Identity { claims, .. } = &signed.by
        && let Some(claimed) = claims.get(claims::SOURCE)
        && !Source::parse(claimed).at(claims.get(claims::REFERENCE).map(String::as_str)).is(&wanted)
    {
        return Err(format!("its certificate is for `{}`, expected `{source}`", claimed.escape_debug()));
    }
    for (path, value) in &expected.parameters {
        parameter(facts.parameters, path, value)?;
    }
    Ok(Said { builder: facts.builder.to_owned(), source: facts.sources[0].0.clone() })
}

/// What matters of a predicate, of either version.
struct Facts<'a> {
    builder: &'a str,
    sources: Vec<(String, Source)>,
    parameters: &'a Value,
}

fn text<'a>(value: &'a Value, pointer: &str) -> Option<&'a str> {
    value.pointer(pointer).and_then(Value::as_str).filter(|text| !text.is_empty())
}

fn required<'a>(value: &'a Value, pointer: &str) -> Result<&'a str, String> {
    text(value, pointer).ok_or_else(|| format!("the provenance has no `{}`", pointer[1..].replace('/', ".")))
}

fn v1(predicate: &Value) -> Result<Facts<'_>, String> {
    required(predicate, "/buildDefinition/buildType")?;
    let builder = required(predicate, "/runDetails/builder/id")?;
    let parameters = predicate.pointer("/buildDefinition/externalParameters");
    let parameters = parameters
        .filter(|value| value.is_object())
        .ok_or("the provenance has no `buildDefinition.externalParameters`")?;
    let mut sources = Vec::new();
    let reference = text(parameters, "/workflow/ref").or_else(|| text(parameters, "/ref"));
    for pointer in ["/source", "/source/uri", "/source/repository", "/workflow/repository"] {
        if let Some(found) = text(parameters, pointer) {
            sources.push((found.to_owned(), Source::parse(found).at(reference)));
        }
    }
    if sources.is_empty() {
        // Then what was fetched says it, if it is one repository: a dependency is no source.
        let fetched = predicate.pointer("/buildDefinition/resolvedDependencies").and_then(Value::as_array);
        let repositories = fetched.into_iter().flatten().filter_map(|one| text(one, "/uri"));
        sources
            .extend(repositories.filter(|uri| uri.starts_with("git+")).map(|uri| (uri.to_owned(), Source::parse(uri))));
    }
    Ok(Facts { builder, sources, parameters })
}

fn v02(predicate: &Value) -> Result<Facts<'_>, String> {
    required(predicate, "/buildType")?;
    let builder = required(predicate, "/builder/id")?;
    let source = required(predicate, "/invocation/configSource/uri")?;
    let parameters = predicate.pointer("/invocation/parameters").unwrap_or(&Value::Null);
    Ok(Facts { builder, sources: vec![(source.to_owned(), Source::parse(source))], parameters })
}

fn parameter(parameters: &Value, path: &str, expected: &str) -> Result<(), String> {
    let found = path.split('.').try_fold(parameters, |value, key| value.get(key));
    let shown = match found {
        None => return Err(format!("the provenance has no parameter `{path}`, expected `{expected}`")),
        Some(Value::String(text)) => text.clone(),
        Some(other) => other.to_string(),
    };
    if shown == expected {
        return Ok(());
    }
    Err(format!("the parameter `{path}` is `{}`, expected `{expected}`", shown.escape_debug()))
}
