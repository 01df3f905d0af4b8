//! `chiron scan` and `chiron sbom`: the same pipeline, made from flags.

use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::sync::Arc;

use chiron_formats::Format;
use chiron_formats::cyclonedx::Contents;
use chiron_model::plugin::PluginKind;
use chiron_model::report::Setting;
use chiron_pipeline::LockMode;
use chiron_pipeline::config::file::{DatabaseTable, EnrichTable, OnEmpty, PipelineTable};
use chiron_pipeline::config::{Bases, Document, PipelineConfig, PipelineFile};
use serde_json::{Value, json};

use super::progress::Watch;
use super::telemetry::Telemetry;
use super::watch::{Source, Standing};
use super::{house, output, run, stdin, watch, with};
use crate::cli::{Common, Empty, Global, SbomArgs, ScanArgs};
use crate::door;

pub(super) async fn scan(args: ScanArgs, global: &Global, settings: Vec<Setting>) -> ExitCode {
    let gate = match args.fail_on {
        Some(threshold) => json!({ "fail_on": threshold.word(), "unknown": args.unknown.word() }),
        None => report_only(),
    };
    let gate = with_flags(gate, &args);
    if args.watch && args.paths.iter().any(|path| path == Path::new("-")) {
        return door::fail("standard input ends, and cannot be watched: name a file", chiron_pipeline::ExitCode::Usage);
    }
    let on_empty = if args.on_empty == Empty::Pass { OnEmpty::Pass } else { OnEmpty::Fail };
    let taken = match stdin::take(args.paths, &args.stdin_name) {
        Ok(taken) => taken,
        Err((message, code)) => return door::fail(&message, code),
    };
    let kinds = [PluginKind::SbomGenerator, PluginKind::Scanner];
    let mut config = match pipeline("scan", &taken.paths, &args.with, &kinds, gate) {
        Ok(config) => config,
        Err(reason) => return door::fail(&reason, chiron_pipeline::ExitCode::Usage),
    };
    config.file.pipeline.on_empty = on_empty;
    if args.max_db_age.is_some() {
        let table = DatabaseTable { max_age: args.max_db_age, ..DatabaseTable::default() };
        config.file.databases.insert("default".to_owned(), table);
    }
    let text = |path: PathBuf| path.to_string_lossy().into_owned();
    config.file.enrich = Some(EnrichTable { epss: args.epss.map(text), kev: args.kev.map(text) });
    if args.watch {
        return again(config, &args.common, global, settings).await;
    }
    short("scan", config, args.common, global, settings, Contents::WithVulnerabilities).await
}

pub(super) async fn sbom(args: SbomArgs, global: &Global, settings: Vec<Setting>) -> ExitCode {
    let taken = match stdin::take(args.paths, &args.stdin_name) {
        Ok(taken) => taken,
        Err((message, code)) => return door::fail(&message, code),
    };
    let config = match pipeline("sbom", &taken.paths, &args.with, &[PluginKind::SbomGenerator], report_only()) {
        Ok(config) => config,
        Err(reason) => return door::fail(&reason, chiron_pipeline::ExitCode::Usage),
    };
    short("sbom", config, args.common, global, settings, Contents::ComponentsOnly).await
}

/// The flags that may stand alone.
fn with_flags(mut gate: Value, args: &ScanArgs) -> Value {
    if args.fail_on_kev {
        gate["kev"] = json!("deny");
    }
    if let Some(score) = args.fail_on_epss {
        gate["epss"] = json!(score);
    }
    if args.only_fixed {
        gate["unfixed"] = json!("allow");
    }
    gate
}

/// A gate that tells and stops nothing.
pub(super) fn report_only() -> Value {
    json!({ "fail_on": "never", "unknown": "allow", "malicious": "allow", "coverage": "warn" })
}

/// `--watch`.
async fn again(config: PipelineConfig, common: &Common, global: &Global, settings: Vec<Setting>) -> ExitCode {
    let outputs = output::or_default(common.outputs.clone(), Format::Table);
    if let Err(reason) = output::check(&outputs) {
        return door::fail(&reason, chiron_pipeline::ExitCode::Usage);
    }
    let progress = Watch::new(global);
    progress.listen();
    let (source, overrides) = (Source::Flags(Box::new(config)), Vec::new());
    let lock = LockMode::NotUsed;
    watch::watch(Standing { source, lock, overrides, settings, outputs, common, global, progress }).await
}

async fn short(
    command: &'static str,
    config: PipelineConfig,
    common: Common,
    global: &Global,
    settings: Vec<Setting>,
    contents: Contents,
) -> ExitCode {
    let telemetry = match Telemetry::new(command, &common.telemetry, global, common.offline) {
        Ok(telemetry) => telemetry,
        Err(reason) => return door::fail(&reason, chiron_pipeline::ExitCode::Usage),
    };
    let watch = Watch::telling(global, telemetry);
    watch.listen();
    let code = watched(&config, &common, global, settings, contents, &watch).await;
    run::tell(&watch, code).await
}

async fn watched(
    config: &PipelineConfig,
    common: &Common,
    global: &Global,
    settings: Vec<Setting>,
    contents: Contents,
    watch: &Arc<Watch>,
) -> ExitCode {
    let format = match contents {
        Contents::WithVulnerabilities => Format::Table,
        Contents::ComponentsOnly => Format::CycloneDxJson,
    };
    let outputs = output::or_default(common.outputs.clone(), format);
    if let Err(reason) = output::check(&outputs) {
        return door::fail(&reason, chiron_pipeline::ExitCode::Usage);
    }
    let house = match house::furnish(common, LockMode::NotUsed, Vec::new(), settings, watch) {
        Ok(house) => house,
        Err(error) => return door::explain(&error),
    };
    let ended = match chiron_pipeline::plan_config(config, &house).await {
        Ok(plan) => run::execute(plan, &house, watch).await,
        Err(error) => Err(error),
    };
    watch.finish();
    run::finish(ended, &outputs, contents, common, global, watch)
}

/// A pipeline over these paths, with these plugins, and the usual ones of the kinds that they are not.
///
/// # Errors
/// What to say about a plugin that cannot be one of its steps.
pub(super) fn pipeline(
    name: &str,
    paths: &[PathBuf],
    plugins: &[String],
    kinds: &[PluginKind],
    gate: Value,
) -> Result<PipelineConfig, String> {
    let mut file = PipelineFile {
        pipeline: PipelineTable {
            name: name.to_owned(),
            subjects: paths.iter().map(|path| literal(path)).collect(),
            ..PipelineTable::default()
        },
        gate: gate.as_object().cloned(),
        ..PipelineFile::default()
    };
    with::add(&mut file, plugins, kinds)?;
    let document = Document::empty("command line");
    Ok(PipelineConfig { file, folder: PathBuf::new(), document, bases: Bases::default(), warnings: Vec::new() })
}

/// A path that is there is meant as it stands, even with a `[` in its name; the shell has expanded the globs.
fn literal(path: &Path) -> String {
    let text = path.to_string_lossy();
    if path.exists() { chiron_pipeline::subjects::escape(&text) } else { text.into_owned() }
}
