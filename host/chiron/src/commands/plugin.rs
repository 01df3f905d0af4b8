//! `chiron plugin`: from what stock cargo made to a component that loads, and what a component can touch.

mod inspect;
mod verify;

use std::path::{Path, PathBuf};
use std::process::ExitCode;

use chiron_archive::write_atomically;
use chiron_pipeline::ExitCode as Code;
use chiron_sandbox::encode;

use crate::cli::{Global, PluginCommand};
use crate::door;

pub(super) async fn plugin(command: PluginCommand, global: &Global) -> ExitCode {
    match command {
        PluginCommand::Build { module, output, dry_run } => match build(&module, output, dry_run, global) {
            Ok(()) => ExitCode::SUCCESS,
            Err((message, code)) => door::fail(&message, code),
        },
        PluginCommand::Verify(args) => verify::verify(&args).unwrap_or_else(|code| code),
        PluginCommand::Inspect { plugin } => match inspect::inspect(&plugin).await {
            Ok(text) => super::output::print(text.as_bytes()).map_or_else(|code| code, |()| ExitCode::SUCCESS),
            Err((message, code)) => door::fail(&message, code),
        },
    }
}

type Refusal = (String, Code);

fn build(given: &Path, output: Option<PathBuf>, dry_run: bool, global: &Global) -> Result<(), Refusal> {
    let module = if given.is_dir() { built_by_cargo(given)? } else { given.to_path_buf() };
    let bytes =
        std::fs::read(&module).map_err(|error| (format!("failed to read {}: {error}", module.display()), Code::Io))?;
    let wrong = |error: String| (format!("{}: {error}", module.display()), Code::Plugin);
    let component = encode::component(&bytes).map_err(|error| wrong(error.to_string()))?;
    let inspection = chiron_sandbox::inspect(&component).map_err(|error| wrong(error.to_string()))?;
    let file = output.unwrap_or_else(|| default_name(&module));
    if file == module {
        return Err((format!("{} would overwrite the module: name another file with -o", file.display()), Code::Usage));
    }
    if !dry_run {
        write_atomically(&file, &component)
            .map_err(|error| (format!("failed to write {}: {error}", file.display()), Code::Io))?;
    }
    if !global.quiet {
        let wrote = if dry_run { "would write" } else { "wrote" };
        door::say(&format!("{wrote} {} ({}, {} KiB)", file.display(), inspection.kind, component.len().div_ceil(1024)));
        door::say(&format!("  {}", inspection.digest));
        for import in &inspection.imports {
            door::say(&format!("  imports {import}"));
        }
    }
    Ok(())
}

/// The one module that cargo left in a crate's target folder.
fn built_by_cargo(folder: &Path) -> Result<PathBuf, Refusal> {
    let target = std::env::var_os("CARGO_TARGET_DIR").map_or_else(|| folder.join("target"), PathBuf::from);
    for profile in ["release", "debug"] {
        let place = target.join("wasm32-unknown-unknown").join(profile);
        let mut modules: Vec<_> = std::fs::read_dir(&place)
            .into_iter()
            .flatten()
            .flatten()
            .map(|entry| entry.path())
            .filter(|path| path.extension().is_some_and(|extension| extension == "wasm"))
            .collect();
        modules.sort();
        match modules.len() {
            0 => {}
            1 => return Ok(modules.swap_remove(0)),
            _ => {
                return Err((format!("{} holds several modules: name one of them", place.display()), Code::Usage));
            }
        }
    }
    let advice = "build it first: cargo build --release --target wasm32-unknown-unknown";
    Err((format!("{} holds no module for wasm32-unknown-unknown; {advice}", target.display()), Code::Usage))
}

/// `no_gpl.wasm` in cargo's folder becomes `no-gpl.wasm` here.
fn default_name(module: &Path) -> PathBuf {
    let stem = module.file_stem().map(|stem| stem.to_string_lossy().replace('_', "-")).unwrap_or_default();
    PathBuf::from(format!("{stem}.wasm"))
}
