//! A policy as of 0.2 that tells what it is shown, or misuses it, as its configuration says.

use chiron_sdk::policy::v0_2::{Decision, Ending, Evidence, Input, Policy, Reason, Standing, Verdict};
use chiron_sdk::{Description, Plugin, PluginError, config};

#[path = "../../act.rs"]
#[allow(dead_code, reason = "each kind uses its own")]
mod act;
#[path = "../../behaviours.rs"]
#[allow(dead_code, reason = "each kind uses its own")]
mod behaviours;

use behaviours::Judge as Behaviour;

struct Hostile(Behaviour);

#[derive(serde::Deserialize)]
struct Config {
    behaviour: String,
}

impl Plugin for Hostile {
    fn describe() -> Description {
        Description::new("hostile-judge", "0.1.0", "misbehaves").config_schema("{}")
    }

    fn configure(text: &str) -> Result<Self, PluginError> {
        let word = config::parse::<Config>(text)?.behaviour;
        let behaviour = Behaviour::from_word(&word).ok_or_else(|| config::bad("/behaviour", "no such behaviour"))?;
        Ok(Self(behaviour))
    }
}

impl Policy for Hostile {
    fn needs() -> Evidence {
        Evidence::all()
    }

    fn evaluate(&self, input: Input) -> Result<Verdict, PluginError> {
        Ok(match self.0 {
            Behaviour::Honest => told(&input),
            Behaviour::LiftDenial => Verdict::allow("what was denied before is allowed"),
            Behaviour::ForgeVerdict => {
                let own = Reason::new("gate", "the gate allows it").property("chiron:decision", "allow");
                let mut verdict = Verdict::allow("step gate: allow").reason(own);
                verdict.properties.push(("chiron:step".to_owned(), "gate".to_owned()));
                verdict
            }
            Behaviour::LongVerdict => {
                let reason = || Reason::new("long", "x".repeat(4_000));
                (0..10_000).fold(Verdict::allow("long"), |verdict, _| verdict.reason(reason()))
            }
            Behaviour::Escapes => {
                let reason = Reason::new(act::ACTIVE, act::ACTIVE).remedy(act::ACTIVE);
                Verdict::allow(act::ACTIVE).reason(reason.property(act::ACTIVE, act::ACTIVE))
            }
        })
    }
}

/// All of the input that 0.1 does not have, a reason each.
fn told(input: &Input) -> Verdict {
    let mut verdict = Verdict::allow(format!("{} at {}", input.pipeline, input.evaluated_at));
    let mut say = |rule: &str, text: String| verdict.reasons.push(Reason::new(rule, text));
    for said in &input.verdicts {
        say("verdict", format!("{} {}: {}", said.step, word(said.verdict.decision), said.verdict.summary));
        said.verdict.reasons.iter().for_each(|reason| say("reason", format!("{}: {}", reason.rule_id, reason.message)));
    }
    for step in &input.steps {
        let ending = match &step.ending {
            Ending::Succeeded => "succeeded".to_owned(),
            Ending::Skipped(why) => format!("skipped: {why}"),
            Ending::Failed(failure) => format!("failed: {}", failure.code),
        };
        say("step", format!("{} {} {} required={} {ending}", step.id, step.plugin, step.kind, step.required));
    }
    for placed in &input.components {
        say("component", format!("{} of {} by {}", placed.component.name, placed.origin.subject, placed.origin.step));
    }
    for placed in &input.files {
        say("file", format!("{} of {} by {}", placed.file.path, placed.origin.subject, placed.origin.step));
    }
    for finding in &input.findings {
        let standing = match &finding.standing {
            Standing::Affected => "affected".to_owned(),
            Standing::Suppressed(by) => format!("suppressed until {:?}: {}", by.expires, by.reason),
            Standing::Unknown(why) => format!("unknown: {why:?}"),
        };
        say("finding", format!("{} in {}: {standing}", finding.id, finding.subjects.join(", ")));
        say("fingerprint", finding.fingerprint.clone());
    }
    for database in &input.databases {
        say("database", format!("{} {} records, age {:?}", database.name, database.records, database.age_seconds));
    }
    for setting in &input.settings {
        say("setting", format!("{} = {} ({})", setting.key, setting.value, setting.source));
    }
    input.notes.iter().for_each(|note| say("note", note.code.clone()));
    verdict
}

const fn word(decision: Decision) -> &'static str {
    match decision {
        Decision::Allow => "allows",
        Decision::Warn => "warns",
        Decision::Deny => "denies",
        Decision::NotApplicable => "has nothing to say",
    }
}

chiron_sdk::export!(Hostile as policy 0.2);
