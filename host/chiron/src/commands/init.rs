//! `chiron init`: a pipeline.toml for what lies in a folder.

mod survey;
mod text;

use std::path::Path;
use std::process::ExitCode;

use chiron_archive::write_atomically;
use chiron_model::plugin::PluginKind;
use chiron_pipeline::config::{self, file};
use chiron_pipeline::{Error, ExitCode as Code, LockMode};

use super::progress::Watch;
use super::{house, output, short};
use crate::cli::{Common, Global, InitArgs};
use crate::door;

/// The file that is written.
const PIPELINE: &str = "pipeline.toml";

/// The schema for editors, beside it.
const SCHEMA_FOLDER: &str = ".chiron";
const SCHEMA: &str = "pipeline.schema.json";

type Refusal = (String, Code);

pub(super) async fn init(args: &InitArgs, global: &Global) -> ExitCode {
    match make(args, global).await {
        Ok(()) => ExitCode::SUCCESS,
        Err((message, code)) => door::fail(&message, code),
    }
}

async fn make(args: &InitArgs, global: &Global) -> Result<(), Refusal> {
    let target = args.dir.join(PIPELINE);
    if !args.dir.is_dir() {
        return Err((format!("the folder {} is not there", args.dir.display()), Code::Usage));
    }
    if target.symlink_metadata().is_ok() && !args.force && !args.dry_run {
        let advice = "--force replaces it, --dry-run shows what would be written";
        return Err((format!("{} is there already; {advice}", target.display()), Code::Usage));
    }
    let reads = readable(global).await?;
    let found = survey::look(&args.dir, &reads)
        .map_err(|error| (format!("failed to look at {}: {error}", args.dir.display()), Code::Io))?;
    let text = text::pipeline(&text::name_of(&args.dir), &found, &format!("./{SCHEMA_FOLDER}/{SCHEMA}"));
    // What is written must run: a mistake in it is one of chiron's.
    let (_, mistakes) = config::read(&text, &target);
    if let Some(mistake) = mistakes.first() {
        return Err((format!("the pipeline that was made is wrong: {}", mistake.message), Code::Bug));
    }
    if args.dry_run {
        return output::print(text.as_bytes()).map_err(|_| ("standard output failed".to_owned(), Code::Io));
    }
    write(&args.dir.join(SCHEMA_FOLDER).join(SCHEMA), format!("{:#}\n", file::schema()).as_bytes())?;
    write(&target, text.as_bytes())?;
    if !global.quiet {
        say(&target, &found);
    }
    Ok(())
}

/// Which files the built-in generator reads, by path: what it says of itself.
async fn readable(global: &Global) -> Result<impl Fn(&str) -> bool, Refusal> {
    let watch = Watch::new(global);
    let plan = async {
        let house = house::furnish(&Common::default(), LockMode::NotUsed, Vec::new(), Vec::new(), &watch)?;
        let kinds = [PluginKind::SbomGenerator];
        let pipeline = short::pipeline("init", &[], &[], &kinds, short::report_only()).map_err(Error::Bug)?;
        chiron_pipeline::plan_config(&pipeline, &house).await
    };
    let plan = plan.await.map_err(|error| (error.to_string(), Code::of_error(&error)))?;
    watch.finish();
    let inputs: Vec<_> = plan.steps.into_iter().map(|step| step.inputs).collect();
    Ok(move |path: &str| inputs.iter().any(|inputs| inputs.reads(path, "")))
}

fn write(path: &Path, bytes: &[u8]) -> Result<(), Refusal> {
    let failed = |error: String| (format!("failed to write {}: {error}", path.display()), Code::Io);
    if let Some(folder) = path.parent().filter(|folder| !folder.as_os_str().is_empty()) {
        std::fs::create_dir_all(folder).map_err(|error| failed(error.to_string()))?;
    }
    write_atomically(path, bytes).map_err(|error| failed(error.to_string()))
}

fn say(target: &Path, found: &survey::Found) {
    door::say(&format!("wrote {} for {}, and its schema for editors", target.display(), found.words()));
    if chiron_advisories::default_dir().is_none_or(|folder| !folder.exists()) {
        door::say("there is no advisory database yet; make one: chiron db import PATH…");
    }
    door::say(&format!("next: chiron run {}", target.display()));
    door::say(&format!("      chiron lock {}", target.display()));
}
