//! Operating systems: what their package databases say is installed, in the files of an image or of a folder.
//!
//! A database says nothing without what lies beside it: the release stands in `os-release`, and which files a package
//! owns in lists of their own. So these are read from the whole tree, which the host gives once when one of [`MARKS`] is there.

mod apk;
mod dpkg;
mod os_release;
mod owned;
mod root;
mod stanza;

use std::collections::BTreeSet;

use chiron_sdk::content::{self, Tree};
use chiron_sdk::sbom::{Component, FileOutcome, Inventory};
use chiron_sdk::{Location, PluginError, progress};

use crate::SELF;
use crate::text::one_line;
use os_release::Release;
use root::Root;

/// For people.
pub(crate) const NAMES: [&str; 2] = ["Debian's dpkg database", "Alpine's apk database"];

/// Files and links that mark the root of a system. Links, because a database may lie behind one.
pub(crate) const MARKS: [&str; 11] = [
    "**/etc/os-release",
    "**/usr/lib/os-release",
    "**/var/lib/dpkg",
    "**/var/lib/dpkg/status",
    "**/var/lib/dpkg/status.d/*",
    "**/lib/apk",
    "**/lib/apk/db",
    "**/lib/apk/db/installed",
    "**/var/lib/rpm",
    "**/var/lib/rpm/{Packages,Packages.db,rpmdb.sqlite}",
    "**/usr/lib/sysimage/rpm/{Packages,Packages.db,rpmdb.sqlite}",
];

/// What the paths of marks begin with, below their root.
const ANCHORS: [&str; 7] = [
    "etc/os-release",
    "usr/lib/os-release",
    "var/lib/dpkg",
    "usr/lib/apk",
    "lib/apk",
    "var/lib/rpm",
    "usr/lib/sysimage/rpm",
];

/// Databases of RPM, which are not read here.
const RPM: [&str; 6] = [
    "var/lib/rpm/Packages",
    "var/lib/rpm/Packages.db",
    "var/lib/rpm/rpmdb.sqlite",
    "usr/lib/sysimage/rpm/Packages",
    "usr/lib/sysimage/rpm/Packages.db",
    "usr/lib/sysimage/rpm/rpmdb.sqlite",
];

/// Marks looked at. `status.d` has one file for each package.
const MARKS_MAX: usize = 50_000;

/// Roots in one tree: a folder of unpacked images has some.
const ROOTS_MAX: usize = 256;

/// Everything that the systems in a tree say is installed.
///
/// # Errors
/// Only of a run that was cancelled, and of a host that cannot list the tree.
pub(crate) fn inventory(tree: &dyn Tree) -> Result<Inventory, PluginError> {
    let mut found = Found::default();
    let marks = marks(tree)?;
    let prefixes: BTreeSet<&str> = marks.iter().filter_map(|path| prefix(path)).collect();
    for (number, prefix) in prefixes.iter().copied().enumerate() {
        progress::check()?;
        if number >= ROOTS_MAX {
            let reason = format!("there are {} systems in here, and {ROOTS_MAX} are read", prefixes.len());
            found.files.push(FileOutcome::failed(&first_mark(&marks, prefix), reason));
            continue;
        }
        let before = found.files.len();
        system(&Root::new(tree, prefix), &mut found)?;
        if found.files.len() == before {
            // It was named by its release file alone.
            let idle = marks.iter().filter(|path| self::prefix(path) == Some(prefix));
            found.files.extend(idle.map(|path| FileOutcome::unsupported(path, IDLE)));
        }
    }
    if marks.is_empty() {
        found.files.push(FileOutcome::unsupported(SELF, "a folder without a package database of a system"));
    }
    Ok(Inventory { components: found.components, relations: Vec::new(), files: found.files })
}

/// Of a release file that no database lies beside.
const IDLE: &str = "it names a system, and no package database lies beside it";

/// What was found so far.
#[derive(Default)]
struct Found {
    components: Vec<Component>,
    files: Vec<FileOutcome>,
}

/// A package, as its database has it.
struct Package {
    name: String,
    version: String,
    purl: String,
    /// Where in its database, from 1.
    line: u32,
    component: Component,
}

impl Package {
    fn new(name: &str, version: &str, purl: String, line: u32) -> Self {
        let component = Component::new(&purl, "library", name);
        Self { name: name.to_owned(), version: version.to_owned(), purl, line, component }
    }

    fn with(mut self, key: &str, value: &str) -> Self {
        if !value.is_empty() {
            self.component.properties.push((key.to_owned(), one_line(value, 500)));
        }
        self
    }

