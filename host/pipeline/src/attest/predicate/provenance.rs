//! SLSA provenance v1 of a run: what it was made of. It says how subjects were judged, and nothing of how they were built.

use std::collections::BTreeMap;

use chiron_model::digest::Digest;
use chiron_model::report::Report;
use schemars::JsonSchema;
use serde::Serialize;

use crate::error::Error;
use crate::plan::Plan;

/// What this kind of run is called. Whoever expects provenance of a build expects another `buildType` and another builder.
const BUILD_TYPE: &str = "https://chiron.dev/buildtypes/run/v0.1";

/// Who ran it.
pub(crate) const BUILDER: &str = "https://chiron.dev/chiron";

/// Predicate `https://slsa.dev/provenance/v1` with the build type `https://chiron.dev/buildtypes/run/v0.1`.
#[derive(Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
#[schemars(title = "https://slsa.dev/provenance/v1, https://chiron.dev/buildtypes/run/v0.1", deny_unknown_fields)]
pub(in crate::attest) struct Provenance<'a> {
    build_definition: Definition<'a>,
    run_details: Details<'a>,
}

/// What the run was to do.
#[derive(Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
#[schemars(deny_unknown_fields)]
struct Definition<'a> {
    build_type: &'a str,
    external_parameters: External<'a>,
    internal_parameters: Internal<'a>,
    resolved_dependencies: Vec<Resource>,
}

/// What whoever started the run chose.
#[derive(Serialize, JsonSchema)]
#[schemars(deny_unknown_fields)]
struct External<'a> {
    pipeline: &'a str,
    config: Resource,
}

/// What was in force.
#[derive(Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
#[schemars(deny_unknown_fields)]
struct Internal<'a> {
    evaluated_at: &'a str,
    /// By step: powers, with the names that labels were bound to.
    grants: BTreeMap<&'a str, &'a [String]>,
    settings: Vec<Setting<'a>>,
    /// Codes of the report's notes.
    notes: Vec<&'a str>,
}

/// A setting in force, and where it came from.
#[derive(Serialize, JsonSchema)]
#[schemars(deny_unknown_fields)]
struct Setting<'a> {
    key: &'a str,
    value: &'a str,
    source: &'a str,
}

/// Something that the run used, by digest (in-toto ResourceDescriptor).
#[derive(Serialize, JsonSchema)]
#[schemars(deny_unknown_fields)]
struct Resource {
    name: String,
    digest: BTreeMap<String, String>,
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    annotations: BTreeMap<&'static str, String>,
}

/// Who ran it.
#[derive(Serialize, JsonSchema)]
#[schemars(deny_unknown_fields)]
struct Details<'a> {
    builder: Builder<'a>,
}

/// Chiron, and which.
#[derive(Serialize, JsonSchema)]
#[schemars(deny_unknown_fields)]
struct Builder<'a> {
    id: &'a str,
    version: BTreeMap<&'static str, &'a str>,
}

/// The predicate of a run, as JSON.
///
/// # Errors
/// Never in practice: the structs have a JSON form.
pub(in crate::attest) fn provenance(plan: &Plan, report: &Report) -> Result<Vec<u8>, Error> {
    let settings = report.settings.iter().map(|s| Setting { key: &s.key, value: &s.value, source: &s.source });
    let provenance = Provenance {
        build_definition: Definition {
            build_type: BUILD_TYPE,
            external_parameters: External {
                pipeline: &report.pipeline,
                config: resource("pipeline.toml".to_owned(), &plan.config, &[]),
            },
            internal_parameters: Internal {
                evaluated_at: &report.evaluated_at,
                grants: plan.steps.iter().map(|step| (step.id.as_str(), &step.record.grants[..])).collect(),
                settings: settings.collect(),
                notes: report.notes.iter().map(|note| note.code.as_str()).collect(),
            },
            resolved_dependencies: dependencies(plan, report),
        },
        run_details: Details {
            builder: Builder { id: BUILDER, version: BTreeMap::from([("chiron", report.chiron_version.as_str())]) },
        },
    };
    serde_json::to_vec(&provenance).map_err(|error| Error::Bug(error.to_string()))
}

/// Everything that decided: plugins, databases, files that the configuration extends, what enriched findings.
fn dependencies(plan: &Plan, report: &Report) -> Vec<Resource> {
    let mut all = Vec::new();
    // Of the plan: signers have not run yet, and are part of it.
    for step in &plan.steps {
        let mut facts = vec![("version", step.record.version.as_str()), ("kind", step.plugin.kind().word())];
        facts.extend(step.record.signer.as_deref().map(|signer| ("signer", signer)));
        all.push(resource(format!("plugin:{}", step.id), &step.record.digest, &facts));
    }
    for database in &report.databases {
        all.extend(named(format!("database:{}", database.name), &database.digest));
    }
    for token in &plan.tokens {
        // Code that ran beside the sandbox: it signed this.
        all.push(resource(format!("pkcs11-module:{}", token.name), token.module.digest(), &[]));
    }
    for (name, digest) in &plan.bases {
        all.extend(named(format!("extends:{name}"), digest));
    }
    for enrichment in &report.enrichments {
        all.extend(named(format!("enrichment:{}", enrichment.kind), &enrichment.digest));
    }
    all
}

/// A digest that is written as text. One that is none names nothing.
fn named(name: String, digest: &str) -> Option<Resource> {
    Digest::parse(digest).ok().map(|digest| resource(name, &digest, &[]))
}

fn resource(name: String, digest: &Digest, annotations: &[(&'static str, &str)]) -> Resource {
    let digest = BTreeMap::from([(digest.algorithm().to_owned(), digest.hex().to_owned())]);
    let annotations = annotations.iter().map(|(key, value)| (*key, (*value).to_owned())).collect();
    Resource { name, digest, annotations }
}
