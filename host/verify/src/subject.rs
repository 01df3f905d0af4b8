//! Which files are judged: those named, and those in folders that are not themselves evidence.

use std::collections::HashSet;
use std::path::{Path, PathBuf};

use chiron_archive::{Blob, Limits, snapshot};

use crate::bundles;
use crate::checksums;
use crate::request::Error;
use crate::sbom;

/// A file to be judged.
pub(crate) struct Subject {
    /// As it was reached.
    pub(crate) name: String,
    /// Its folder.
    pub(crate) folder: PathBuf,
    /// Its file name.
    pub(crate) file: String,
    /// The folder that was named; its own folder for a file that was named.
    pub(crate) ground: PathBuf,
    /// What it holds, or why that cannot be known.
    pub(crate) content: Result<Blob, String>,
}

/// Finds them all and hashes them.
///
/// # Errors
/// When a path that was named cannot be read.
pub(crate) fn find(paths: &[PathBuf]) -> Result<Vec<Subject>, Error> {
    let mut subjects = Vec::new();
    for path in paths {
        let unreadable = |reason: String| Error::Unreadable { path: path.clone(), reason };
        let held = snapshot(path, &Limits::default()).map_err(|error| unreadable(error.to_string()))?;
        if !path.is_dir() {
            subjects.push(subject(path, path.parent(), held.blob(".").map_err(|error| error.to_string())));
            continue;
        }
        let names: HashSet<&str> = held.files.iter().map(|file| file.path.as_str()).collect();
        for file in held.files.iter().filter(|file| !is_evidence(&file.path, &names)) {
            let content = held.blob(&file.path).map_err(|error| error.to_string());
            subjects.push(subject(&path.join(&file.path), Some(path), content));
        }
        // What cannot be judged is no reason to be silent about it.
        let links = held.links.iter().map(|link| (&link.path, "a symbolic link, which is not followed".to_owned()));
        let others = held.others.iter().map(|path| (path, "no regular file".to_owned()));
        let broken = held.unreadable.iter().map(|file| (&file.path, file.reason.clone()));
        for (name, reason) in links.chain(others).chain(broken) {
            subjects.push(subject(&path.join(name), Some(path), Err(reason)));
        }
    }
    Ok(subjects)
}

fn subject(path: &Path, ground: Option<&Path>, content: Result<Blob, String>) -> Subject {
    let folder = path.parent().unwrap_or(Path::new("")).to_path_buf();
    Subject {
        name: path.display().to_string(),
        file: path.file_name().unwrap_or_default().to_string_lossy().into_owned(),
        ground: ground.unwrap_or(Path::new("")).to_path_buf(),
        folder,
        content,
    }
}

/// Whether a file of a folder is about another one that is there, and so not judged by itself. A name alone is no excuse: what
/// is called a bundle and belongs to nothing would be a way past the signer.
pub(crate) fn is_evidence(path: &str, names: &HashSet<&str>) -> bool {
    let start = path.rfind('/').map_or(0, |slash| slash + 1);
    let name = &path[start..];
    if checksums::is_list(name) {
        return true;
    }
    let about = || name.match_indices('.').any(|(dot, _)| dot > 0 && names.contains(&path[..start + dot]));
    (bundles::is_one(name) || sbom::is_one(name) || checksums::is_one(name)) && (about() || is_about_a_list(name))
}

/// A list of checksums may be signed.
fn is_about_a_list(name: &str) -> bool {
    bundles::is_one(name) && name.match_indices('.').any(|(dot, _)| checksums::is_list(&name[..dot]))
}
