//! What a component is and what it can touch, read from its bytes before anything is compiled or run.

use chiron_model::digest::Digest;
use chiron_model::plugin::{Capability, PluginKind, Work};
use chiron_model::text::{cut, one_line};
use semver::Version;
use wasmparser::{CanonicalFunction, CanonicalOption, Encoding, Parser, Payload};

use crate::error::LoadError;
use crate::limits::Limits;
use crate::wasi::{self, Foreign};
use chiron_compiler::Tasks;

/// What most interfaces have: their first version.
static FIRST: [Version; 1] = [Version::new(0, 1, 0)];

/// The versions of an interface that this host speaks side by side, oldest first: THE table.
#[must_use]
pub fn spoken_versions(interface: &str) -> &'static [Version] {
    static FIRST_TWO: [Version; 2] = [Version::new(0, 1, 0), Version::new(0, 2, 0)];
    match interface {
        "chiron:advisory/db" | "chiron:policy/check" => &FIRST_TWO,
        _ => &FIRST,
    }
}

/// As errors name them, e.g. `chiron:advisory/db@0.1.0 or chiron:advisory/db@0.2.0`.
fn spoken(interface: &str) -> String {
    let versions = spoken_versions(interface).iter().map(|version| format!("{interface}@{version}"));
    versions.collect::<Vec<_>>().join(" or ")
}

/// The interface every plugin exports.
const LIFECYCLE: &str = "chiron:lifecycle/plugin";

/// Interfaces that hold only types: they show in import lists and are no power.
const TYPES_ONLY: [&str; 4] = ["chiron:core/types", "chiron:advisory/types", "chiron:sbom/types", "chiron:scan/types"];

/// What was read from a component.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Inspection {
    /// Of its bytes.
    pub digest: Digest,
    /// What it does.
    pub kind: PluginKind,
    /// What it is called for: the interface of its kind that it exports.
    pub work: Work,
    /// The version of its kind's interface that this host speaks with it: the newest of those it exports.
    pub kind_version: Version,
    /// Interfaces it imports, with versions, sorted: all it can touch.
    pub imports: Vec<String>,
    /// Interfaces it exports, with versions, sorted.
    pub exports: Vec<String>,
    /// The powers among the imports, sorted.
    pub capabilities: Vec<Capability>,
    /// What becomes of its imports of WASI, if it has any.
    pub foreign: Option<Foreign>,
    /// Whether it was built with tasks of the component model.
    pub(crate) tasks: Tasks,
}

/// What is read in one pass over a component.
struct Outline {
    imports: Vec<String>,
    exports: Vec<String>,
    tasks: Tasks,
}

/// Reads a component, within the default limits.
///
/// # Errors
/// A [`LoadError`] in words for anything this host cannot load.
pub fn inspect(bytes: &[u8]) -> Result<Inspection, LoadError> {
    inspect_within(bytes, &Limits::default())
}

/// Reads a component, within limits of one's own; of these only those of its size matter here.
///
/// # Errors
/// As [`inspect`].
pub fn inspect_within(bytes: &[u8], limits: &Limits) -> Result<Inspection, LoadError> {
    affordable("the size of the component", "limits.component", bytes.len() as u64, limits.component_bytes)?;
    let Outline { mut imports, mut exports, tasks } = outline(bytes, limits)?;
    imports.sort();
    exports.sort();
    let (work, kind_version) = work_of(&exports)?;
    let mut capabilities =
        imports.iter().filter_map(|import| capability_of(import).transpose()).collect::<Result<Vec<_>, _>>()?;
    capabilities.sort();
    // Of an interface it may import several versions.
    capabilities.dedup();
    let foreign = Foreign::of(&imports);
    let digest = Digest::sha256_of(bytes);
    Ok(Inspection { digest, kind: work.kind(), work, kind_version, imports, exports, capabilities, foreign, tasks })
}

