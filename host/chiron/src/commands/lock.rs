//! `chiron lock`: writes down what a pipeline was reviewed with.

use std::process::ExitCode;

use chiron_archive::write_atomically;
use chiron_model::text::inert;
use chiron_pipeline::lock::{Lock, differences, path_beside};
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
    let common = Common { operator: args.operator.clone(), ..Common::default() };
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
    let before = Lock::read(&file)?;
    let differences = before.as_ref().map(|before| differences(before, &lock)).unwrap_or_default();
    differences.iter().for_each(|line| door::say(&inert(line)));
    if !differences.is_empty() && !args.update {
        let code = door::fail(&format!("{} would change, as above; nothing was written", file.display()), Code::Plugin);
        door::say("  help: review it like code, then write it: chiron lock --update");
        return Ok(code);
    }
    write_atomically(&file, text.as_bytes()).map_err(|error| Error::Io {
        action: "write",
        path: file.clone(),
        reason: error.to_string(),
    })?;
    if !global.quiet {
        let word = if before.is_some() && differences.is_empty() { "nothing has changed in" } else { "wrote" };
        door::say(&format!("{word} {}", file.display()));
    }
    Ok(ExitCode::from(Code::Passed.number()))
}
