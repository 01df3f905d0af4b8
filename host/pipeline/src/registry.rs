//! From what a step `uses` to the bytes of a component, inspected.

use std::path::{Path, PathBuf};

use chiron_sandbox::{Inspection, LoadError, inspect, inspect_within};

use crate::config::PipelineConfig;
use crate::config::file::{PluginTable, StepTable};
use crate::house::House;
use crate::mistake::{Mistake, MistakeClass, nearest};
use crate::plan::budget::{Budget, advice};
use crate::vouched::{Vouched, vouch};

/// A component that was read and inspected, not yet compiled.
#[derive(Clone, Debug)]
pub struct Resolved {
    /// The pipeline's name for it.
    pub name: String,
    /// Where it came from.
    pub origin: Origin,
    /// Its bytes.
    pub bytes: std::borrow::Cow<'static, [u8]>,
    /// What it is and can touch.
    pub inspection: Inspection,
    /// Who vouches for its bytes. Nobody has to for a builtin, nor for one that `--plugin` gave.
    pub vouched: Vouched,
}

/// Where a plugin came from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Origin {
    /// Part of the binary, in this version.
    Builtin(&'static str),
    /// A file.
    File(PathBuf),
    /// A file given with `--plugin`, for development.
    Override(PathBuf),
}

/// Prefix of first-party plugins.
const BUILTIN: &str = "builtin:";

/// Reads and inspects the plugin of each step, in file order: the plugin, or what is wrong with it, at its line.
#[must_use]
pub fn resolve(config: &PipelineConfig, house: &House) -> Vec<Result<Resolved, Mistake>> {
    let resolve = |(index, step): (usize, &StepTable)| {
        let named = config.file.plugins.get(&step.uses);
        let (source, pointer) = match named {
            Some(table) => (table.source.as_str(), format!("/plugins/{}/source", step.uses)),
            None => (step.uses.as_str(), format!("/step/{index}/uses")),
        };
        let name = if named.is_some() { step.uses.clone() } else { name_of(source) };
        load(source, &name, named, step, config, house).map_err(|problem| problem.at(config, &pointer))
    };
    config.file.steps.iter().enumerate().map(resolve).collect()
}

/// Reads and inspects one builtin.
///
/// # Errors
/// The text of what is wrong: an unknown name, or (a bug) a builtin that does not load.
pub fn builtin(name: &str, house: &House) -> Result<Resolved, String> {
    let Some(found) = house.builtins.iter().find(|builtin| builtin.name == name) else {
        return Err(format!("there is no builtin `{name}`"));
    };
    let inspection = inspect(found.bytes).map_err(|error| error.to_string())?;
    Ok(Resolved {
        name: name.to_owned(),
        origin: Origin::Builtin(found.version),
        bytes: std::borrow::Cow::Borrowed(found.bytes),
        inspection,
        vouched: Vouched::default(),
    })
}

struct Problem {
    class: MistakeClass,
    message: String,
    hint: Option<String>,
}

impl Problem {
    fn at(self, config: &PipelineConfig, pointer: &str) -> Mistake {
        config.document.mistake(self.class, pointer, self.message, "this plugin", self.hint)
    }
}

fn load(
    source: &str,
    name: &str,
    table: Option<&PluginTable>,
    step: &StepTable,
    config: &PipelineConfig,
    house: &House,
) -> Result<Resolved, Problem> {
    let file = |path: PathBuf, origin, vouch: Voucher<'_>| {
        file(path, name, origin, &step.id, &Budget::of(config, step, house), vouch)
    };
    if let Some(path) = house.overrides.get(name) {
        // For development, where nobody has signed yet; an operator who minds does not allow the flag.
        return file(path.clone(), Origin::Override(path.clone()), &|_, _| Ok(Vouched::default()));
    }
    if let Some(builtin_name) = source.strip_prefix(BUILTIN) {
        return known_builtin(builtin_name, name, house);
    }
    if is_path(source) {
        let path = config.folder.join(source);
        let vouch = |bytes: &[u8], path: &Path| {
            vouch(bytes, path, table, config, house).map_err(|refused| Problem {
                class: MistakeClass::Plugin,
                message: refused.message,
                hint: Some(refused.hint),
            })
        };
        return file(path.clone(), Origin::File(path), &vouch);
    }
    if source.contains("://") {
        let message = format!("`{source}`: plugins from registries are not supported by this version");
        let hint = Some("download the component and name its path: source = \"./plugin.wasm\"".to_owned());
        return Err(Problem { class: MistakeClass::Config, message, hint });
    }
    known_builtin(source, name, house)
}

