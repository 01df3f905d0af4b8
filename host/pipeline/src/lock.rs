//! chiron.lock: which plugins a pipeline was reviewed with.

mod difference;

use std::path::{Path, PathBuf};

use chiron_model::plugin::Description;
use serde::{Deserialize, Serialize};

pub use difference::differences;

use crate::config::PipelineConfig;
use crate::error::Error;
use crate::house::{House, LockMode};
use crate::mistake::{Mistake, MistakeClass, Mistakes};
use crate::plan::PlannedStep;
use crate::registry::{Origin, Resolved};

/// Name of the lock file, beside pipeline.toml.
pub const LOCK_FILE: &str = "chiron.lock";

/// The lock.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct Lock {
    /// Version of this format.
    pub version: u32,
    /// Plugins, sorted by name.
    #[serde(default, rename = "plugin")]
    pub plugins: Vec<LockedPlugin>,
    /// What each step may use, sorted by id.
    #[serde(default, rename = "step")]
    pub steps: Vec<LockedStep>,
    /// Databases that are pinned, sorted by name.
    #[serde(default, rename = "database", skip_serializing_if = "Vec::is_empty")]
    pub databases: Vec<LockedDatabase>,
    /// Programs, sorted by name and platform: one row for each platform that `chiron lock` was run on.
    #[serde(default, rename = "tool", skip_serializing_if = "Vec::is_empty")]
    pub tools: Vec<LockedTool>,
}

/// One plugin. A lock diff is a capability diff.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct LockedPlugin {
    /// The pipeline's name for it.
    pub name: String,
    /// Version of a builtin, which identifies it; absent for files.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub version: Option<String>,
    /// Digest of a component file; absent for builtins, which differ between builds of the same version.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub digest: Option<String>,
    /// Who has to have signed it; absent where the pipeline names nobody.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub signer: Option<String>,
    /// Interfaces it imports.
    pub imports: Vec<String>,
    /// Interfaces it exports.
    pub exports: Vec<String>,
    /// Labels it asks the operator to bind, e.g. `key:signing`.
    #[serde(default)]
    pub requests: Vec<String>,
}

/// One step: grants are reviewed text.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct LockedStep {
    /// Its id.
    pub id: String,
    /// The pipeline's name for its plugin.
    pub plugin: String,
    /// What it may use, e.g. `content` and `signing(release)`.
    pub grants: Vec<String>,
}

impl LockedStep {
    /// As planned.
    #[must_use]
    pub fn of(step: &PlannedStep) -> Self {
        Self { id: step.id.clone(), plugin: step.record.name.clone(), grants: step.record.grants.clone() }
    }
}

/// One pinned database.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct LockedDatabase {
    /// The pipeline's name for it.
    pub name: String,
    /// Digest of its content.
    pub digest: String,
}

/// What to do about a difference.
pub(crate) const HOW_TO_UPDATE: &str =
    "if the change is meant: run `chiron lock`, review the difference it prints, and accept it with `--update`";

/// One program on one platform.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct LockedTool {
    /// The pipeline's name for it.
    pub name: String,
    /// E.g. `linux-x86_64`.
    pub platform: String,
    /// As it tells it itself; empty where nobody said how to ask.
    #[serde(default)]
    pub version: String,
    /// Digest of the program.
    pub digest: String,
}

/// The only version of the format so far.
const VERSION: u32 = 1;

impl Lock {
    /// Describes what a pipeline resolves to now.
    #[must_use]
    pub fn of<'a>(
        resolved: impl IntoIterator<Item = (&'a Resolved, Vec<String>)>,
        mut steps: Vec<LockedStep>,
        databases: Vec<LockedDatabase>,
    ) -> Self {
        let of = |(plugin, requests): (&Resolved, Vec<String>)| LockedPlugin { requests, ..LockedPlugin::of(plugin) };
        let mut plugins: Vec<_> = resolved.into_iter().map(of).collect();
        plugins.sort_by(|a, b| a.name.cmp(&b.name));
        plugins.dedup();
        steps.sort_by(|a, b| a.id.cmp(&b.id));
        Self { version: VERSION, plugins, steps, databases, tools: Vec::new() }
    }

