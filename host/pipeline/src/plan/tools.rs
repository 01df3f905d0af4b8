//! The programs of a run: found, hashed, and held against what was pinned, before any plugin may run one.

use std::collections::BTreeSet;
use std::path::Path;
use std::sync::Arc;

use chiron_model::digest::Digest;
use chiron_model::plugin::Capability;
use chiron_model::report::{Note, Setting};
use chiron_model::step::Failure;
use chiron_tools::{Confinement, Error as ToolError, Pinned, ProgramError, Runner, Tool, platform};

use super::PlannedStep;
use crate::config::file::ToolTable;
use crate::config::{self, PipelineConfig};
use crate::error::Error;
use crate::house::{House, LockMode};
use crate::lock::{HOW_TO_UPDATE, LOCK_FILE, Lock, path_beside};
use crate::mistake::{Mistake, MistakeClass};
use crate::powers::tools::Toolbox;

/// The programs that steps bind.
#[derive(Clone, Default)]
pub struct PlannedTools {
    /// In the order of their names.
    pub tools: Vec<PlannedTool>,
    pub(crate) toolbox: Option<Arc<Toolbox>>,
}

/// A program, decided.
#[derive(Clone, Debug)]
pub struct PlannedTool {
    /// What runs, and how.
    pub tool: Arc<Tool>,
    /// `chiron.lock`, `pipeline.toml`, or `default` where nothing pins it.
    pub pinned_by: &'static str,
    /// Arguments with which it tells its version.
    pub(crate) version_arguments: Vec<String>,
}

/// Plans the programs that steps bind. All that is wrong with them becomes mistakes, at their lines.
///
/// # Errors
/// A lock that cannot be read.
pub(super) async fn plan(
    config: &PipelineConfig,
    steps: &mut [PlannedStep],
    house: &House,
    mistakes: &mut Vec<Mistake>,
) -> Result<PlannedTools, Error> {
    let bound: BTreeSet<String> =
        steps.iter().flat_map(|step| step.grants.names(Capability::Tools)).map(str::to_owned).collect();
    if bound.is_empty() {
        return Ok(PlannedTools::default());
    }
    let lock = match house.lock {
        LockMode::NotUsed => None,
        LockMode::IfPresent | LockMode::Required => Lock::read(&path_beside(&config.folder))?,
    };
    let runner = Arc::new(Runner::new(house.launcher.clone(), house.scratch.clone()));
    let mut tools = Vec::new();
    for name in &bound {
        let Some(table) = config.file.tools.get(name) else { continue };
        let draft = Draft { name, table, config, lock: lock.as_ref() };
        match draft.plan().await? {
            Ok(Some(tool)) => tools.push(tool),
            Ok(None) => {}
            Err(problem) => mistakes.extend(problem.excused(name, steps)),
        }
    }
    if let Err(error) = probe(&runner, &tools).await? {
        for planned in tools.extract_if(.., |planned| planned.tool.confinement == Confinement::Namespaces) {
            let name = &planned.tool.name;
            mistakes.extend(not_confined(config, name, &error).excused(name, steps));
        }
    }
    let toolbox = Some(Arc::new(Toolbox::new(runner, tools.iter().map(|planned| Arc::clone(&planned.tool)))));
    Ok(PlannedTools { tools, toolbox })
}

/// What is wrong with a program.
struct Problem {
    mistake: Mistake,
    /// The code of the failure that it is for a step which others stand in for. None for what is wrong in any case.
    code: Option<&'static str>,
}

impl Problem {
    /// Where every step that binds the program has fallbacks, or is one, they have failed before they began, and the run goes on.
    /// Else it is a mistake.
    fn excused(self, tool: &str, steps: &mut [PlannedStep]) -> Option<Mistake> {
        let binds = |step: &PlannedStep| step.grants.names(Capability::Tools).any(|name| name == tool);
        let Some(code) = self.code.filter(|_| steps.iter().filter(|step| binds(step)).all(PlannedStep::may_be_absent))
        else {
            return Some(self.mistake);
        };
        let Mistake { message, hint, .. } = self.mistake;
        for step in steps.iter_mut().filter(|step| binds(step)) {
            step.absent = Some(Failure { code: code.to_owned(), message: message.clone(), hint: hint.clone() });
        }
        None
    }
}

