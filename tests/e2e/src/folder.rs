//! A folder that a test works in, with a home of its own.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::process::Command;

use tempfile::TempDir;

use crate::binary::{self, Ended};

/// A temporary folder, and a home that is not inside it.
#[derive(Debug)]
pub struct Folder {
    work: TempDir,
    home: TempDir,
}

impl Default for Folder {
    fn default() -> Self {
        Self::new()
    }
}

impl Folder {
    /// An empty one.
    #[must_use]
    pub fn new() -> Self {
        Self { work: tempfile::tempdir().unwrap(), home: tempfile::tempdir().unwrap() }
    }

    /// The path of something in it.
    #[must_use]
    pub fn path(&self, name: &str) -> PathBuf {
        if name == "." { self.work.path().to_path_buf() } else { self.work.path().join(name) }
    }

    /// The home that the binary sees.
    #[must_use]
    pub fn home(&self) -> &Path {
        self.home.path()
    }

    /// Writes a file, and the folders above it.
    pub fn write(&self, name: &str, bytes: impl AsRef<[u8]>) -> &Self {
        let path = self.path(name);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(path, bytes).unwrap();
        self
    }

    /// Reads a file as text.
    #[track_caller]
    #[must_use]
    pub fn read(&self, name: &str) -> String {
        std::fs::read_to_string(self.path(name)).unwrap_or_else(|error| panic!("{name}: {error}"))
    }

    /// Whether something is there.
    #[must_use]
    pub fn has(&self, name: &str) -> bool {
        self.path(name).exists()
    }

    /// Every file with its bytes, by relative path; folders end in a slash.
    #[must_use]
    pub fn listing(&self) -> BTreeMap<String, Vec<u8>> {
        let mut all = BTreeMap::new();
        list(self.work.path(), "", &mut all);
        list(self.home.path(), "~/", &mut all);
        all
    }

    /// Copies a folder into this one, without what cargo left in it.
    pub fn copy(&self, from: &Path, to: &str) {
        copy(from, &self.path(to));
    }

    /// The binary, in this folder.
    #[must_use]
    pub fn command(&self, arguments: &[&str]) -> Command {
        let mut command = binary::command(self.home());
        command.current_dir(self.work.path()).args(arguments);
        command
    }

    /// Runs the binary in this folder.
    #[must_use]
    pub fn chiron(&self, arguments: &[&str]) -> Ended {
        Ended::of(&self.command(arguments).output().unwrap())
    }

    /// Runs the binary with some more in its environment.
    #[must_use]
    pub fn chiron_with(&self, environment: &[(&str, &str)], arguments: &[&str]) -> Ended {
        Ended::of(&self.command(arguments).envs(environment.iter().copied()).output().unwrap())
    }

    /// Makes `db` of OSV records.
    pub fn database(&self, records: &[String]) -> &Self {
        for (index, record) in records.iter().enumerate() {
            self.write(&format!("osv/{index:03}.json"), record);
        }
        std::fs::create_dir_all(self.path("osv")).unwrap();
        let _ = self.chiron(&["db", "import", "osv", "--db", "db"]).with_code(0);
        self
    }
}

fn list(folder: &Path, prefix: &str, all: &mut BTreeMap<String, Vec<u8>>) {
    for entry in std::fs::read_dir(folder).unwrap() {
        let entry = entry.unwrap();
        let name = format!("{prefix}{}", entry.file_name().to_string_lossy());
        if entry.file_type().unwrap().is_dir() {
            list(&entry.path(), &format!("{name}/"), all);
            all.insert(format!("{name}/"), Vec::new());
        } else {
            all.insert(name, std::fs::read(entry.path()).unwrap());
        }
    }
}

fn copy(from: &Path, to: &Path) {
    std::fs::create_dir_all(to).unwrap();
    for entry in std::fs::read_dir(from).unwrap() {
        let entry = entry.unwrap();
        let to = to.join(entry.file_name());
        if entry.file_name() == "target" {
            continue;
        }
        if entry.file_type().unwrap().is_dir() {
            copy(&entry.path(), &to);
        } else {
            std::fs::copy(entry.path(), to).unwrap();
        }
    }
}