    /// Says that it owns a path, where that matters to anybody.
    fn owns(&mut self, path: &str) {
        if owned::matters(path) {
            self.component.properties.push(("chiron:owns-path".to_owned(), path.to_owned()));
        }
    }

    fn into_component(self, database: &str, release: Option<&Release>) -> Component {
        let mut component = self.component;
        component.name = self.name;
        component.version = Some(self.version);
        component.purl = Some(self.purl);
        component.locations = vec![Location { path: database.to_owned(), line: Some(self.line), layer: None }];
        if release.is_none() {
            component.properties.push(("chiron:note".to_owned(), NO_RELEASE.to_owned()));
        }
        component
    }
}

/// Of a package whose distribution nobody names. Its version often hints at it (`+deb12u1`), and a hint is a guess.
const NO_RELEASE: &str = "no os-release says which distribution this package is of";

impl Found {
    /// Adds packages of a database. Ids are unique in an inventory; the same package may lie in two roots, or twice in one.
    fn add(&mut self, packages: Vec<Package>, database: &str, release: Option<&Release>) {
        for package in packages {
            let mut component = package.into_component(database, release);
            component.id = format!("{database} {} {}", self.components.len(), component.id);
            self.components.push(component);
        }
    }
}

/// One system: its release, then whatever databases it has.
fn system(root: &Root<'_>, found: &mut Found) -> Result<(), PluginError> {
    let release_file = os_release::find(root);
    let release = release_file.as_ref().and_then(|file| file.release.as_ref().ok());
    let before = found.files.len();
    dpkg::read(root, release, found)?;
    apk::read(root, release, found)?;
    rpm(root, found);
    let has_database = found.files.len() > before;
    // In a folder of sources a file of that name is somebody's test; at the top it names what this is.
    if !has_database && !root.is_top() {
        return Ok(());
    }
    let Some(file) = release_file else { return Ok(()) };
    match &file.release {
        Ok(release) => {
            let mut component = release.component(&file.path);
            component.id = format!("{} {}", file.path, component.id);
            if !has_database {
                component.properties.push(("chiron:note".to_owned(), NO_DATABASE.to_owned()));
            }
            found.components.push(component);
            let mut outcome = FileOutcome::read(&file.path, 1);
            outcome.reason = (!has_database).then(|| NO_DATABASE.to_owned());
            found.files.push(outcome);
        }
        Err(reason) => found.files.push(FileOutcome::failed(&file.path, one_line(reason, 300))),
    }
    Ok(())
}

/// Of a system whose packages nobody here can list.
const NO_DATABASE: &str = "no package database that is read here lies in this system: its packages are not listed";

/// RPM's databases are named, because a system whose packages nobody lists is not a system without packages.
fn rpm(root: &Root<'_>, found: &mut Found) {
    let mut seen = BTreeSet::new();
    for path in RPM {
        if let Some(path) = root.resolve(path).filter(|path| root.has(path))
            && seen.insert(path.clone())
        {
            let reason = "RPM's database is not read yet: the packages of this system are not listed";
            found.files.push(FileOutcome::failed(&path, reason));
        }
    }
}

/// Every mark, as a path of the tree.
fn marks(tree: &dyn Tree) -> Result<Vec<String>, PluginError> {
    let mut marks = BTreeSet::new();
    for glob in MARKS {
        // `var/lib/dpkg` as a folder is no mark, and harms nobody.
        marks.extend(content::all_entries(tree, glob, MARKS_MAX)?.into_iter().map(|entry| entry.path));
    }
    Ok(marks.into_iter().collect())
}

/// The root that a mark marks: what stands before it, empty or with a slash at its end.
fn prefix(mark: &str) -> Option<&str> {
    let below = |anchor: &&str| {
        let mut places = mark.match_indices(*anchor).map(|(at, _)| at);
        places.find(|at| {
            let whole = mark[at + anchor.len()..].is_empty() || mark[at + anchor.len()..].starts_with('/');
            whole && (*at == 0 || mark[..*at].ends_with('/'))
        })
    };
    // `usr/lib/apk` ends like `lib/apk`: the one that leaves the shorter root is meant.
    ANCHORS.iter().filter_map(below).min().map(|at| &mark[..at])
}

fn first_mark(marks: &[String], prefix: &str) -> String {
    marks.iter().find(|mark| mark.starts_with(prefix)).cloned().unwrap_or_else(|| SELF.to_owned())
}

#[cfg(test)]
mod tests;
