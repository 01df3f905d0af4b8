//! A program's input, laid out as files that hold exactly the bytes that were hashed.

use std::fs::{self, DirBuilder, OpenOptions};
use std::io::Write as _;
use std::os::unix::fs::{DirBuilderExt as _, OpenOptionsExt as _, PermissionsExt as _};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

/// Lays out an input. It is called once, on a thread that may wait.
pub type Fill = Box<dyn FnOnce(&mut Material) -> Result<(), MaterialError> + Send>;

/// Where an input is being laid out, within limits.
#[derive(Debug)]
pub struct Material {
    root: PathBuf,
    bytes_left: u64,
    entries_left: u64,
    cancelled: Arc<AtomicBool>,
}

/// Why an input could not be laid out.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum MaterialError {
    /// A name that leads elsewhere.
    #[error("the input holds `{path}`, which is no path inside it")]
    Path {
        /// As found.
        path: String,
    },
    /// Too many bytes or entries.
    #[error("the input is larger than the program may be shown")]
    TooLarge,
    /// What was hashed cannot be read any more.
    #[error("the input cannot be read: {reason}")]
    Source {
        /// In words.
        reason: String,
    },
    /// It could not be written.
    #[error("the input cannot be laid out at `{path}`: {reason}")]
    Write {
        /// Inside the input.
        path: String,
        /// From the system.
        reason: String,
    },
    /// The execution was stopped meanwhile.
    #[error("cancelled")]
    Cancelled,
}

impl Material {
    pub(crate) fn new(root: PathBuf, bytes: u64, entries: u64, cancelled: Arc<AtomicBool>) -> Self {
        Self { root, bytes_left: bytes, entries_left: entries, cancelled }
    }

    /// A folder, and those above it.
    ///
    /// # Errors
    /// See [`MaterialError`].
    pub fn folder(&mut self, path: &str) -> Result<(), MaterialError> {
        self.count()?;
        self.make_folder(&self.inside(path)?, path)
    }

    /// A file: windows of it are asked for until one is empty.
    ///
    /// # Errors
    /// See [`MaterialError`]; those of `next`.
    pub fn file(
        &mut self,
        path: &str,
        mut next: impl FnMut(u64) -> Result<Vec<u8>, MaterialError>,
    ) -> Result<(), MaterialError> {
        self.count()?;
        let place = self.inside(path)?;
        let written = |error| wrong(path, error);
        if let Some(parent) = place.parent() {
            self.make_folder(parent, path)?;
        }
        // A name that is there already is an input that is read in two ways.
        let file = OpenOptions::new().write(true).create_new(true).mode(0o600).open(&place);
        let mut file = file.map_err(written)?;
        let mut offset = 0;
        loop {
            let window = next(offset)?;
            if window.is_empty() {
                break;
            }
            let bytes = window.len() as u64;
            self.bytes_left = self.bytes_left.checked_sub(bytes).ok_or(MaterialError::TooLarge)?;
            self.go_on()?;
            file.write_all(&window).map_err(written)?;
            offset += bytes;
        }
        file.set_permissions(fs::Permissions::from_mode(0o444)).map_err(written)
    }

    /// A symbolic link, where it is relative and leads to somewhere inside; any other is left out, as if it led nowhere.
    ///
    /// # Errors
    /// See [`MaterialError`].
    pub fn link(&mut self, path: &str, target: &str) -> Result<(), MaterialError> {
        self.count()?;
        let place = self.inside(path)?;
        if !stays_inside(path, target) {
            return Ok(());
        }
        if let Some(parent) = place.parent() {
            self.make_folder(parent, path)?;
        }
        std::os::unix::fs::symlink(target, &place).map_err(|error| wrong(path, error))
    }

    /// Takes away the rights to write.
    pub(crate) fn close(self) -> Result<(), MaterialError> {
        close(&self.root).map_err(|error| wrong(".", error))
    }

    fn count(&mut self) -> Result<(), MaterialError> {
        self.go_on()?;
        self.entries_left = self.entries_left.checked_sub(1).ok_or(MaterialError::TooLarge)?;
        Ok(())
    }

    fn go_on(&self) -> Result<(), MaterialError> {
        if self.cancelled.load(Ordering::Relaxed) { Err(MaterialError::Cancelled) } else { Ok(()) }
    }

    fn inside(&self, path: &str) -> Result<PathBuf, MaterialError> {
        let plain = |part: &str| !part.is_empty() && part != "." && part != ".." && !part.contains(['\0', '\\']);
        if path.split('/').all(plain) {
            Ok(self.root.join(path))
        } else {
            Err(MaterialError::Path { path: path.to_owned() })
        }
    }

