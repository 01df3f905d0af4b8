//! Spans, and every attribute that one can have. Names are those of OpenTelemetry's semantic conventions where there is one
//! (`cicd.*` for the run and its steps, `error.type`, `process.exit.code`); all others begin with `chiron.`.

use std::time::Duration;

use chiron_model::event::{Code, Ended, Outcome, Phase, Spent, Work};
use chiron_model::plugin::PluginKind;

use crate::id::SpanId;

/// Something that took time.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Span {
    /// Its id.
    pub id: SpanId,
    /// What it is part of; for the run, who started it.
    pub parent: Option<SpanId>,
    /// When it began, since the run did.
    pub start: Duration,
    /// When it ended, since the run began.
    pub end: Duration,
    /// What it was.
    pub what: What,
    /// Whether its end was told. One that was not was cut off by an error or by Ctrl-C.
    pub ended: bool,
}

/// What took time.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum What {
    /// The whole command.
    Run {
        /// `run`, `scan`, `sbom`.
        command: &'static str,
        /// Name of the pipeline; empty where it was not known before the end.
        pipeline: String,
        /// How it ended, with the exit code.
        outcome: Option<(Outcome, u8)>,
    },
    /// A phase.
    Phase(Phase),
    /// Compiling a plugin, or taking it from the cache.
    Load {
        /// Id of the step.
        step: String,
        /// Name.
        plugin: String,
        /// `sha256:…`
        digest: String,
        /// Where the code is from; None where there is none.
        code: Option<Code>,
    },
    /// A step: from its first call to the end of its last.
    Step {
        /// Id.
        step: String,
        /// What it does.
        kind: PluginKind,
        /// Name of its plugin.
        plugin: String,
        /// Version of its plugin.
        version: String,
        /// `sha256:…`
        digest: String,
        /// Calls.
        calls: u64,
        /// How it ended.
        ending: Option<Ended>,
    },
    /// A call of a plugin.
    Call {
        /// Id of the step.
        step: String,
        /// What it does.
        kind: PluginKind,
        /// Name of the plugin.
        plugin: String,
        /// `sha256:…`
        digest: String,
        /// Number within the step, from 0.
        call: u64,
        /// What it cost.
        spent: Spent,
        /// Code of its failure.
        failure: Option<&'static str>,
    },
    /// Something the host did itself.
    Work {
        /// What.
        work: Work,
        /// Code of its failure.
        failure: Option<String>,
    },
}

/// How a span ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Status {
    /// Nothing to say.
    Ok,
    /// It failed: the class of error (`error.type`).
    Error(String),
}

/// A value of an attribute.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Attribute {
    /// Text.
    Text(String),
    /// A number.
    Number(i64),
}

impl Span {
    /// How long it took.
    #[must_use]
    pub fn took(&self) -> Duration {
        self.end.saturating_sub(self.start)
    }

    /// A name with few values, as the conventions want it.
    #[must_use]
    pub fn name(&self) -> String {
        match &self.what {
            What::Run { command, pipeline, .. } if pipeline.is_empty() => (*command).to_owned(),
            What::Run { command, pipeline, .. } => format!("{command} {pipeline}"),
            What::Phase(phase) => phase.word().to_owned(),
            What::Load { plugin, .. } => format!("load {plugin}"),
            What::Step { step, .. } => format!("step {step}"),
            What::Call { plugin, .. } => format!("call {plugin}"),
            What::Work { work, .. } => work.word().to_owned(),
        }
    }

    /// Whether it failed. A denial is no error of the run: it did what it is for.
    #[must_use]
    pub fn status(&self) -> Status {
        let failure = match &self.what {
            What::Run { outcome: Some((Outcome::Passed | Outcome::Denied, _)), .. } => None,
            What::Run { outcome: Some((outcome, _)), .. } => Some(outcome.word().to_owned()),
            What::Run { outcome: None, .. } => None,
            What::Phase(_) => None,
            What::Load { code, .. } => (self.ended && code.is_none()).then(|| "not-loaded".to_owned()),
            What::Step { ending: Some(Ended::Failed(code)), .. } => Some(code.clone()),
            What::Step { .. } => None,
            What::Call { failure, .. } => failure.map(str::to_owned),
            What::Work { failure, .. } => failure.clone(),
        };
        match failure {
            Some(failure) => Status::Error(failure),
            None if self.ended => Status::Ok,
            None => Status::Error("unfinished".to_owned()),
        }
    }

