//! `chiron cache`: compiled plugins, kept between runs.

use std::path::Path;
use std::process::ExitCode;

use chiron_pipeline::ExitCode as Code;
use chiron_sandbox::Cache;
use chiron_sandbox::cache::{self, CacheStatus};
use chiron_tools::Scratch;

use super::{house, output};
use crate::cli::{CacheCommand, Global};
use crate::door;

pub(super) fn cache(command: CacheCommand, global: &Global) -> ExitCode {
    let Some(folder) = cache::default_folder() else {
        return door::fail("HOME is not set: there is no cache; name a folder with CHIRON_CACHE", Code::Usage);
    };
    let cache = match Cache::open(&folder) {
        Ok(cache) => cache,
        Err(error) => {
            let code = failed(&folder, &error);
            door::say("  help: plugins are compiled each time; another folder can be named with CHIRON_CACHE");
            return code;
        }
    };
    let done = match command {
        CacheCommand::Status => cache.status().map(|status| show(&status)),
        CacheCommand::Clean => clean(&cache, global),
    };
    done.unwrap_or_else(|error| failed(&folder, &error))
}

fn failed(folder: &Path, error: &std::io::Error) -> ExitCode {
    door::fail(&format!("the cache {}: {error}", folder.display()), Code::Io)
}

fn show(status: &CacheStatus) -> ExitCode {
    let (entries, kib) = (status.entries, status.bytes.div_ceil(1024));
    let text = format!("folder   {}\nplugins  {entries}\nsize     {kib} KiB\n", status.folder.display());
    output::print(text.as_bytes()).map_or_else(|code| code, |()| ExitCode::SUCCESS)
}

/// What runs that are no more left in their scratch folders goes too: it lies beside, and nobody else would know of it.
fn clean(cache: &Cache, global: &Global) -> std::io::Result<ExitCode> {
    let before = cache.clean()?;
    let swept = Scratch::sweep(&house::scratch())?;
    if !global.quiet {
        door::say(&format!("removed {} compiled plugins, {} KiB", before.entries, before.bytes.div_ceil(1024)));
        if swept > 0 {
            door::say(&format!("removed {swept} scratch folders of runs that were killed"));
        }
    }
    Ok(ExitCode::SUCCESS)
}
