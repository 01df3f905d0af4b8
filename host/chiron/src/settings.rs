//! Which settings are in force, and whether a flag, the environment or a default set them.

use std::path::Path;

use chiron_model::report::Setting;
use clap::ArgMatches;
use clap::parser::ValueSource;

/// Flags that change what a run decides; the others change only how it is shown.
const DECIDING: [&str; 16] = [
    "with",
    "fail_on",
    "fail_on_kev",
    "fail_on_epss",
    "only_fixed",
    "on_empty",
    "unknown",
    "exit_code",
    "offline",
    "locked",
    "db",
    "max_db_age",
    "epss",
    "kev",
    "exclude",
    "no_ignore",
];

/// Reads them from the matches of the command that was called.
pub(crate) fn of(matches: &ArgMatches) -> Vec<Setting> {
    let Some((_, matches)) = matches.subcommand() else {
        return Vec::new();
    };
    let known = |id: &&str| matches.try_contains_id(id).is_ok();
    DECIDING.into_iter().filter(known).filter_map(|id| setting(matches, id)).collect()
}

fn setting(matches: &ArgMatches, id: &str) -> Option<Setting> {
    let source = match matches.value_source(id)? {
        ValueSource::CommandLine => "flag",
        ValueSource::EnvVariable => "environment",
        ValueSource::DefaultValue | _ => "default",
    };
    let raw = matches.get_raw(id)?.map(|value| value.to_string_lossy().into_owned());
    let is_path = matches!(id, "db" | "epss" | "kev" | "with");
    let values: Vec<_> = raw.map(|raw| if is_path { without_folder(&raw) } else { raw }).collect();
    if values.is_empty() {
        return None;
    }
    let value = values.join(", ");
    Some(Setting { key: id.replace('_', "-"), value, source: source.to_owned() })
}

/// Reports hold no absolute path: two machines must agree on a report.
fn without_folder(path: &str) -> String {
    let path = Path::new(path);
    if path.is_relative() {
        return path.display().to_string();
    }
    path.file_name().map_or_else(|| "/".to_owned(), |name| name.to_string_lossy().into_owned())
}
