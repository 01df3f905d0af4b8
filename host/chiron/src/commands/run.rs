//! `chiron run`: the pipeline that a file declares.

use std::process::ExitCode;
use std::sync::Arc;

use chiron_formats::Format;
use chiron_formats::cyclonedx::Contents;
use chiron_model::report::Setting;
use chiron_model::step::StepOutcome;
use chiron_model::verdict::Decision;
use chiron_pipeline::config::PipelineConfig;
use chiron_pipeline::event::{Event, Observer as _, Phase};
use chiron_pipeline::{Error, ExitCode as Code, House, LockMode, Plan, Run};

use super::output::Look;
use super::progress::Watch;
use super::telemetry::Telemetry;
use super::watch::{Source, Standing};
use super::{house, output, plan, watch};
use crate::cli::{Common, Global, Output, RunArgs, TelemetryArgs};
use crate::door;

pub(super) async fn run(args: RunArgs, global: &Global, settings: Vec<Setting>) -> ExitCode {
    let outputs = output::or_default(args.common.outputs.clone(), Format::Table);
    if let Err(reason) = output::check(&outputs) {
        return door::fail(&reason, Code::Usage);
    }
    if args.watch {
        return again(args, outputs, global, settings).await;
    }
    // What only shows a plan is no run.
    let told = if args.dry_run { &TelemetryArgs::default() } else { &args.common.telemetry };
    let telemetry =
        match Telemetry::new("run", told, global, args.common.offline).map(|it| it.filter(|_| !args.dry_run)) {
            Ok(telemetry) => telemetry,
            Err(reason) => return door::fail(&reason, Code::Usage),
        };
    let watch = Watch::telling(global, telemetry);
    watch.listen();
    let code = watched(args, outputs, global, settings, &watch).await;
    tell(&watch, code).await
}

/// `--watch`.
async fn again(args: RunArgs, outputs: Vec<Output>, global: &Global, settings: Vec<Setting>) -> ExitCode {
    let progress = Watch::new(global);
    progress.listen();
    let lock = if args.locked { LockMode::Required } else { LockMode::IfPresent };
    let (source, overrides, common) = (Source::File(args.pipeline), args.plugins, &args.common);
    watch::watch(Standing { source, lock, overrides, settings, outputs, common, global, progress }).await
}

/// Tells how it ended, once nothing else is to be said.
pub(super) async fn tell(watch: &Watch, code: ExitCode) -> ExitCode {
    watch.finish();
    if let Some(telemetry) = watch.telemetry() {
        telemetry.finish(code).await;
    }
    code
}

async fn watched(
    args: RunArgs,
    outputs: Vec<Output>,
    global: &Global,
    settings: Vec<Setting>,
    watch: &Arc<Watch>,
) -> ExitCode {
    let lock = if args.locked { LockMode::Required } else { LockMode::IfPresent };
    let house = match house::furnish(&args.common, lock, args.plugins, settings, watch) {
        Ok(house) => house,
        Err(error) => return door::explain(&error),
    };
    let path = args.pipeline;
    let text = match std::fs::read_to_string(&path) {
        Ok(text) => text,
        Err(error) => {
            door::fail(&format!("failed to read {}: {error}", path.display()), Code::Usage);
            door::say("  help: name a pipeline.toml, or scan without one: chiron scan PATH");
            return ExitCode::from(Code::Usage.number());
        }
    };
    let (planned, config) = match chiron_pipeline::plan(&text, &path, &house).await {
        Ok(planned) => planned,
        Err(error) => {
            watch.finish();
            return door::explain(&error);
        }
    };
    warn(&config, global);
    if args.dry_run {
        watch.finish();
        return plan::show(&planned, &outputs);
    }
    let ended = execute(planned, &house, watch).await;
    finish(ended, &outputs, Contents::WithVulnerabilities, &args.common, global, watch)
}

pub(super) fn warn(config: &PipelineConfig, global: &Global) {
    if global.quiet || config.warnings.is_empty() {
        return;
    }
    door::warn(&config.document.fail(config.warnings.clone()));
}

/// Runs a plan and takes the progress line away.
pub(super) async fn execute(plan: Plan, house: &House, watch: &Arc<Watch>) -> Result<Run, Error> {
    let run = chiron_pipeline::run(plan, house).await;
    watch.finish();
    run
}

/// Writes the report and says how it ended.
pub(super) fn finish(
    run: Result<Run, Error>,
    outputs: &[Output],
    contents: Contents,
    common: &Common,
    global: &Global,
    watch: &Watch,
) -> ExitCode {
    let run = match run {
        Ok(run) => run,
        Err(error) => return door::explain(&error),
    };
    watch.on(Event::PhaseStarted(Phase::Report));
    let told = |output: &Output, written| {
        let (format, sbom) = (output.form.word(), output.form.is_sbom());
        watch.on(Event::Written { format, sbom, written });
    };
    let look = Look { global, tree: common.tree };
    if let Err(code) = output::write(&run.report, outputs, contents, look, &told) {
        return code;
    }
    if !global.quiet {
        for bundle in &run.bundles {
            door::say(&format!("signed {}", bundle.path.display()));
        }
    }
    let code = Code::of(&run.report, run.on_empty);
    if !global.quiet && !outputs.iter().any(Output::is_shown_table) {
        // The table shows both.
        warn_of_notes(&run);
        say_verdict(&run, code);
    }
    let number = number(code, common);
    if let Some(telemetry) = watch.telemetry() {
        telemetry.ends(code, number);
    }
    ExitCode::from(number)
}

/// The number of an exit code, as the user wants it.
pub(super) fn number(code: Code, common: &Common) -> u8 {
    match (code, common.exit_code) {
        (Code::Denied, Some(number)) => number,
        _ => code.number(),
    }
}

/// Most notes that are said one by one.
const NOTES_SAID: usize = 10;

/// What a reader of the report should know, for whoever does not see the table.
fn warn_of_notes(run: &Run) {
    let notes = &run.report.notes;
    for note in notes.iter().take(NOTES_SAID) {
        door::say(&format!("warning: {}", chiron_model::text::one_line(&note.message)));
    }
    if notes.len() > NOTES_SAID {
        door::say(&format!("warning: and {} more, see `notes` in -o json", notes.len() - NOTES_SAID));
    }
}

/// One line for whoever does not see the table.
fn say_verdict(run: &Run, code: Code) {
    let verdict = &run.report.verdict;
    match code {
        Code::Denied => {
            for policy in verdict.policies.iter().filter(|policy| policy.decision == Decision::Deny) {
                door::say(&format!("denied by {}: {}", policy.step, chiron_model::text::one_line(&policy.summary)));
            }
        }
        Code::NotJudged => {
            let tried = |step: &StepOutcome| step.replaced_by.is_none() && !step.fallback_for.is_empty();
            for step in run.report.steps.iter().filter(|step| step.is_broken() || tried(step)) {
                if let chiron_model::step::Ending::Failed(failure) = &step.ending {
                    door::say(&format!("could not judge: step {} failed: {}", step.id, failure.message));
                    if let Some(hint) = &failure.hint {
                        door::say(&format!("  help: {hint}"));
                    }
                }
            }
        }
        Code::Empty => door::say("nothing to scan: no component was found"),
        Code::Passed | Code::Usage | Code::Plugin | Code::Unverified | Code::Bug | Code::Io | Code::Interrupted => {}
    }
}
