//! Which files the paths of an import stand for.

use std::fs::File;
use std::io::{self, Read as _};
use std::path::{Path, PathBuf};

use walkdir::WalkDir;

use super::ImportError;

/// Files to read records from.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Source {
    /// A zip archive of records.
    Archive(PathBuf),
    /// A file that was named: it must be a record.
    Record(PathBuf),
    /// JSON files found in a folder, sorted; what is no record among them is something else.
    Folder(PathBuf, Vec<PathBuf>),
}

/// Finds them, in the order of the paths and sorted within each.
///
/// # Errors
/// [`ImportError::Unreadable`] for a path that is not there, and for anything in a folder that cannot be read: what
/// is silently left out would be silently clean. Symbolic links are followed; a loop is an error.
pub(super) fn find(paths: &[PathBuf]) -> Result<Vec<Source>, ImportError> {
    let mut sources = Vec::new();
    for path in paths {
        let unreadable = |source| ImportError::Unreadable { path: path.clone(), source };
        if path.metadata().map_err(unreadable)?.is_dir() {
            walk(path, &mut sources)?;
        } else if is_zip(path).map_err(unreadable)? {
            sources.push(Source::Archive(path.clone()));
        } else {
            sources.push(Source::Record(path.clone()));
        }
    }
    Ok(sources)
}

fn walk(folder: &Path, sources: &mut Vec<Source>) -> Result<(), ImportError> {
    let mut records = Vec::new();
    for entry in WalkDir::new(folder).follow_links(true).sort_by_file_name() {
        let entry = entry.map_err(|error| ImportError::Unreadable {
            path: error.path().unwrap_or(folder).to_owned(),
            source: error.into(),
        })?;
        if !entry.file_type().is_file() {
            continue;
        }
        match entry.path().extension().and_then(|extension| extension.to_str()) {
            Some("zip") => sources.push(Source::Archive(entry.into_path())),
            Some("json") => records.push(entry.into_path()),
            _ => {}
        }
    }
    if !records.is_empty() {
        sources.push(Source::Folder(folder.to_owned(), records));
    }
    Ok(())
}

/// By content, since a named file may be called anything: a local header, or the end record of an empty archive.
fn is_zip(path: &Path) -> io::Result<bool> {
    let mut start = Vec::new();
    File::open(path)?.take(4).read_to_end(&mut start)?;
    Ok(start == b"PK\x03\x04" || start == b"PK\x05\x06")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn folders_are_searched_and_named_files_are_told_apart_by_content() {
        let dir = tempfile::tempdir().unwrap();
        let path = |name: &str| dir.path().join(name);
        std::fs::create_dir_all(path("mirror/npm")).unwrap();
        for (name, text) in [
            ("mirror/npm/all.zip", "PK\x05\x06"),
            ("mirror/b.json", "{}"),
            ("mirror/a.json", "{}"),
            ("mirror/notes.txt", ""),
            ("named", "PK\x03\x04"),
            ("record", "{"),
        ] {
            std::fs::write(path(name), text).unwrap();
        }
        let found = find(&[path("record"), path("mirror"), path("named")]).unwrap();
        assert_eq!(
            found,
            [
                Source::Record(path("record")),
                Source::Archive(path("mirror/npm/all.zip")),
                Source::Folder(path("mirror"), vec![path("mirror/a.json"), path("mirror/b.json")]),
                Source::Archive(path("named")),
            ]
        );
        assert!(matches!(find(&[path("absent")]), Err(ImportError::Unreadable { .. })));
    }
}
