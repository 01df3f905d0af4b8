//! Policies: evidence in, a verdict out. They hold no handles and, unless granted more, no power at all. What a policy is
//! shown is one [`PolicyInput`]; the interface's versions, in files of their own, only convert what goes in and comes out.

mod v0_1;
mod v0_2;

use std::collections::BTreeSet;

use chiron_model::advisory::DatabaseId;
use chiron_model::component::{Component, Relation};
use chiron_model::coverage::FileOutcome;
use chiron_model::finding::{Finding, FindingStatus};
use chiron_model::report::{Note, Setting};
use chiron_model::step::StepOutcome;
use chiron_model::subject::Subject;
use chiron_model::verdict::PolicyVerdict;
use chiron_model::vex::VexEffect;

use crate::error::CallError;
use crate::plugin::{Call, Plugin};

/// What a policy wants to see; only that crosses. What a version does not know stays unwanted.
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
    /// What the policies before it said. Since 0.2.
    pub verdicts: bool,
}

/// Everything earlier phases produced, whatever version a policy speaks.
#[derive(Clone, Copy, Debug, Default)]
pub struct PolicyInput<'a> {
    /// Name of the pipeline. Since 0.2.
    pub pipeline: &'a str,
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
    pub steps: &'a [StepOutcome],
    /// What the policies before this one said, each with its step. Since 0.2.
    pub verdicts: &'a [PolicyVerdict],
    /// What scanners asked. Since 0.2.
    pub databases: &'a [DatabaseSummary],
    /// In force. Since 0.2.
    pub settings: &'a [Setting],
    /// Remarks so far. Since 0.2.
    pub notes: &'a [Note],
    /// RFC 3339.
    pub evaluated_at: &'a str,
}

/// A database, and how old it is in this run.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DatabaseSummary {
    /// Which.
    pub id: DatabaseId,
    /// From its newest record to the run's time, in seconds; None where that cannot be told, or would be negative.
    pub age_seconds: Option<u64>,
}

impl Plugin {
    /// Asks a policy for its verdict, in the version it speaks. The id of the step is left empty: the pipeline attributes.
    ///
    /// # Errors
    /// Any [`CallError`]; an error is never a verdict.
    pub async fn evaluate(&self, call: &Call<'_>, input: &PolicyInput<'_>) -> Result<PolicyVerdict, CallError> {
        match self.inspection().kind_version.minor {
            1 => v0_1::evaluate(self, call, input).await,
            2 => v0_2::evaluate(self, call, input).await,
            // `inspect` refused it: no table of versions names another.
            _ => Err(CallError::Host { reason: format!("no adapter for {}", self.inspection().kind_version) }),
        }
    }
}

/// The items, if they are wanted.
fn when<T, U>(wanted: bool, items: &[T], convert: impl Fn(&T) -> U) -> Vec<U> {
    if wanted { items.iter().map(convert).collect() } else { Vec::new() }
}

/// What the host knows of a finding beside what scanners said: its databases, and its enrichment.
fn learned(finding: &Finding) -> Vec<(String, String)> {
    let mut properties = Vec::new();
    let databases = finding.matched.iter().filter_map(|matched| matched.database.clone()).collect::<BTreeSet<_>>();
    properties.extend(databases.into_iter().map(|name| ("chiron:database".to_owned(), name)));
    properties.extend(finding.silent.iter().map(|step| ("chiron:silent-scanner".to_owned(), step.clone())));
    properties.extend(finding.unsure.iter().map(|unsure| ("chiron:unsure-scanner".to_owned(), unsure.step.clone())));
    if let FindingStatus::Suppressed(suppression) = &finding.status {
        properties.push(("chiron:suppressed-by".to_owned(), suppression.by.word().to_owned()));
    }
    for remark in finding.vex.iter().filter(|remark| remark.effect == VexEffect::Holds) {
        properties.push(("chiron:vex-status".to_owned(), remark.status.word().to_owned()));
    }
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
    properties
}

/// Ids of the steps that reported a finding, each once.
fn reporters(finding: &Finding) -> Vec<String> {
    finding.reporters().into_iter().map(str::to_owned).collect()
}

/// Who stands in for whom.
fn stand_ins(step: &StepOutcome) -> Vec<(String, String)> {
    let others = step.fallback_for.iter().map(|id| ("chiron:fallback-for".to_owned(), id.clone()));
    others.chain(step.replaced_by.iter().map(|id| ("chiron:replaced-by".to_owned(), id.clone()))).collect()
}

/// What reads alike in every version: the types are each version's own.
macro_rules! adapter {
    ($abi:path, $indices:path, $guest:ident, { $($need:ident = $flag:ident),* $(,)? }) => {
        use $abi as abi;
        use $indices as KindIndices;

        /// Asks what it wants to see, then for its verdict: two calls, each in a store of its own.
        pub(super) async fn evaluate(
            plugin: &Plugin,
            call: &Call<'_>,
            input: &PolicyInput<'_>,
        ) -> Result<PolicyVerdict, CallError> {
            let indices = Arc::new(KindIndices::new(&plugin.pre).map_err(crate::kind::shape)?);
            let asked = Arc::clone(&indices);
            let flags = plugin
                .enter(Entry::Configured, call, 0, move |store, instance| {
                    Box::pin(async move {
                        let guest = asked.load(&mut *store, &instance)?;
                        Ok(Ok(guest.$guest().call_needs(store).await?))
                    })
                })
                .await?;
            #[allow(clippy::needless_update, reason = "an older version does not know every need")]
            let needs = Needs { $($need: flags.contains(abi::Evidence::$flag),)* ..Needs::default() };
            let input = input_out(input, needs);
            let given = crate::weigh::Weigh::weight(&input);
            let verdict = plugin
                .enter(Entry::Configured, call, given, move |store, instance| {
                    Box::pin(async move {
                        let guest = indices.load(&mut *store, &instance)?;
                        guest.$guest().call_evaluate(store, &input).await
                    })
                })
                .await?;
            Ok(verdict.into())
        }

        impl From<abi::Verdict> for PolicyVerdict {
            fn from(found: abi::Verdict) -> Self {
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
                Self {
                    step: String::new(),
                    decision,
                    summary: found.summary,
                    reasons: found.reasons.into_iter().map(reason).collect(),
                    properties: found.properties,
                }
            }
        }
    };
}
use adapter;
