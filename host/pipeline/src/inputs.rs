//! What a run stands on, as it is at one moment: for doors that run anew when something changes.
//!
//! A state of files is what the file system says of them, not their bytes: whoever asks does so often. What Chiron itself writes is
//! no input, or a run would be its own reason.

use std::collections::{BTreeMap, BTreeSet};
use std::os::unix::fs::MetadataExt as _;
use std::path::{Path, PathBuf};

use chiron_archive::{Limits, Litter, Walk};

use crate::config::PipelineConfig;
use crate::house::{DatabaseChoice, House};
use crate::lock::LOCK_FILE;
use crate::{registry, subjects};

/// How much of a place belongs to the run.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Reach {
    /// The file, or what lies directly in the folder.
    Flat,
    /// Everything below.
    Deep,
}

/// What tells one state of a file from another.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct State {
    inode: u64,
    size: u64,
    modified: (i64, i64),
    changed: (i64, i64),
}

/// Files that a run stands on, and the places where more of them may appear.
#[derive(Clone, Debug, Default)]
pub struct Inputs {
    files: BTreeMap<PathBuf, State>,
    places: BTreeSet<(PathBuf, Reach)>,
}

impl Inputs {
    /// Looks at everything that a pipeline and a house name. `pipeline` is its file, where it was read from one; `own` are files
    /// that this program writes.
    #[must_use]
    pub fn of(config: &PipelineConfig, pipeline: Option<&Path>, house: &House, own: &[PathBuf]) -> Self {
        let own: Vec<PathBuf> = own.iter().map(|path| known_as(path)).collect();
        // A folder for statements alone; where they go beside everything else, their names tell them.
        let folder =
            Some(&config.file.pipeline.attestations).filter(|folder| !matches!(folder.as_str(), "" | "." | "./"));
        let attestations = folder.map(|folder| known_as(&config.folder.join(folder)));
        let mut look = Look { inputs: Self::default(), own, attestations };
        for path in named(config, pipeline, house) {
            look.at(&path);
        }
        look.at_subjects(config, house);
        look.inputs
    }

    /// These files alone: what is left to look at where nothing else can be read.
    pub fn of_files<'a>(files: impl Iterator<Item = &'a PathBuf>) -> Self {
        let mut look = Look { inputs: Self::default(), own: Vec::new(), attestations: None };
        files.for_each(|path| look.file(path));
        look.inputs
    }

    /// Files that came, went or changed since, sorted.
    #[must_use]
    pub fn changed_since<'a>(&'a self, earlier: &'a Self) -> Vec<&'a Path> {
        let here = self.files.iter().filter(|(path, state)| earlier.files.get(*path) != Some(*state));
        let gone = earlier.files.keys().filter(|path| !self.files.contains_key(*path));
        let changed: BTreeSet<&Path> = here.map(|(path, _)| path.as_path()).chain(gone.map(PathBuf::as_path)).collect();
        changed.into_iter().collect()
    }

    /// Places where a change may happen.
    pub fn places(&self) -> impl Iterator<Item = (&Path, Reach)> {
        self.places.iter().map(|(path, reach)| (path.as_path(), *reach))
    }

    /// How many files there are.
    #[must_use]
    pub fn count(&self) -> usize {
        self.files.len()
    }
}

/// Files and folders that are named one by one.
fn named(config: &PipelineConfig, pipeline: Option<&Path>, house: &House) -> Vec<PathBuf> {
    let file = &config.file;
    let below = |path: &String| config.folder.join(path);
    let mut paths: Vec<PathBuf> = pipeline.map(Path::to_path_buf).into_iter().collect();
    if pipeline.is_some() {
        paths.push(config.folder.join(LOCK_FILE));
    }
    paths.extend(config.bases.read.iter().map(|base| below(&base.name)));
    paths.extend(file.ignore.iter().flat_map(|table| &table.files).map(below));
    paths.extend(file.vex.iter().flat_map(|table| &table.files).map(below));
    paths.extend(
        config.gate_setting("baseline").and_then(serde_json::Value::as_str).map(|path| config.folder.join(path)),
    );
    let sources = file.plugins.values().map(|plugin| &plugin.source).chain(file.steps.iter().map(|step| &step.uses));
    paths.extend(sources.filter(|source| registry::is_path(source)).map(below));
    paths.extend(file.databases.values().flat_map(|table| table.path.iter().chain(&table.records)).map(below));
    paths.extend(file.enrich.iter().flat_map(|table| table.epss.iter().chain(&table.kev)).map(below));
    match &house.database {
        DatabaseChoice::Given(given) => paths.extend(given.iter().cloned()),
        DatabaseChoice::Default(default) => paths.extend(default.clone()),
    }
    paths.extend(house.overrides.values().cloned());
    paths.extend(house.words.ignore.iter().chain(&house.words.vex).chain(&house.words.baseline).cloned());
    paths.extend(house.operators.iter().map(|operator| PathBuf::from(&operator.name)));
    paths
}