    /// Makes a folder without going through a link: everything above it must be a folder that was made here.
    fn make_folder(&self, place: &Path, path: &str) -> Result<(), MaterialError> {
        let parts = place.strip_prefix(&self.root).unwrap_or(Path::new(""));
        let mut folder = self.root.clone();
        for part in parts {
            folder.push(part);
            match fs::symlink_metadata(&folder) {
                Ok(found) if found.is_dir() => {}
                Ok(_) => return Err(MaterialError::Path { path: path.to_owned() }),
                Err(_) => DirBuilder::new().mode(0o700).create(&folder).map_err(|error| wrong(path, error))?,
            }
        }
        Ok(())
    }
}

fn wrong(path: &str, error: std::io::Error) -> MaterialError {
    MaterialError::Write { path: path.to_owned(), reason: error.to_string() }
}

/// Whether a link at `path` leads to somewhere inside by its text alone.
fn stays_inside(path: &str, target: &str) -> bool {
    if target.is_empty() || target.starts_with('/') || target.contains('\0') {
        return false;
    }
    let mut depth = path.split('/').count() - 1;
    for part in target.split('/') {
        match part {
            "" | "." => {}
            ".." => match depth.checked_sub(1) {
                Some(up) => depth = up,
                None => return false,
            },
            _ => depth += 1,
        }
    }
    true
}

fn close(folder: &Path) -> std::io::Result<()> {
    for entry in fs::read_dir(folder)? {
        let entry = entry?;
        if entry.file_type()?.is_dir() {
            close(&entry.path())?;
        }
    }
    fs::set_permissions(folder, fs::Permissions::from_mode(0o555))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn material(root: &Path, bytes: u64) -> Material {
        Material::new(root.to_owned(), bytes, 10, Arc::default())
    }

    fn once(bytes: &'static [u8]) -> impl FnMut(u64) -> Result<Vec<u8>, MaterialError> {
        move |offset| Ok(if offset == 0 { bytes.to_vec() } else { Vec::new() })
    }

    #[test]
    fn a_name_that_leads_elsewhere_is_refused() {
        let root = tempfile::tempdir().unwrap();
        let mut material = material(root.path(), 100);
        for path in ["../x", "/x", "a/../../x", "", "a//b", "./a", "a/.", "..\\x"] {
            assert!(matches!(material.file(path, once(b"x")), Err(MaterialError::Path { .. })), "{path}");
            material.entries_left = 10;
        }
    }

    #[test]
    fn only_links_that_stay_inside_are_made_and_nothing_is_written_through_one() {
        let root = tempfile::tempdir().unwrap();
        let mut material = material(root.path(), 100);
        for (path, target) in [("in", "a/b"), ("out", "../x"), ("root", "/etc"), ("d/up", "../a"), ("d/far", "../../x")]
        {
            material.link(path, target).unwrap();
        }
        let there = |name: &str| fs::symlink_metadata(root.path().join(name)).is_ok();
        assert!(there("in") && there("d/up") && !there("out") && !there("root") && !there("d/far"));
        assert!(matches!(material.file("in/x", once(b"x")), Err(MaterialError::Path { .. })));
    }

    #[test]
    fn bytes_and_entries_are_counted() {
        let root = tempfile::tempdir().unwrap();
        let mut few = material(root.path(), 3);
        few.file("a", once(b"123")).unwrap();
        assert_eq!(few.file("b", once(b"4")), Err(MaterialError::TooLarge));
        for number in 0..8 {
            few.folder(&format!("f{number}")).unwrap();
        }
        assert_eq!(few.folder("g"), Err(MaterialError::TooLarge));
    }

    #[test]
    fn what_is_laid_out_cannot_be_written() {
        let root = tempfile::tempdir().unwrap();
        let mut material = material(root.path(), 100);
        material.file("d/a", once(b"123")).unwrap();
        material.close().unwrap();
        let mode = |name: &str| fs::metadata(root.path().join(name)).unwrap().permissions().mode() & 0o777;
        assert_eq!((mode("d/a"), mode("d"), mode(".")), (0o444, 0o555, 0o555));
        fs::set_permissions(root.path(), fs::Permissions::from_mode(0o700)).unwrap();
        fs::set_permissions(root.path().join("d"), fs::Permissions::from_mode(0o700)).unwrap();
    }
}