    /// Adds this platform's programs, and keeps what an earlier lock says of them on other platforms.
    #[must_use]
    pub fn with_tools(mut self, here: Vec<LockedTool>, before: Option<&Self>) -> Self {
        let platform = chiron_tools::platform();
        let named = |row: &&LockedTool| row.platform != platform && here.iter().any(|tool| tool.name == row.name);
        self.tools = before.iter().flat_map(|lock| &lock.tools).filter(named).cloned().collect();
        self.tools.extend(here);
        self.tools.sort();
        self
    }

    /// What is locked of a program on a platform.
    #[must_use]
    pub fn tool(&self, name: &str, platform: &str) -> Option<&LockedTool> {
        self.tools.iter().find(|tool| tool.name == name && tool.platform == platform)
    }

    /// Reads the lock beside a pipeline; None where there is none.
    ///
    /// # Errors
    /// A file that cannot be read, is no lock, or is of another version.
    pub fn read(path: &Path) -> Result<Option<Self>, Error> {
        let text = match std::fs::read_to_string(path) {
            Ok(text) => text,
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(None),
            Err(error) => return Err(Error::io("read", path, error)),
        };
        let wrong = |message: String, span: std::ops::Range<usize>| {
            let hint = Some(
                "restore it, or make it anew: remove it, run `chiron lock`, and review what version control says"
                    .to_owned(),
            );
            let label = "here".to_owned();
            let items = vec![Mistake { class: MistakeClass::Config, message, span, label, hint }];
            Error::Mistakes(Mistakes { name: path.display().to_string(), text: text.clone(), parts: Vec::new(), items })
        };
        let lock: Self =
            toml::from_str(&text).map_err(|error| wrong(error.message().to_owned(), error.span().unwrap_or(0..0)))?;
        if lock.version != VERSION {
            return Err(wrong(format!("lock version {} is not {VERSION}", lock.version), 0..0));
        }
        Ok(Some(lock))
    }

    /// As the file's text.
    ///
    /// # Errors
    /// Never in practice: the types have a TOML form.
    pub fn text(&self) -> Result<String, Error> {
        let body = toml::to_string(self).map_err(|error| Error::Bug(error.to_string()))?;
        Ok(format!(
            "# Made by `chiron lock`. Review its difference like code: imports are what a plugin can touch.\n{body}"
        ))
    }

    /// Why what only a plan tells, a plugin's requests and a step's grants, is not what was locked.
    pub(crate) fn objection_to_step(&self, step: &PlannedStep) -> Option<String> {
        let listed = |items: &[String]| if items.is_empty() { "nothing".to_owned() } else { items.join(", ") };
        let name = &step.record.name;
        let (locked, now) = (&self.plugin(name)?.requests, requests(&step.description));
        if *locked != now {
            let (now, locked) = (listed(&now), listed(locked));
            return Some(format!("the plugin `{name}` asks for {now}, and {LOCK_FILE} says {locked}"));
        }
        let Some(locked) = self.step(&step.id) else {
            return Some(format!("the step `{}` is not in {LOCK_FILE}", step.id));
        };
        let now = LockedStep::of(step);
        (*locked != now).then(|| {
            format!(
                "the step `{}` gives `{}` {}, and {LOCK_FILE} says `{}` {}",
                step.id,
                now.plugin,
                listed(&now.grants),
                locked.plugin,
                listed(&locked.grants)
            )
        })
    }

    /// Why a plugin is not what was locked.
    fn objection(&self, plugin: &Resolved) -> Option<String> {
        let name = &plugin.name;
        match self.plugin(name) {
            None => Some(format!("the plugin `{name}` is not in {LOCK_FILE}")),
            Some(locked) => locked
                .difference(&LockedPlugin::of(plugin))
                .map(|difference| format!("the plugin `{name}` is not what {LOCK_FILE} says: {difference}")),
        }
    }

    fn plugin(&self, name: &str) -> Option<&LockedPlugin> {
        self.plugins.iter().find(|plugin| plugin.name == name)
    }

    fn step(&self, id: &str) -> Option<&LockedStep> {
        self.steps.iter().find(|step| step.id == id)
    }
}