/// Imports and exports of the outermost component, after checking what compiling would cost.
#[allow(
    clippy::wildcard_enum_match_arm,
    reason = "the parser's enum grows with WebAssembly; other sections tell nothing here"
)]
fn outline(bytes: &[u8], limits: &Limits) -> Result<Outline, LoadError> {
    let not_wasm = |error: wasmparser::BinaryReaderError| LoadError::NotWasm { reason: error.to_string() };
    let (mut imports, mut exports, mut tasks) = (Vec::new(), Vec::new(), Tasks::Off);
    let (mut depth, mut functions) = (0_u32, 0_u32);
    for payload in Parser::new(0).parse_all(bytes) {
        match payload.map_err(not_wasm)? {
            Payload::Version { encoding: Encoding::Module, .. } if depth == 0 => return Err(LoadError::CoreModule),
            Payload::Version { .. } => depth += 1,
            Payload::End(_) => depth = depth.saturating_sub(1),
            Payload::ComponentImportSection(section) if depth == 1 => {
                for import in section {
                    imports.push(import.map_err(not_wasm)?.name.name.to_owned());
                }
            }
            Payload::ComponentExportSection(section) if depth == 1 => {
                for export in section {
                    exports.push(export.map_err(not_wasm)?.name.name.to_owned());
                }
            }
            Payload::ComponentCanonicalSection(section) => {
                for function in section {
                    if needs_tasks(&function.map_err(not_wasm)?) {
                        tasks = Tasks::On;
                    }
                }
            }
            Payload::CodeSectionEntry(body) => {
                functions = functions.saturating_add(1);
                let size = body.range().len() as u64;
                affordable("the size of a function", "limits.function", size, limits.function_bytes)?;
                affordable("the number of functions", "limits.functions", functions.into(), limits.functions.into())?;
            }
            _ => {}
        }
    }
    Ok(Outline { imports, exports, tasks })
}

/// Whether a function of the canonical ABI is of its tasks: all are, but the first five and their plain options.
#[allow(clippy::wildcard_enum_match_arm, reason = "the parser's enum grows with WebAssembly; what is new is of tasks")]
fn needs_tasks(function: &CanonicalFunction) -> bool {
    match function {
        CanonicalFunction::Lift { options, .. } | CanonicalFunction::Lower { options, .. } => {
            options.iter().any(|option| matches!(option, CanonicalOption::Async | CanonicalOption::Callback(_)))
        }
        CanonicalFunction::ResourceNew { .. }
        | CanonicalFunction::ResourceDrop { .. }
        | CanonicalFunction::ResourceRep { .. } => false,
        _ => true,
    }
}

fn affordable(what: &'static str, key: &'static str, actual: u64, max: u64) -> Result<(), LoadError> {
    if actual > max { Err(LoadError::TooLarge { what, key, actual, max }) } else { Ok(()) }
}

fn work_of(exports: &[String]) -> Result<(Work, Version), LoadError> {
    let exported = |interface: &str| exports.iter().any(|export| split(export).0 == interface);
    let works: Vec<_> = Work::ALL.into_iter().filter(|work| exported(work.interface())).collect();
    let [work] = works[..] else {
        return Err(match works.len() {
            0 => LoadError::NotAPlugin {
                found: if exports.is_empty() { "nothing".to_owned() } else { shown(&exports.join(", ")) },
                wanted: Work::ALL.map(|work| spoken(work.interface())).join(" or "),
            },
            _ => LoadError::SeveralKinds {
                kinds: works.iter().map(|work| work.interface()).collect::<Vec<_>>().join(", "),
            },
        });
    };
    newest(exports, LIFECYCLE)?;
    Ok((work, newest(exports, work.interface())?))
}

/// The newest version of an interface that is exported and that this host speaks. A plugin may export several, so that
/// older hosts load it too.
fn newest(exports: &[String], interface: &str) -> Result<Version, LoadError> {
    let of_it: Vec<_> = exports.iter().filter(|export| split(export).0 == interface).collect();
    let Some(last) = of_it.last() else {
        return Err(LoadError::NotAPlugin { found: shown(&exports.join(", ")), wanted: spoken(interface) });
    };
    let versions = of_it.iter().filter_map(|export| speak(export).ok());
    // Where none is spoken: the reason of the newest.
    versions.max().map_or_else(|| speak(last), Ok)
}

/// The power behind an import; None for one that holds only types.
fn capability_of(import: &str) -> Result<Option<Capability>, LoadError> {
    let (interface, _) = split(import);
    if TYPES_ONLY.contains(&interface) {
        return speak(import).map(|_| None);
    }
    if wasi::is_wasi(interface) {
        return wasi::speak(import, shown).map(|()| None);
    }
    match Capability::ALL.into_iter().find(|capability| capability.interface() == interface) {
        Some(capability) => speak(import).map(|_| Some(capability)),
        None => Err(LoadError::UnknownImport { import: shown(import) }),
    }
}

/// Checks that the version is one this host speaks: the same semver line, and not newer.
fn speak(interface: &str) -> Result<Version, LoadError> {
    let (name, version) = split(interface);
    let speaks = |wanted: &Version| {
        let same_line = |known: &Version| (known.major, known.minor) == (wanted.major, wanted.minor);
        spoken_versions(name).iter().any(|known| same_line(known) && wanted <= known)
    };
    let version = version.and_then(|text| Version::parse(text).ok()).filter(speaks);
    version.ok_or_else(|| LoadError::Version { wanted: shown(interface), spoken: spoken(name) })
}

