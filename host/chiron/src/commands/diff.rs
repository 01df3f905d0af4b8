//! `chiron diff`: two SBOMs, or two reports, held against each other.

use std::path::Path;
use std::process::ExitCode;
use std::sync::Arc;

use chiron_archive::write_atomically;
use chiron_formats::diff::{Difference, Shown};
use chiron_formats::json::{self, ReadError};
use chiron_model::coverage::Coverage;
use chiron_model::plugin::PluginKind;
use chiron_model::report::Report;
use chiron_model::step::StepOutcome;
use chiron_pipeline::{Error, ExitCode as Code, House, LockMode};

use super::progress::Watch;
use super::{house, output, short};
use crate::cli::{Common, DiffArgs, DiffOutput, Global};
use crate::door;

/// Largest file that is looked at as a report. One of 20,000 components and findings is about 50 MiB.
const REPORT_BYTES_MAX: u64 = 512 * 1024 * 1024;

/// What stopped it: an error of a run, or a sentence.
enum Stop {
    Run(Error),
    Said(String, Code),
}

pub(super) async fn diff(args: DiffArgs, global: &Global) -> ExitCode {
    let watch = Watch::new(global);
    watch.listen();
    let ended = compare(&args, &watch).await;
    watch.finish();
    let difference = match ended {
        Ok(difference) => difference,
        Err(Stop::Run(error)) => return door::explain(&error),
        Err(Stop::Said(message, code)) => return door::fail(&message, code),
    };
    if let Err(code) = write(&difference, &args.outputs) {
        return code;
    }
    let differs = args.exit_code && !difference.is_empty();
    ExitCode::from(u8::from(differs))
}

async fn compare(args: &DiffArgs, watch: &Arc<Watch>) -> Result<Difference, Stop> {
    check(&args.outputs).map_err(|reason| Stop::Said(reason, Code::Usage))?;
    let common = Common { operator: args.operator.clone(), ..Common::default() };
    let house = house::furnish(&common, LockMode::NotUsed, Vec::new(), Vec::new(), watch).map_err(Stop::Run)?;
    let old = read(&args.old, &house).await?;
    let new = read(&args.new, &house).await?;
    let (old_name, new_name) = (args.old.to_string_lossy(), args.new.to_string_lossy());
    Ok(chiron_formats::diff::diff((&*old_name, &old), (&*new_name, &new)))
}

/// Reads a report, or makes one of what lists components.
async fn read(path: &Path, house: &House) -> Result<json::Report, Stop> {
    if let Some(read) = report(path)? {
        return read.map_err(|error| Stop::Said(format!("{}: {error}", path.display()), Code::Usage));
    }
    let kinds = [PluginKind::SbomGenerator];
    let config = short::pipeline("diff", &[path.to_owned()], &[], &kinds, short::report_only())
        .map_err(|reason| Stop::Said(reason, Code::Bug))?;
    let plan = chiron_pipeline::plan_config(&config, house).await.map_err(Stop::Run)?;
    let run = chiron_pipeline::run(plan, house).await.map_err(Stop::Run)?;
    refuse_unread(path, &run.report)?;
    Ok(json::Report::from(&run.report))
}

/// None where it is no report of Chiron's.
fn report(path: &Path) -> Result<Option<Result<json::Report, ReadError>>, Stop> {
    let failed = |error: std::io::Error| {
        let code = if error.kind() == std::io::ErrorKind::NotFound { Code::Usage } else { Code::Io };
        Stop::Said(format!("failed to read {}: {error}", path.display()), code)
    };
    let metadata = std::fs::metadata(path).map_err(failed)?;
    if !metadata.is_file() || metadata.len() > REPORT_BYTES_MAX {
        return Ok(None);
    }
    Ok(json::read(&std::fs::read(path).map_err(failed)?))
}

/// What nobody could read has no components to compare: an empty list would look like a difference.
fn refuse_unread(path: &Path, report: &Report) -> Result<(), Stop> {
    if let Some(failure) = report.steps.iter().find_map(StepOutcome::failure) {
        let message = format!("{} could not be read: {}", path.display(), failure.message);
        return Err(Stop::Said(message, Code::NotJudged));
    }
    if report.files.iter().any(|file| matches!(file.coverage, Coverage::Read | Coverage::Partly)) {
        return Ok(());
    }
    let why = report.files.iter().find_map(|file| file.reason.as_deref()).unwrap_or("nothing in it lists components");
    let message = format!("{} is neither a report of Chiron nor an SBOM that can be read: {why}", path.display());
    Err(Stop::Said(message, Code::Usage))
}

/// Refuses what could not be told apart, before anything runs.
fn check(outputs: &[DiffOutput]) -> Result<(), String> {
    if outputs.iter().filter(|output| output.file.is_none()).count() > 1 {
        return Err("only one -o can go to standard output: give the others a file, -o FORMAT=FILE".to_owned());
    }
    Ok(())
}

fn write(difference: &Difference, outputs: &[DiffOutput]) -> Result<(), ExitCode> {
    let usual = [DiffOutput { shown: Shown::Table, file: None }];
    let outputs = if outputs.is_empty() { &usual[..] } else { outputs };
    for DiffOutput { shown, file } in outputs {
        let bytes = difference
            .encode(*shown)
            .map_err(|error| door::fail(&format!("failed to write {}: {error}", shown.word()), Code::Bug))?;
        match file {
            Some(file) => write_atomically(file, &bytes)
                .map_err(|error| door::fail(&format!("failed to write {}: {error}", file.display()), Code::Io))?,
            None => output::print(&bytes)?,
        }
    }
    Ok(())
}