impl LockedPlugin {
    fn of(resolved: &Resolved) -> Self {
        let (version, digest) = match &resolved.origin {
            Origin::Builtin(version) => (Some((*version).to_owned()), None),
            Origin::File(_) | Origin::Override(_) => (None, Some(resolved.inspection.digest.to_string())),
        };
        Self {
            name: resolved.name.clone(),
            version,
            digest,
            signer: resolved.vouched.wanted.clone(),
            imports: resolved.inspection.imports.clone(),
            exports: resolved.inspection.exports.clone(),
            requests: Vec::new(),
        }
    }

    /// What differs, in words.
    fn difference(&self, now: &Self) -> Option<String> {
        if self.digest != now.digest || self.version != now.version {
            let (now, locked) = (difference::identity(now), difference::identity(self));
            return Some(format!("it is {now}, and the lock says {locked}"));
        }
        if self.signer != now.signer {
            let (now, locked) = (difference::signer(now), difference::signer(self));
            return Some(format!("it has to be signed by {now}, and the lock says {locked}"));
        }
        if self.imports != now.imports {
            let new: Vec<_> = now.imports.iter().filter(|import| !self.imports.contains(import)).cloned().collect();
            return Some(format!("it imports other interfaces than the lock says (new: {})", new.join(", ")));
        }
        (self.exports != now.exports).then(|| "it exports other interfaces than the lock says".to_owned())
    }
}

/// Whether a run stands on a lock.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Locked {
    /// Everything is as the lock says.
    Yes(Lock),
    /// There is no lock, or `--plugin` replaced something.
    No,
    /// The pipeline has nothing to lock.
    NotUsed,
}

/// Holds what was resolved against the lock. Every plugin that is not what the lock says becomes a mistake at its line.
///
/// # Errors
/// A missing lock with `--locked`, and a lock that cannot be read.
pub fn enforce(
    config: &PipelineConfig,
    resolved: &[Option<Resolved>],
    house: &House,
    mistakes: &mut Vec<Mistake>,
) -> Result<Locked, Error> {
    if house.lock == LockMode::NotUsed {
        return Ok(Locked::NotUsed);
    }
    let path = path_beside(&config.folder);
    let Some(lock) = Lock::read(&path)? else {
        return if house.lock == LockMode::Required { Err(Error::LockMissing { path }) } else { Ok(Locked::No) };
    };
    let mut replaced = false;
    for (index, plugin) in resolved.iter().enumerate().filter_map(|(index, plugin)| Some((index, plugin.as_ref()?))) {
        if matches!(plugin.origin, Origin::Override(_)) {
            replaced = true;
        } else if let Some(message) = lock.objection(plugin) {
            let hint = Some(HOW_TO_UPDATE.to_owned());
            let is_step = index < config.file.steps.len();
            let pointer = if is_step { format!("/step/{index}/uses") } else { "/gate".to_owned() };
            mistakes.push(config.document.mistake(MistakeClass::Plugin, &pointer, message, "not as locked", hint));
        }
    }
    mistakes.extend(pins_without_a_lock(config, &lock));
    Ok(if replaced { Locked::No } else { Locked::Yes(lock) })
}

/// A pin that the lock does not hold pins nothing.
fn pins_without_a_lock(config: &PipelineConfig, lock: &Lock) -> Vec<Mistake> {
    let known = |name: &String| lock.databases.iter().any(|database| database.name == *name);
    let missing = config.file.databases.iter().filter(|(name, table)| table.pin && !known(name));
    let mistake = |(name, _): (&String, _)| {
        let message = format!("the database `{name}` is pinned, and {LOCK_FILE} holds no digest of it");
        let hint = Some(HOW_TO_UPDATE.to_owned());
        let pointer = format!("/databases/{name}/pin");
        config.document.mistake(MistakeClass::Plugin, &pointer, message, "not in the lock", hint)
    };
    missing.map(mistake).collect()
}

/// A plugin's requests as the lock writes them.
#[must_use]
pub fn requests(description: &Description) -> Vec<String> {
    let mut requests: Vec<_> =
        description.requests.iter().map(|request| format!("{}:{}", request.capability, request.label)).collect();
    requests.sort();
    requests
}

/// Where the lock of a pipeline is.
#[must_use]
pub fn path_beside(folder: &Path) -> PathBuf {
    folder.join(LOCK_FILE)
}
