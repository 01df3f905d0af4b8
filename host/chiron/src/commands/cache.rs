//! `chiron cache`: compiled plugins, kept between runs.

use std::process::ExitCode;

use chiron_pipeline::ExitCode as Code;
use chiron_sandbox::{Cache, cache};

use super::output;
use crate::cli::{CacheCommand, Global};
use crate::door;

pub(super) fn cache(command: CacheCommand, global: &Global) -> ExitCode {
    let Some(folder) = cache::default_folder() else {
        return door::fail("HOME is not set: there is no cache; name a folder with CHIRON_CACHE", Code::Usage);
    };
    let failed = |error: std::io::Error| door::fail(&format!("the cache {}: {error}", folder.display()), Code::Io);
    let cache = match Cache::open(&folder) {
        Ok(cache) => cache,
        Err(error) => return failed(error),
    };
    match command {
        CacheCommand::Status => match cache.status() {
            Ok(status) => {
                let (entries, kib) = (status.entries, status.bytes.div_ceil(1024));
                let text = format!("folder   {}\nplugins  {entries}\nsize     {kib} KiB\n", status.folder.display());
                output::print(text.as_bytes()).map_or_else(|code| code, |()| ExitCode::SUCCESS)
            }
            Err(error) => failed(error),
        },
        CacheCommand::Clean => match cache.clean() {
            Ok(before) => {
                if !global.quiet {
                    door::say(&format!(
                        "removed {} compiled plugins, {} KiB",
                        before.entries,
                        before.bytes.div_ceil(1024)
                    ));
                }
                ExitCode::SUCCESS
            }
            Err(error) => failed(error),
        },
    }
}
