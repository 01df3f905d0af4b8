//! `--watch`: runs again whenever what a run stands on has changed, and says what is new.

mod lookout;

use std::path::PathBuf;
use std::process::ExitCode;
use std::sync::Arc;
use std::time::Duration;

use chiron_formats::cyclonedx::Contents;
use chiron_formats::diff::{Shown, diff};
use chiron_formats::json;
use chiron_model::report::{Report, Setting};
use chiron_model::text::one_line;
use chiron_model::verdict::Decision;
use chiron_pipeline::config::PipelineConfig;
use chiron_pipeline::event::Observer as _;
use chiron_pipeline::{Error, ExitCode as Code, House, Inputs, LockMode, Run};
use chiron_sandbox::Engine;

use super::output::{self, Look};
use super::progress::Watch;
use super::{house, run};
use crate::cli::{Common, Global, Output};
use crate::door;
use lookout::Lookout;

/// How long nothing may change before a run begins: editors and package managers write in several steps.
const SETTLED: Duration = Duration::from_millis(300);

/// How often it is asked whether things have settled. Whoever writes without end is run with what is there.
const SETTLING_MAX: usize = 100;

/// Most changed files that are named.
const CHANGED_NAMED: usize = 3;

/// What is run, again and again.
pub(super) struct Standing<'a> {
    pub(super) source: Source,
    pub(super) lock: LockMode,
    pub(super) overrides: house::Overrides,
    pub(super) settings: Vec<Setting>,
    pub(super) outputs: Vec<Output>,
    pub(super) common: &'a Common,
    pub(super) global: &'a Global,
    pub(super) progress: Arc<Watch>,
}

/// Where the pipeline comes from.
pub(super) enum Source {
    /// A file, read anew each time.
    File(PathBuf),
    /// Flags.
    Flags(Box<PipelineConfig>),
}

/// Runs until Ctrl-C, and ends with the last run's exit code.
pub(super) async fn watch(standing: Standing<'_>) -> ExitCode {
    // One engine for all runs: what it compiled stays with it.
    let engine = match house::engine(|remark| standing.progress.keeps_nothing(remark)) {
        Ok(engine) => engine.keeping_plugins(),
        Err(error) => return door::explain(&error),
    };
    let mut last: Option<json::Report> = None;
    let mut code: Option<ExitCode> = None;
    loop {
        // Taken before the run, so that what changes meanwhile is a reason for the next one.
        let before = standing.look(&engine);
        let ended = standing.once(&engine).await;
        standing.progress.finish();
        match ended {
            Err(Error::Interrupted) => return code.unwrap_or_else(|| ExitCode::from(Code::Interrupted.number())),
            Err(error) => code = Some(door::explain(&error)),
            Ok(run) => {
                let report = json::Report::from(&run.report);
                code = Some(standing.show(run, last.as_ref(), &report));
                last = Some(report);
            }
        }
        let Some(changed) = standing.wait(&engine, &before).await else {
            return code.unwrap_or(ExitCode::SUCCESS);
        };
        standing.say(&changed);
    }
}