fn known_builtin(builtin_name: &str, name: &str, house: &House) -> Result<Resolved, Problem> {
    builtin(builtin_name, house).map(|resolved| Resolved { name: name.to_owned(), ..resolved }).map_err(|message| {
        let names = house.builtins.iter().map(|builtin| builtin.name);
        let hint = match nearest(builtin_name, names.clone()) {
            Some(near) => format!("did you mean `{near}`?"),
            None => format!(
                "builtins are {}; a component file is named by its path: \"./plugin.wasm\"",
                names.collect::<Vec<_>>().join(", ")
            ),
        };
        Problem { class: MistakeClass::Config, message, hint: Some(hint) }
    })
}

/// Holds bytes against whoever has to have signed them.
type Voucher<'a> = &'a dyn Fn(&[u8], &Path) -> Result<Vouched, Problem>;

fn file(
    path: PathBuf,
    name: &str,
    origin: Origin,
    step: &str,
    budget: &Budget,
    vouch: Voucher<'_>,
) -> Result<Resolved, Problem> {
    let refuse = |message: String, hint: String| Problem { class: MistakeClass::Plugin, message, hint: Some(hint) };
    let bytes = read(&path, budget.limits.component_bytes).map_err(|reason| {
        refuse(
            format!("failed to read the plugin {}: {reason}", path.display()),
            "the path is relative to pipeline.toml".to_owned(),
        )
    })?;
    // Before anything makes sense of them. Of what is too large to be looked at, too little was read to be anybody's.
    let whole = u64::try_from(bytes.len()).is_ok_and(|length| length <= budget.limits.component_bytes);
    let vouched = if whole { Some(vouch(&bytes, &path)?) } else { None };
    let inspection = inspect_within(&bytes, &budget.limits).map_err(|error| {
        let usual = match &error {
            LoadError::CoreModule => "encode it: chiron plugin build FILE -o plugin.wasm",
            LoadError::UnknownImport { .. } => {
                "a plugin imports what a world of wit/worlds.wit names, and nothing else"
            }
            LoadError::Version { .. } => {
                "build it with the SDK of this Chiron's line, or use a Chiron that speaks that version"
            }
            LoadError::NotWasm { .. }
            | LoadError::TooLarge { .. }
            | LoadError::NotAPlugin { .. }
            | LoadError::SeveralKinds { .. }
            | LoadError::CompileDeadline { .. }
            | LoadError::Compile { .. } => "see examples/custom-policy for how a plugin is built",
        };
        let hint = error.limit_key().map(|key| advice(key, step, &budget.capped));
        refuse(format!("{}: {error}", path.display()), hint.unwrap_or_else(|| usual.to_owned()))
    })?;
    let vouched = vouched.ok_or_else(|| {
        refuse(
            format!("{} is too large", path.display()),
            "see examples/custom-policy for how a plugin is built".to_owned(),
        )
    })?;
    Ok(Resolved { name: name.to_owned(), origin, bytes: std::borrow::Cow::Owned(bytes), inspection, vouched })
}

/// Reads a component, and never more than the host would compile.
fn read(path: &Path, bytes_max: u64) -> Result<Vec<u8>, String> {
    use std::io::Read as _;
    let file = std::fs::File::open(path).map_err(|error| error.to_string())?;
    let mut bytes = Vec::new();
    file.take(bytes_max.saturating_add(1)).read_to_end(&mut bytes).map_err(|error| error.to_string())?;
    Ok(bytes)
}

pub(crate) fn is_path(source: &str) -> bool {
    let wasm = Path::new(source).extension().is_some_and(|extension| extension.eq_ignore_ascii_case("wasm"));
    !source.contains("://") && (wasm || source.contains('/'))
}

/// The name of a plugin that is named by its source: `osv` for `builtin:osv` and for `./plugins/osv.wasm`.
fn name_of(source: &str) -> String {
    match source.strip_prefix(BUILTIN) {
        Some(name) => name.to_owned(),
        None if is_path(source) => {
            Path::new(source).file_stem().map_or_else(|| source.to_owned(), |stem| stem.to_string_lossy().into_owned())
        }
        None => source.to_owned(),
    }
}