    /// Everything that is told about it.
    #[must_use]
    pub fn attributes(&self) -> Vec<(&'static str, Attribute)> {
        let mut all = match &self.what {
            What::Run { command, pipeline, outcome } => {
                let mut all = vec![("chiron.command", text(command))];
                if !pipeline.is_empty() {
                    all.push(("cicd.pipeline.name", text(pipeline)));
                }
                if let Some((outcome, exit)) = outcome {
                    all.push(("cicd.pipeline.result", text(result(*outcome))));
                    all.push(("chiron.outcome", text(outcome.word())));
                    all.push(("process.exit.code", Attribute::Number(i64::from(*exit))));
                }
                all
            }
            What::Phase(phase) => vec![("chiron.phase", text(phase.word()))],
            What::Load { step, plugin, digest, code } => vec![
                ("cicd.pipeline.task.name", text(step)),
                ("chiron.plugin.name", text(plugin)),
                ("chiron.plugin.digest", text(digest)),
                ("chiron.cache", text(code.map_or("failed", Code::word))),
            ],
            What::Step { step, kind, plugin, version, digest, calls, ending } => {
                let mut all = vec![
                    ("cicd.pipeline.task.name", text(step)),
                    ("chiron.step.kind", text(kind.word())),
                    ("chiron.plugin.name", text(plugin)),
                    ("chiron.plugin.version", text(version)),
                    ("chiron.plugin.digest", text(digest)),
                    ("chiron.step.calls", number(*calls)),
                ];
                if let Some(ending) = ending {
                    all.push(("cicd.pipeline.task.run.result", text(task_result(ending))));
                }
                all
            }
            What::Call { step, kind, plugin, digest, call, spent, failure: _ } => vec![
                ("cicd.pipeline.task.name", text(step)),
                ("chiron.step.kind", text(kind.word())),
                ("chiron.plugin.name", text(plugin)),
                ("chiron.plugin.digest", text(digest)),
                ("chiron.call.number", number(*call)),
                ("chiron.call.cpu_us", number(spent.cpu_us)),
                ("chiron.call.bytes_in", number(spent.bytes_in)),
                ("chiron.call.bytes_out", number(spent.bytes_out)),
                ("chiron.call.host_calls", number(spent.host_calls)),
                ("chiron.call.memory_bytes", number(spent.memory_bytes)),
            ],
            What::Work { .. } => Vec::new(),
        };
        if let Status::Error(class) = self.status() {
            all.push(("error.type", text(&class)));
        }
        all
    }
}

fn text(text: &str) -> Attribute {
    Attribute::Text(text.to_owned())
}

fn number(number: u64) -> Attribute {
    Attribute::Number(i64::try_from(number).unwrap_or(i64::MAX))
}

/// The conventions' word for how a pipeline ended (`cicd.pipeline.result`).
fn result(outcome: Outcome) -> &'static str {
    match outcome {
        Outcome::Passed => "success",
        Outcome::Denied => "failure",
        Outcome::Interrupted => "cancellation",
        Outcome::Empty => "skip",
        Outcome::Usage | Outcome::Plugin | Outcome::Unverified | Outcome::NotJudged | Outcome::Bug | Outcome::Io => {
            "error"
        }
    }
}

/// The same for a step (`cicd.pipeline.task.run.result`).
fn task_result(ending: &Ended) -> &'static str {
    match ending {
        Ended::Succeeded => "success",
        Ended::Skipped => "skip",
        Ended::Failed(code) if code == "cancelled" => "cancellation",
        Ended::Failed(code) if code == "deadline" || code == "cpu" => "timeout",
        Ended::Failed(_) => "error",
    }
}
