//! `chiron lock`: writes down what a pipeline was reviewed with.

use std::process::ExitCode;

use chiron_archive::write_atomically;
use chiron_pipeline::lock::{Lock, path_beside};
use chiron_pipeline::{Error, ExitCode as Code, LockMode};

use super::progress::Watch;
use super::{house, output};
use crate::cli::{Common, Global, LockArgs};
use crate::door;

pub(super) async fn lock(args: LockArgs, global: &Global) -> ExitCode {
    match make(&args, global).await {
        Ok(code) => code,
        Err(error) => door::explain(&error),
    }
}

async fn make(args: &LockArgs, global: &Global) -> Result<ExitCode, Error> {
    let watch = Watch::new(global);
    let common = Common { outputs: Vec::new(), db: None, offline: false, exit_code: None, at: None, jobs: None };
    let house = house::furnish(&common, LockMode::NotUsed, Vec::new(), Vec::new(), &watch)?;
    let path = &args.pipeline;
    let text = std::fs::read_to_string(path).map_err(|error| Error::Io {
        action: "read",
        path: path.clone(),
        reason: error.to_string(),
    })?;
    let lock = chiron_pipeline::lock_of(&text, path, &house).await?;
    watch.finish();
    let file = path_beside(path.parent().unwrap_or(std::path::Path::new("")));
    let text = lock.text()?;
    if args.dry_run {
        return Ok(output::print(text.as_bytes()).map_or_else(|code| code, |()| ExitCode::SUCCESS));
    }
    let before = Lock::read(&file).ok().flatten();
    write_atomically(&file, text.as_bytes()).map_err(|error| Error::Io {
        action: "write",
        path: file.clone(),
        reason: error.to_string(),
    })?;
    if !global.quiet {
        changes(before.as_ref(), &lock).iter().for_each(|change| door::say(change));
        door::say(&format!("wrote {}", file.display()));
    }
    Ok(ExitCode::from(Code::Passed.number()))
}

/// What is different from before, in words: imports are what a plugin can touch.
fn changes(before: Option<&Lock>, now: &Lock) -> Vec<String> {
    let Some(before) = before else { return Vec::new() };
    let mut changes = Vec::new();
    for plugin in &now.plugins {
        match before.plugins.iter().find(|old| old.name == plugin.name) {
            None => changes.push(format!("new: {} imports {}", plugin.name, plugin.imports.join(", "))),
            Some(old) if old != plugin => {
                let gained: Vec<_> =
                    plugin.imports.iter().filter(|import| !old.imports.contains(import)).cloned().collect();
                let gained = if gained.is_empty() {
                    "no new imports".to_owned()
                } else {
                    format!("now imports {}", gained.join(", "))
                };
                changes.push(format!("changed: {}: {gained}", plugin.name));
            }
            Some(_) => {}
        }
    }
    for tool in &now.tools {
        match before.tool(&tool.name, &tool.platform) {
            None => changes.push(format!("new: tool {} {} for {}", tool.name, tool.version, tool.platform)),
            Some(old) if old != tool => {
                let (from, to) = (&old.digest, &tool.digest);
                changes.push(format!("changed: tool {} for {}: {from} is now {to}", tool.name, tool.platform));
            }
            Some(_) => {}
        }
    }
    let gone = before.plugins.iter().filter(|old| !now.plugins.iter().any(|plugin| plugin.name == old.name));
    changes.extend(gone.map(|plugin| format!("gone: {}", plugin.name)));
    changes
}
