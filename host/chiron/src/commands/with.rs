//! `--with`: plugins of a short command, named as steps of pipeline.toml name them.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use chiron_model::plugin::PluginKind;
use chiron_pipeline::config::PipelineFile;
use chiron_pipeline::config::file::{BindTable, StepTable, ToolTable, When};
use serde_json::Map;

use super::house::BUILTINS;

/// What a command does where `--with` names nothing of a kind.
pub(super) const GENERATOR: &str = "cyclonedx";
pub(super) const SCANNER: &str = "osv";

/// Adds the plugins as steps: builtins and component files of these kinds, and the usual one of a kind that is not named.
///
/// # Errors
/// What to say about a plugin that is not there, is named twice, or is of another kind.
pub(super) fn add(file: &mut PipelineFile, names: &[String], kinds: &[PluginKind]) -> Result<(), String> {
    let mut named = Vec::new();
    for name in names {
        let kind = kind_of(name)?;
        if !kinds.contains(&kind) {
            let wanted: Vec<_> = kinds.iter().map(ToString::to_string).collect();
            let wanted = wanted.join(" or ");
            return Err(format!(
                "`{name}` is a {kind}, and --with takes a {wanted} here: a pipeline.toml takes any plugin"
            ));
        }
        let step = step(name);
        if file.steps.iter().any(|other| other.id == step.id) {
            return Err(format!("--with names `{}` twice", step.id));
        }
        named.push(kind);
        file.steps.push(step);
        if let Some((label, tool)) = tool_of(name) {
            file.tools.insert(label.to_owned(), tool);
        }
    }
    for (kind, usual) in [(PluginKind::SbomGenerator, GENERATOR), (PluginKind::Scanner, SCANNER)] {
        if kinds.contains(&kind) && !named.contains(&kind) {
            file.steps.push(step(usual));
        }
    }
    Ok(())
}

/// A step that is called as its plugin is.
pub(super) fn step(plugin: &str) -> StepTable {
    let is_file = is_file(plugin);
    let stem = Path::new(plugin).file_stem().map(|stem| stem.to_string_lossy().to_lowercase());
    StepTable {
        id: stem.filter(|_| is_file).unwrap_or_else(|| plugin.trim_start_matches("builtin:").to_owned()),
        // A path without a slash would be the name of a builtin.
        uses: match (is_file, plugin.contains('/') || plugin.starts_with("builtin:")) {
            (true, false) => format!("./{plugin}"),
            (false, false) => format!("builtin:{plugin}"),
            (_, true) => plugin.to_owned(),
        },
        required: true,
        from: None,
        fallback: Vec::new(),
        allow: Vec::new(),
        when: When::default(),
        limits: None,
        with: Map::new(),
        bind: tool_of(plugin).map(|(label, _)| BindTable {
            tools: BTreeMap::from([(label.to_owned(), label.to_owned())]),
            ..BindTable::default()
        }),
    }
}

/// The program that an adapter runs, found in `PATH`, with the command lines of the adapter's README. What runs is not pinned:
/// its digest stands in the report, and whoever wants to pin it writes a pipeline.toml.
fn tool_of(plugin: &str) -> Option<(&'static str, ToolTable)> {
    let text = |items: &[&str]| items.iter().map(|&item| item.to_owned()).collect::<Vec<_>>();
    match plugin.trim_start_matches("builtin:") {
        "syft-adapter" => {
            let scan = |what: &str| text(&["scan", &format!("{what}:{{input}}"), "-o", "syft-json", "-q"]);
            let env = [
                ("SYFT_CHECK_FOR_APP_UPDATE", "false"),
                ("SYFT_CACHE_DIR", "{scratch}/cache"),
                ("TMPDIR", "{scratch}"),
            ];
            let tool = ToolTable {
                path: "syft".to_owned(),
                version: text(&["version"]),
                profiles: [("directory", scan("dir")), ("file", scan("file"))].map(|(k, v)| (k.to_owned(), v)).into(),
                env: env.map(|(key, value)| (key.to_owned(), value.to_owned())).into(),
                ..ToolTable::default()
            };
            Some(("syft", tool))
        }
        "grype-adapter" => {
            let env = [
                ("GRYPE_DB_CACHE_DIR", "{read.db}"),
                ("GRYPE_DB_AUTO_UPDATE", "false"),
                ("GRYPE_CHECK_FOR_APP_UPDATE", "false"),
                ("TMPDIR", "{scratch}"),
            ];
            let database = grype_database().to_string_lossy().into_owned();
            let tool = ToolTable {
                path: "grype".to_owned(),
                version: text(&["version"]),
                profiles: BTreeMap::from([("components".to_owned(), text(&["sbom:{input}", "-o", "json", "-q"]))]),
                env: env.map(|(key, value)| (key.to_owned(), value.to_owned())).into(),
                read: BTreeMap::from([("db".to_owned(), database)]),
                ..ToolTable::default()
            };
            Some(("grype", tool))
        }
        _ => None,
    }
}