struct Look {
    inputs: Inputs,
    own: Vec<PathBuf>,
    attestations: Option<PathBuf>,
}

impl Look {
    fn at_subjects(&mut self, config: &PipelineConfig, house: &House) {
        let pipeline = &config.file.pipeline;
        let exclude: Vec<String> = house.walking.exclude.iter().chain(&pipeline.exclude).cloned().collect();
        let litter = if house.walking.no_ignore || pipeline.no_ignore { Litter::Walked } else { Litter::LeftOut };
        let walk = Walk::new(&exclude, litter).unwrap_or_else(|_| Walk::everything());
        for pattern in &pipeline.subjects {
            let place = config.folder.join(subjects::without_wildcards(pattern));
            // `a/*/b` may come to be in a folder that is not there yet.
            let rest = pattern.split('/').count() - place.components().count().min(pattern.split('/').count());
            let reach = if rest > 1 || pattern.contains("**") { Reach::Deep } else { Reach::Flat };
            self.place(&place, reach);
        }
        let Ok((found, _)) = subjects::expand(&config.folder, &pipeline.subjects, &walk) else { return };
        for (_, path) in found {
            self.deep(&path, &walk);
        }
    }

    /// A file, or what is in a folder that is named: a database, or a folder of records.
    fn at(&mut self, path: &Path) {
        if path.is_dir() { self.deep(path, &Walk::everything()) } else { self.file(path) }
    }

    fn deep(&mut self, path: &Path, walk: &Walk) {
        if !path.is_dir() {
            return self.file(path);
        }
        self.place(path, Reach::Deep);
        // A folder that cannot be walked is a failure of the run, which says so.
        for name in chiron_archive::names(path, &Limits::default(), walk).unwrap_or_default() {
            self.see(&path.join(name));
        }
    }

    fn file(&mut self, path: &Path) {
        // What is replaced by renaming is seen in its folder alone.
        let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
        self.place(folder, Reach::Flat);
        self.see(path);
    }

    fn place(&mut self, path: &Path, reach: Reach) {
        let path = if path.as_os_str().is_empty() { Path::new(".") } else { path };
        self.inputs.places.insert((path.to_path_buf(), reach));
    }

    fn is_statement(&self, known: &Path) -> bool {
        self.attestations.as_ref().is_some_and(|folder| known.starts_with(folder))
    }

    fn see(&mut self, path: &Path) {
        let Ok(found) = std::fs::metadata(path) else { return };
        let known = known_as(path);
        if !found.is_file() || self.own.contains(&known) || self.is_statement(&known) || is_own_name(path) {
            return;
        }
        let state = State {
            inode: found.ino(),
            size: found.len(),
            modified: (found.mtime(), found.mtime_nsec()),
            changed: (found.ctime(), found.ctime_nsec()),
        };
        self.inputs.files.insert(path.to_path_buf(), state);
    }
}

/// Bundles beside subjects, and what is about to be renamed into its place.
fn is_own_name(path: &Path) -> bool {
    let name = path.file_name().unwrap_or_default().to_string_lossy();
    subjects::OWN_OUTPUT.iter().any(|ending| name.ends_with(ending)) || name.starts_with(".chiron-")
}

/// One spelling for one file, also where it is not there yet.
fn known_as(path: &Path) -> PathBuf {
    if let Ok(known) = path.canonicalize() {
        return known;
    }
    let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
    let folder = folder.canonicalize().unwrap_or_else(|_| folder.to_path_buf());
    path.file_name().map_or(folder.clone(), |name| folder.join(name))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn look(folder: &Path) -> Inputs {
        let attestations = Some(known_as(&folder.join("attestations")));
        let mut look =
            Look { inputs: Inputs::default(), own: vec![known_as(&folder.join("report.json"))], attestations };
        look.deep(folder, &Walk::new(&["skipped/".to_owned()], Litter::LeftOut).unwrap());
        look.inputs
    }

    #[test]
    fn what_changes_is_named_and_what_is_written_by_a_run_is_not() {
        let folder = tempfile::tempdir().unwrap();
        let path = |name: &str| folder.path().join(name);
        for sub in ["attestations", "skipped", "sub"] {
            std::fs::create_dir(path(sub)).unwrap();
        }
        std::fs::write(path("sub/uv.lock"), "1").unwrap();
        let before = look(folder.path());
        assert_eq!(before.count(), 1);
        for own in ["report.json", "attestations/a.json", "a.whl.sigstore.json", ".chiron-x1", "skipped/b"] {
            std::fs::write(path(own), "x").unwrap();
        }
        assert_eq!(look(folder.path()).changed_since(&before), Vec::<&Path>::new());
        std::fs::write(path("sub/uv.lock"), "22").unwrap();
        std::fs::write(path("new"), "x").unwrap();
        let after = look(folder.path());
        assert_eq!(after.changed_since(&before), [path("new"), path("sub/uv.lock")]);
        std::fs::remove_file(path("new")).unwrap();
        assert_eq!(look(folder.path()).changed_since(&after), [path("new")]);
    }
}