struct Draft<'a> {
    name: &'a str,
    table: &'a ToolTable,
    config: &'a PipelineConfig,
    lock: Option<&'a Lock>,
}

impl Draft<'_> {
    /// None where the table has mistakes, which were told already.
    async fn plan(&self) -> Result<Result<Option<PlannedTool>, Problem>, Error> {
        let Some(read) = config::tools::read(self.table) else { return Ok(Ok(None)) };
        let (path, folder) = (self.table.path.clone(), absolute(&self.config.folder)?);
        let program = tokio::task::spawn_blocking(move || {
            let search = std::env::var_os("PATH").unwrap_or_default();
            Pinned::of(&chiron_tools::find(&path, &folder, &search)?)
        });
        let program = match program.await.map_err(|error| Error::Bug(error.to_string()))? {
            Ok(program) => program,
            Err(error) => return Ok(Err(self.unusable(&error))),
        };
        let (version, pinned_by) = match self.held(&program.digest, read.digest.as_ref()) {
            Ok(held) => held,
            Err(problem) => return Ok(Err(problem)),
        };
        let mut reads = std::collections::BTreeMap::new();
        for (name, path) in &self.table.read {
            match absolute(&self.config.folder)?.join(path).canonicalize() {
                Ok(path) => drop(reads.insert(name.clone(), path)),
                Err(error) => return Ok(Err(self.missing(name, path, &error))),
            }
        }
        let tool = Tool {
            name: self.name.to_owned(),
            program,
            version,
            profiles: read.profiles,
            environment: read.environment,
            reads,
            confinement: read.confinement,
            limits: read.limits,
        };
        let version_arguments = self.table.version.clone();
        Ok(Ok(Some(PlannedTool { tool: Arc::new(tool), pinned_by, version_arguments })))
    }

    /// Holds a program against what pins it: its version and where the pin stands.
    fn held(&self, found: &Digest, given: Option<&Digest>) -> Result<(String, &'static str), Problem> {
        let name = self.name;
        if let Some(given) = given.filter(|given| *given != found) {
            let message = format!("digest-mismatch: the tool `{name}` is {found}, and pipeline.toml says {given}");
            let mistake = self.mistake("digest", message, "another program", None);
            return Err(Problem { mistake, code: Some("digest-mismatch") });
        }
        let pinned_by = if given.is_some() { "pipeline.toml" } else { "default" };
        let Some(lock) = self.lock else { return Ok((String::new(), pinned_by)) };
        let hint = Some(HOW_TO_UPDATE.to_owned());
        match lock.tool(name, &platform()) {
            Some(locked) if locked.digest == found.to_string() => Ok((locked.version.clone(), LOCK_FILE)),
            Some(locked) => {
                let message =
                    format!("digest-mismatch: the tool `{name}` is {found}, and {LOCK_FILE} says {}", locked.digest);
                let mistake = self.mistake("path", message, "not as locked", hint);
                Err(Problem { mistake, code: Some("digest-mismatch") })
            }
            None => {
                let message = format!("the tool `{name}` is not in {LOCK_FILE} for {}", platform());
                Err(Problem { mistake: self.mistake("path", message, "not in the lock", hint), code: None })
            }
        }
    }

    fn unusable(&self, error: &ProgramError) -> Problem {
        let hint = match error {
            ProgramError::NotInPath { .. } => "install it, or name its file: path = \"./bin/tool\"",
            ProgramError::Unreadable { .. } => "the path is relative to pipeline.toml",
            ProgramError::Script { .. } => "name a program that stands alone, e.g. a release binary",
            ProgramError::NotExecutable { .. } => "chmod +x",
            ProgramError::NotHeld { .. } => {
                "programs are held in memory while a run lasts: see `ulimit`, and the sysctl vm.memfd_noexec"
            }
            ProgramError::Unknown { .. } | ProgramError::TooLarge { .. } => "name the program itself",
        };
        let message = format!("the tool `{}` cannot be used: {error}", self.name);
        let mistake = self.mistake("path", message, "this program", Some(hint.to_owned()));
        Problem { mistake, code: Some("tool-unusable") }
    }

    fn missing(&self, name: &str, path: &str, error: &std::io::Error) -> Problem {
        let message = format!("the tool `{}` is to read `{path}`, which is not there: {error}", self.name);
        let hint =
            Some("have the program make it before the run, or name another path: a confined program fetches nothing");
        let mistake = self.mistake(&format!("read/{name}"), message, "not there", hint.map(str::to_owned));
        Problem { mistake, code: Some("tool-input-missing") }
    }

    fn mistake(&self, key: &str, message: String, label: &str, hint: Option<String>) -> Mistake {
        let pointer = format!("/tools/{}/{key}", self.name);
        self.config.document.mistake(MistakeClass::Plugin, &pointer, message, label, hint)
    }
}

