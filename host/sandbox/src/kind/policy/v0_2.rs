//! 0.2: verdicts of earlier policies, databases, settings and notes; where things were found; how and why steps ended.

use std::sync::Arc;

use chiron_model::component::{Component, Origin};
use chiron_model::coverage::FileOutcome;
use chiron_model::finding::{ClaimStatus, Finding, FindingStatus, Suppression};
use chiron_model::report::{Note, Setting};
use chiron_model::step::{Ending, StepOutcome};
use chiron_model::verdict::{Decision, PolicyVerdict, Reason};

use super::{DatabaseSummary, Needs, PolicyInput, reporters, when};
use crate::abi::convert;
use crate::abi::powers::chiron::scan::types::Status;
use crate::call::Entry;
use crate::error::CallError;
use crate::plugin::{Call, Plugin};

super::adapter!(
    crate::abi::policy_v0_2::exports::chiron::policy0_2_0::check,
    crate::abi::policy_v0_2::KindIndices,
    chiron_policy0_2_0_check,
    {
        components = COMPONENTS, relations = RELATIONS, files = FILES, findings = FINDINGS, steps = STEPS,
        verdicts = VERDICTS,
    }
);

fn input_out(input: &PolicyInput<'_>, needs: Needs) -> abi::Input {
    abi::Input {
        pipeline: input.pipeline.to_owned(),
        subjects: input.subjects.iter().map(convert::subject_out).collect(),
        components: when(needs.components, input.components, component_out),
        relations: when(needs.relations, input.relations, convert::relation_out),
        files: when(needs.files, input.files, file_out),
        findings: when(needs.findings, input.findings, finding_out),
        attestations: Vec::new(),
        steps: when(needs.steps, input.steps, step_out),
        verdicts: when(needs.verdicts, input.verdicts, judgement_out),
        databases: input.databases.iter().map(database_out).collect(),
        settings: input.settings.iter().map(setting_out).collect(),
        notes: input.notes.iter().map(note_out).collect(),
        evaluated_at: input.evaluated_at.to_owned(),
        properties: Vec::new(),
    }
}

fn origin_out(origin: &Origin) -> abi::Origin {
    abi::Origin { step: origin.step.clone(), subject: origin.subject.clone() }
}

fn component_out(component: &Component) -> abi::PlacedComponent {
    abi::PlacedComponent { component: convert::component_out(component), origin: origin_out(&component.origin) }
}

fn file_out(file: &FileOutcome) -> abi::PlacedFile {
    abi::PlacedFile { file: convert::file_out(file), origin: origin_out(&file.origin) }
}

fn step_out(step: &StepOutcome) -> abi::Step {
    let ending = match &step.ending {
        Ending::Succeeded => abi::Ending::Succeeded,
        Ending::Skipped(reason) => abi::Ending::Skipped(reason.clone()),
        Ending::Failed(failure) => {
            abi::Ending::Failed(abi::Failure { code: failure.code.clone(), message: failure.message.clone() })
        }
    };
    abi::Step {
        id: step.id.clone(),
        kind: step.kind.word().to_owned(),
        plugin: step.plugin.name.clone(),
        version: step.plugin.version.clone(),
        digest: step.plugin.digest.to_string(),
        required: step.required,
        calls: step.calls,
        ending,
        properties: super::stand_ins(step),
    }
}

fn suppression_out(suppression: &Suppression) -> abi::Suppression {
    let was = match suppression.was {
        ClaimStatus::Affected => Status::Affected,
        ClaimStatus::Unknown => Status::Unknown,
    };
    abi::Suppression {
        reason: suppression.reason.clone(),
        expires: suppression.expires.clone(),
        was,
        properties: Vec::new(),
    }
}

fn finding_out(finding: &Finding) -> abi::Finding {
    let standing = match &finding.status {
        FindingStatus::Affected => abi::Standing::Affected,
        FindingStatus::Unknown => abi::Standing::Unknown(finding.unknown_reason.clone()),
        FindingStatus::Suppressed(suppression) => abi::Standing::Suppressed(suppression_out(suppression)),
    };
    abi::Finding {
        id: finding.id.clone(),
        fingerprint: finding.fingerprint.clone(),
        advisories: finding.advisories.clone(),
        category: finding.category.clone(),
        standing,
        component: finding.component.clone(),
        subjects: finding.subjects.clone(),
        severity: convert::severity_out(finding.severity),
        scores: finding.scores.iter().cloned().map(convert::score_out).collect(),
        title: finding.title.clone(),
        fixed_versions: finding.fixed_versions.clone(),
        last_affected: finding.last_affected.clone(),
        locations: finding.locations.iter().map(convert::location_out).collect(),
        steps: reporters(finding),
        properties: super::learned(finding),
    }
}

fn judgement_out(verdict: &PolicyVerdict) -> abi::Judgement {
    let decision = match verdict.decision {
        Decision::Allow => abi::Decision::Allow,
        Decision::Warn => abi::Decision::Warn,
        Decision::Deny => abi::Decision::Deny,
        Decision::NotApplicable => abi::Decision::NotApplicable,
    };
    let reason = |reason: &Reason| abi::Reason {
        rule_id: reason.rule_id.clone(),
        message: reason.message.clone(),
        component: reason.component.clone(),
        remedy: reason.remedy.clone(),
        properties: reason.properties.clone(),
    };
    let said = abi::Verdict {
        decision,
        summary: verdict.summary.clone(),
        reasons: verdict.reasons.iter().map(reason).collect(),
        properties: verdict.properties.clone(),
    };
    abi::Judgement { step: verdict.step.clone(), verdict: said }
}

fn database_out(database: &DatabaseSummary) -> abi::Database {
    abi::Database {
        name: database.id.name.clone(),
        digest: database.id.digest.clone(),
        built_at: database.id.built_at.clone(),
        age_seconds: database.age_seconds,
        records: database.id.records,
        properties: Vec::new(),
    }
}

fn setting_out(setting: &Setting) -> abi::Setting {
    abi::Setting { key: setting.key.clone(), value: setting.value.clone(), source: setting.source.clone() }
}

fn note_out(note: &Note) -> abi::Note {
    abi::Note { code: note.code.clone(), message: note.message.clone() }
}