impl Standing<'_> {
    fn house(&self, engine: &Engine) -> Result<House, Error> {
        let (overrides, settings) = (self.overrides.clone(), self.settings.clone());
        house::furnish_with(engine.clone(), self.common, self.lock, overrides, settings, &self.progress)
    }

    async fn once(&self, engine: &Engine) -> Result<Run, Error> {
        let house = self.house(engine)?;
        let plan = match &self.source {
            Source::Flags(config) => chiron_pipeline::plan_config(config, &house).await?,
            Source::File(path) => {
                let text = std::fs::read_to_string(path).map_err(|error| {
                    let (path, reason) = (path.clone(), error.to_string());
                    Error::Io { action: "read", path, reason }
                })?;
                let (plan, config) = chiron_pipeline::plan(&text, path, &house).await?;
                run::warn(&config, self.global);
                plan
            }
        };
        chiron_pipeline::run(plan, &house).await
    }

    /// The state of everything that a run stands on. Where the operator's file or the pipeline's cannot be read now, only those.
    fn look(&self, engine: &Engine) -> Inputs {
        let own: Vec<PathBuf> = self.outputs.iter().filter_map(|output| output.file.clone()).collect();
        let Ok(house) = self.house(engine) else { return self.look_at_file() };
        match &self.source {
            Source::Flags(config) => Inputs::of(config, None, &house, &own),
            Source::File(path) => {
                let Ok(text) = std::fs::read_to_string(path) else { return self.look_at_file() };
                let (config, _) = chiron_pipeline::config::read(&text, path);
                Inputs::of(&config, Some(path), &house, &own)
            }
        }
    }

    fn look_at_file(&self) -> Inputs {
        let pipeline = match &self.source {
            Source::File(path) => Some(path),
            Source::Flags(_) => None,
        };
        Inputs::of_files(pipeline.into_iter().chain(&self.common.operator))
    }

    /// The report the first time, and from then on what became different.
    fn show(&self, run: Run, last: Option<&json::Report>, now: &json::Report) -> ExitCode {
        let Some(last) = last else {
            return run::finish(
                Ok(run),
                &self.outputs,
                Contents::WithVulnerabilities,
                self.common,
                self.global,
                &self.progress,
            );
        };
        let others: Vec<_> = self.outputs.iter().filter(|output| !output.is_shown_table()).cloned().collect();
        let look = Look { global: self.global, tree: self.common.tree };
        if let Err(code) = output::write(&run.report, &others, Contents::WithVulnerabilities, look, &|_, _| {}) {
            return code;
        }
        let difference = diff(("before", last), ("now", now));
        let mut text = if difference.is_empty() {
            b"nothing is different\n".to_vec()
        } else {
            difference.encode(Shown::Table).unwrap_or_default()
        };
        let code = Code::of(&run.report, run.on_empty);
        text.extend(format!("{}\n", verdict(&run.report, code)).bytes());
        // Where standard output is a document of the user's, people read the other one.
        if others.iter().any(|output| output.file.is_none()) {
            door::say(String::from_utf8_lossy(&text).trim_end());
        } else if let Err(code) = output::print(&text) {
            return code;
        }
        ExitCode::from(run::number(code, self.common))
    }

    /// Until something has changed and settled; None when the user has had enough.
    async fn wait(&self, engine: &Engine, before: &Inputs) -> Option<Vec<PathBuf>> {
        let mut lookout = Lookout::over(before);
        if !self.global.quiet {
            let files = before.count();
            let plural = if files == 1 { "" } else { "s" };
            door::say(&format!("watching {files} file{plural}; Ctrl-C ends"));
        }
        // What changed during the run, or between it and now, was seen by nobody.
        let mut stirred = true;
        loop {
            if self.progress.cancelled() {
                return None;
            }
            if stirred {
                let now = self.look(engine);
                if !now.changed_since(before).is_empty() {
                    let settled = self.settle(engine, now).await;
                    let changed: Vec<_> = settled.changed_since(before).into_iter().map(PathBuf::from).collect();
                    if !changed.is_empty() {
                        return Some(changed);
                    }
                }
            }
            stirred = lookout.stirred().await;
        }
    }

    async fn settle(&self, engine: &Engine, mut now: Inputs) -> Inputs {
        for _ in 0..SETTLING_MAX {
            tokio::time::sleep(SETTLED).await;
            let next = self.look(engine);
            let settled = next.changed_since(&now).is_empty();
            now = next;
            if settled || self.progress.cancelled() {
                break;
            }
        }
        now
    }

    fn say(&self, changed: &[PathBuf]) {
        if self.global.quiet {
            return;
        }
        let named: Vec<_> = changed.iter().take(CHANGED_NAMED).map(|path| path.display().to_string()).collect();
        let more = changed.len().saturating_sub(CHANGED_NAMED);
        let more = if more == 0 { String::new() } else { format!(" and {more} more") };
        door::say(&format!("changed: {}{more}", one_line(&named.join(", "))));
    }
}

/// How the run ended, in a line.
fn verdict(report: &Report, code: Code) -> String {
    let of = |wanted: Decision| {
        let policies = report.verdict.policies.iter().filter(move |policy| policy.decision == wanted);
        let said: Vec<_> = policies.map(|policy| format!("{}: {}", policy.step, one_line(&policy.summary))).collect();
        said.join("; ")
    };
    match code {
        Code::Denied => format!("DENIED by {}", of(Decision::Deny)),
        Code::Passed => match of(Decision::Warn) {
            warned if warned.is_empty() => "PASSED".to_owned(),
            warned => format!("PASSED with warnings by {warned}"),
        },
        Code::Empty => "NOTHING TO SCAN: no component was found".to_owned(),
        Code::NotJudged => {
            let failures = report.steps.iter().filter(|step| step.is_broken()).filter_map(|step| {
                step.failure().map(|failure| format!("step {} failed: {}", step.id, one_line(&failure.message)))
            });
            format!("NOT JUDGED: {}", failures.collect::<Vec<_>>().join("; "))
        }
        Code::Usage | Code::Plugin | Code::Unverified | Code::Bug | Code::Io | Code::Interrupted => {
            code.meaning().to_owned()
        }
    }
}
