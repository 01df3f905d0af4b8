//! Policies: evidence in, a verdict out. They hold no handles and, unless granted more, no power at all.

use std::collections::BTreeSet;
use std::sync::Arc;

use chiron_model::component::{Component, Relation};
use chiron_model::coverage::FileOutcome;
use chiron_model::finding::{Finding, FindingStatus};
use chiron_model::subject::Subject;
use chiron_model::verdict::{Decision, PolicyVerdict, Reason};

use crate::abi::convert;
use crate::abi::policy::KindIndices;
use crate::abi::policy::exports::chiron::policy::check as abi;
use crate::call::Entry;
use crate::error::CallError;
use crate::plugin::{Call, Plugin};

/// What a policy wants to see; only that crosses.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Needs {
    /// Components.
    pub components: bool,
    /// Relations between them.
    pub relations: bool,
    /// The account of files.
    pub files: bool,
    /// Findings.
    pub findings: bool,
    /// How steps ended.
    pub steps: bool,
}

/// Everything earlier phases produced.
#[derive(Clone, Copy, Debug)]
pub struct PolicyInput<'a> {
    /// What is judged.
    pub subjects: &'a [Subject],
    /// What is in it.
    pub components: &'a [Component],
    /// How that relates.
    pub relations: &'a [Relation],
    /// Every file looked at.
    pub files: &'a [FileOutcome],
    /// Merged and marked with suppressions.
    pub findings: &'a [Finding],
    /// How earlier steps ended.
    pub steps: &'a [StepSummary],
    /// RFC 3339.
    pub evaluated_at: &'a str,
}

/// How a step ended, as policies see it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StepSummary {
    /// Id.
    pub id: String,
    /// Kind.
    pub kind: String,
    /// Name of the plugin.
    pub plugin: String,
    /// Whether it did its work.
    pub succeeded: bool,
    /// Why not.
    pub error: Option<String>,
    /// Facts by key.
    pub properties: chiron_model::Properties,
}

impl Plugin {
    /// Asks a policy for its verdict. The id of the step is left empty: the pipeline attributes.
    ///
    /// # Errors
    /// Any [`CallError`]; an error is never a verdict.
    pub async fn evaluate(&self, call: &Call<'_>, input: &PolicyInput<'_>) -> Result<PolicyVerdict, CallError> {
        let indices = Arc::new(KindIndices::new(&self.pre).map_err(super::shape)?);
        let needs = self.needs(call, &indices).await?;
        let input = input_out(input, needs);
        let verdict = self
            .enter(Entry::Configured, call, move |store, instance| {
                Box::pin(async move {
                    let guest = indices.load(&mut *store, &instance)?;
                    guest.chiron_policy_check().call_evaluate(store, &input).await
                })
            })
            .await?;
        Ok(verdict_in(verdict))
    }

    async fn needs(&self, call: &Call<'_>, indices: &Arc<KindIndices>) -> Result<Needs, CallError> {
        let indices = Arc::clone(indices);
        let flags = self
            .enter(Entry::Configured, call, move |store, instance| {
                Box::pin(async move {
                    let guest = indices.load(&mut *store, &instance)?;
                    Ok(Ok(guest.chiron_policy_check().call_needs(store).await?))
                })
            })
            .await?;
        Ok(Needs {
            components: flags.contains(abi::Evidence::COMPONENTS),
            relations: flags.contains(abi::Evidence::RELATIONS),
            files: flags.contains(abi::Evidence::FILES),
            findings: flags.contains(abi::Evidence::FINDINGS),
            steps: flags.contains(abi::Evidence::STEPS),
        })
    }
}

fn input_out(input: &PolicyInput<'_>, needs: Needs) -> abi::Input {
    fn when<T, U>(wanted: bool, items: &[T], convert: impl Fn(&T) -> U) -> Vec<U> {
        if wanted { items.iter().map(convert).collect() } else { Vec::new() }
    }
    abi::Input {
        subjects: input.subjects.iter().map(convert::subject_out).collect(),
        components: when(needs.components, input.components, convert::component_out),
        relations: when(needs.relations, input.relations, convert::relation_out),
        files: when(needs.files, input.files, convert::file_out),
        findings: when(needs.findings, input.findings, finding_out),
        attestations: Vec::new(),
        steps: when(needs.steps, input.steps, step_out),
        evaluated_at: input.evaluated_at.to_owned(),
    }
}

fn step_out(step: &StepSummary) -> abi::Step {
    abi::Step {
        id: step.id.clone(),
        kind: step.kind.clone(),
        plugin: step.plugin.clone(),
        succeeded: step.succeeded,
        error: step.error.clone(),
        properties: step.properties.clone(),
    }
}

fn finding_out(finding: &Finding) -> abi::Finding {
    let mut properties = Vec::new();
    let standing = match &finding.status {
        FindingStatus::Affected => abi::Standing::Affected,
        FindingStatus::Unknown => abi::Standing::Unknown,
        FindingStatus::Suppressed(suppression) => {
            properties.push(("chiron:suppression-reason".to_owned(), suppression.reason.clone()));
            abi::Standing::Suppressed
        }
    };
    let databases = finding.matched.iter().filter_map(|matched| matched.database.clone()).collect::<BTreeSet<_>>();
    properties.extend(databases.into_iter().map(|name| ("chiron:database".to_owned(), name)));
    if let Some(epss) = &finding.epss {
        properties.push(("chiron:epss".to_owned(), format!("{:.5}", epss.score)));
        properties.push(("chiron:epss-percentile".to_owned(), format!("{:.5}", epss.percentile)));
    }
    if let Some(kev) = &finding.kev {
        properties.push(("chiron:kev".to_owned(), kev.added.clone()));
        if kev.ransomware {
            properties.push(("chiron:kev-ransomware".to_owned(), "true".to_owned()));
        }
    }
    let mut steps: Vec<_> = finding.matched.iter().map(|matched| matched.step.clone()).collect();
    steps.sort();
    steps.dedup();
    abi::Finding {
        id: finding.id.clone(),
        advisories: finding.advisories.clone(),
        category: finding.category.clone(),
        standing,
        component: finding.component.clone(),
        severity: convert::severity_out(finding.severity),
        scores: finding.scores.iter().cloned().map(convert::score_out).collect(),
        title: finding.title.clone(),
        fixed_versions: finding.fixed_versions.clone(),
        last_affected: finding.last_affected.clone(),
        locations: finding.locations.iter().map(convert::location_out).collect(),
        steps,
        properties,
    }
}

fn verdict_in(found: abi::Verdict) -> PolicyVerdict {
    let decision = match found.decision {
        abi::Decision::Allow => Decision::Allow,
        abi::Decision::Warn => Decision::Warn,
        abi::Decision::Deny => Decision::Deny,
        abi::Decision::NotApplicable => Decision::NotApplicable,
    };
    let reason = |reason: abi::Reason| Reason {
        rule_id: reason.rule_id,
        message: reason.message,
        component: reason.component,
        remedy: reason.remedy,
        properties: reason.properties,
    };
    PolicyVerdict {
        step: String::new(),
        decision,
        summary: found.summary,
        reasons: found.reasons.into_iter().map(reason).collect(),
        properties: found.properties,
    }
}