/// Where grype keeps its database (its documentation, "Grype's database": `GRYPE_DB_CACHE_DIR`, else the user's folder of caches).
/// It is read, never updated: a program that the host confines has no network.
fn grype_database() -> PathBuf {
    let folder = |name: &str| std::env::var_os(name).filter(|value| !value.is_empty()).map(PathBuf::from);
    let home = || folder("HOME").unwrap_or_default();
    folder("GRYPE_DB_CACHE_DIR").unwrap_or_else(|| {
        let caches = folder("XDG_CACHE_HOME");
        let usual = if cfg!(target_os = "macos") { "Library/Caches" } else { ".cache" };
        caches.unwrap_or_else(|| home().join(usual)).join("grype/db")
    })
}

fn is_file(name: &str) -> bool {
    let wasm = Path::new(name).extension().is_some_and(|extension| extension.eq_ignore_ascii_case("wasm"));
    !name.starts_with("builtin:") && (wasm || name.contains('/'))
}

fn kind_of(name: &str) -> Result<PluginKind, String> {
    let inspected = if is_file(name) {
        let bytes = std::fs::read(name).map_err(|error| format!("failed to read the plugin {name}: {error}"))?;
        chiron_sandbox::inspect(&bytes)
    } else {
        let short = name.trim_start_matches("builtin:");
        let Some(builtin) = BUILTINS.iter().find(|builtin| builtin.name == short) else {
            let known: Vec<_> = BUILTINS.iter().map(|builtin| builtin.name).collect();
            let hint = match chiron_pipeline::mistake::nearest(short, known.iter().copied()) {
                Some(near) => format!("did you mean `{near}`?"),
                None => format!("builtins are {}; a component file is named by its path", known.join(", ")),
            };
            return Err(format!("there is no builtin `{short}`: {hint}"));
        };
        chiron_sandbox::inspect(builtin.bytes)
    };
    inspected.map(|inspection| inspection.kind).map_err(|error| format!("{name}: {error}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ids(names: &[&str], kinds: &[PluginKind]) -> Result<Vec<String>, String> {
        let names: Vec<_> = names.iter().map(|&name| name.to_owned()).collect();
        let mut file = PipelineFile::default();
        add(&mut file, &names, kinds)?;
        Ok(file.steps.into_iter().map(|step| step.id).collect())
    }

    #[test]
    fn what_is_not_named_is_the_usual_one_of_its_kind() {
        let both = [PluginKind::SbomGenerator, PluginKind::Scanner];
        assert_eq!(ids(&[], &both).unwrap(), ["cyclonedx", "osv"]);
        assert_eq!(ids(&["syft-report"], &both).unwrap(), ["syft-report", "osv"]);
        assert_eq!(ids(&["cyclonedx", "syft-report"], &both[..1]).unwrap(), ["cyclonedx", "syft-report"]);
    }

    #[test]
    fn another_kind_a_second_time_and_nobody_are_refused_in_words() {
        let generators = [PluginKind::SbomGenerator];
        assert!(ids(&["osv"], &generators).unwrap_err().contains("`osv` is a scanner"));
        assert!(ids(&["cyclonedx", "builtin:cyclonedx"], &generators).unwrap_err().contains("twice"));
        assert!(ids(&["cyclonedxx"], &generators).unwrap_err().contains("did you mean `cyclonedx`?"));
        assert!(ids(&["./nowhere.wasm"], &generators).unwrap_err().contains("failed to read the plugin"));
    }

    #[test]
    fn an_adapter_brings_its_program() {
        let step = step("syft-adapter");
        assert_eq!(step.bind.unwrap().tools["syft"], "syft");
        let (_, tool) = tool_of("builtin:syft-adapter").unwrap();
        assert_eq!(tool.profiles["directory"][1], "dir:{input}");
        let (label, tool) = tool_of("grype-adapter").unwrap();
        assert_eq!((label, tool.profiles["components"][0].as_str()), ("grype", "sbom:{input}"));
        assert!(tool.read.contains_key("db"));
    }
}