/// A name in an error. Any text can stand where a name belongs: nothing has validated it yet.
pub(crate) fn shown(name: &str) -> String {
    cut(&one_line(name), 500).into_owned()
}

fn split(interface: &str) -> (&str, Option<&str>) {
    match interface.split_once('@') {
        Some((name, version)) => (name, Some(version)),
        None => (interface, None),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn refusal(text: &str) -> String {
        inspect(&wat::parse_str(text).unwrap()).unwrap_err().to_string()
    }

    #[test]
    fn refuses_what_is_no_plugin_in_words() {
        assert_eq!(inspect(b"").unwrap_err().to_string().split(':').next(), Some("not a WebAssembly component"));
        assert_eq!(refusal("(module)"), "a core WebAssembly module, not a component");
        assert!(refusal("(component)").starts_with("exports nothing, but not chiron:sbom/generator@0.1.0 or"));
    }

    #[test]
    fn names_an_import_nobody_offers() {
        let error = refusal(
            r#"(component (import "acme:files/read@0.2.6" (instance $i)) (export "chiron:policy/check@0.1.0" (instance $i)) (export "chiron:lifecycle/plugin@0.1.0" (instance $i)))"#,
        );
        assert_eq!(error, "imports `acme:files/read@0.2.6`, which this host does not offer");
    }

    #[test]
    fn names_the_version_it_speaks() {
        let error = refusal(
            r#"(component (instance $i) (export "chiron:scan/scanner@0.2.0" (instance $i)) (export "chiron:lifecycle/plugin@0.1.0" (instance $i)))"#,
        );
        assert_eq!(error, "wants `chiron:scan/scanner@0.2.0`; this host speaks chiron:scan/scanner@0.1.0");
    }

    #[test]
    fn names_every_version_it_speaks_side_by_side() {
        let error = refusal(
            r#"(component (import "chiron:advisory/db@0.3.0" (instance $i)) (export "chiron:policy/check@0.1.0" (instance $i)) (export "chiron:lifecycle/plugin@0.1.0" (instance $i)))"#,
        );
        assert_eq!(
            error,
            "wants `chiron:advisory/db@0.3.0`; this host speaks chiron:advisory/db@0.1.0 or chiron:advisory/db@0.2.0"
        );
    }

    #[test]
    fn of_several_versions_the_newest_that_is_spoken_is_taken() {
        let version = |checks: &[&str]| {
            let exports: String =
                checks.iter().map(|v| format!(r#"(export "chiron:policy/check@{v}" (instance $i))"#)).collect();
            let text = format!(
                r#"(component (instance $i) {exports} (export "chiron:lifecycle/plugin@0.1.0" (instance $i)))"#
            );
            inspect(&wat::parse_str(text).unwrap()).map(|found| found.kind_version.to_string())
        };
        assert_eq!(version(&["0.1.0"]).unwrap(), "0.1.0");
        assert_eq!(version(&["0.1.0", "0.2.0"]).unwrap(), "0.2.0");
        assert_eq!(version(&["0.2.0", "0.3.0"]).unwrap(), "0.2.0");
        let error = version(&["0.3.0"]).unwrap_err().to_string();
        assert_eq!(
            error,
            "wants `chiron:policy/check@0.3.0`; this host speaks chiron:policy/check@0.1.0 or chiron:policy/check@0.2.0"
        );
    }

    #[test]
    fn a_scanner_of_content_is_a_scanner_and_one_of_both_is_refused() {
        let exporting = |interfaces: &[&str]| {
            let exports: String =
                interfaces.iter().map(|name| format!(r#"(export "{name}@0.1.0" (instance $i))"#)).collect();
            let text = format!(
                r#"(component (instance $i) {exports} (export "chiron:lifecycle/plugin@0.1.0" (instance $i)))"#
            );
            inspect(&wat::parse_str(text).unwrap()).map(|found| (found.kind, found.work))
        };
        let (scanner, content) = ("chiron:scan/scanner", "chiron:scan/content-scanner");
        assert_eq!(exporting(&[scanner]).unwrap(), (PluginKind::Scanner, Work::Scan));
        assert_eq!(exporting(&[content]).unwrap(), (PluginKind::Scanner, Work::ScanContent));
        assert!(matches!(exporting(&[scanner, content]), Err(LoadError::SeveralKinds { .. })));
    }

    #[test]
    fn truncation_is_an_error_everywhere() {
        let whole =
            wat::parse_str(r#"(component (instance $i) (export "chiron:policy/check@0.1.0" (instance $i)))"#).unwrap();
        for end in 0..whole.len() {
            assert!(inspect(&whole[..end]).is_err(), "{end}");
        }
    }
}