/// The pipeline's folder is empty for a file named without one.
fn absolute(folder: &Path) -> Result<std::path::PathBuf, Error> {
    let here = std::env::current_dir().map_err(|error| Error::io("open", ".", error))?;
    Ok(here.join(folder))
}

/// Whether this machine can confine what is to be confined: tried once, while planning, so that no step fails for it.
async fn probe(runner: &Arc<Runner>, tools: &[PlannedTool]) -> Result<Result<(), ToolError>, Error> {
    if tools.iter().all(|planned| planned.tool.confinement == Confinement::None) {
        return Ok(Ok(()));
    }
    let runner = Arc::clone(runner);
    let probed = tokio::task::spawn_blocking(move || runner.probe());
    probed.await.map_err(|error| Error::Bug(error.to_string()))
}

fn not_confined(config: &PipelineConfig, name: &str, error: &ToolError) -> Problem {
    let message = format!("not-confined: the tool `{name}` cannot be run as planned: {error}");
    let hint = format!(
        "let this user make user namespaces (on Ubuntu: an AppArmor profile with `userns`, or sysctl kernel.apparmor_restrict_unprivileged_userns=0; in a container: its runtime's setting), or run it unconfined, which stands in the report:\n[tools.{name}]\nconfine = \"none\""
    );
    let pointer = format!("/tools/{name}/path");
    let class = MistakeClass::Plugin;
    let mistake = config.document.mistake(class, &pointer, message, "cannot be confined here", Some(hint));
    Problem { mistake, code: Some("not-confined") }
}

impl PlannedTools {
    /// What stands in report and attestation: which bytes, which version, and that nothing confines them.
    pub(super) fn settings(&self) -> impl Iterator<Item = Setting> {
        self.tools.iter().flat_map(|planned| {
            let tool = &planned.tool;
            let key = format!("tools.{}", tool.name);
            let value = format!("{} {}", tool.program.digest, tool.version).trim_end().to_owned();
            let confine = (tool.confinement == Confinement::None).then(|| Setting {
                key: format!("{key}.confine"),
                value: Confinement::None.word().to_owned(),
                source: "pipeline.toml".to_owned(),
            });
            let pin = Setting { key, value, source: planned.pinned_by.to_owned() };
            std::iter::once(pin).chain(confine)
        })
    }

    pub(super) fn notes(&self) -> impl Iterator<Item = Note> {
        let unconfined = self.tools.iter().filter(|planned| planned.tool.confinement == Confinement::None);
        unconfined.map(|planned| Note {
            code: "unconfined-tool".to_owned(),
            message: format!(
                "the tool `{}` runs unconfined: it can do what the user can who runs chiron",
                planned.tool.name
            ),
        })
    }
}
