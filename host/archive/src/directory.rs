//! Walking and hashing a directory, once.

use std::ffi::OsStr;
use std::os::fd::{AsFd as _, BorrowedFd};
use std::os::unix::ffi::OsStrExt as _;
use std::path::Path;

use chiron_model::text::inert;
use rayon::prelude::*;
use sha2::{Digest as _, Sha256};
use walkdir::WalkDir;

use crate::blob::examine;
use crate::data::Data;
use crate::disk::{self, DiskFile, Identity};
use crate::error::Error;
use crate::limits::Limits;
use crate::name;
use crate::tree::EntryKind;
use crate::walk::{LeftOut, Walk};

/// What was found at one path.
pub(crate) struct Found {
    /// As the file system has it.
    pub(crate) raw: Vec<u8>,
    pub(crate) what: What,
}

pub(crate) enum What {
    File(Identity, [u8; 32], &'static str),
    Directory,
    Link(Vec<u8>),
    Other,
    /// Why.
    Unreadable(String),
}

impl What {
    fn word(&self) -> &'static str {
        match self {
            Self::File(..) => EntryKind::File.word(),
            Self::Directory => EntryKind::Directory.word(),
            Self::Link(_) => EntryKind::Symlink.word(),
            Self::Other => EntryKind::Other.word(),
            Self::Unreadable(_) => "unreadable",
        }
    }
}

/// Everything below `root` that is walked, hashed, sorted by the bytes of the path; and what was left out, sorted.
/// `path` is where `root` was opened.
///
/// The names come from a walk by path, the bytes through `root`'s descriptor without following links: a directory swapped
/// for a link meanwhile can at worst give names whose opening is refused.
///
/// # Errors
/// [`Error::Limit`], [`Error::Changed`] when a file goes away or changes meanwhile, [`Error::Io`]. What merely cannot be
/// read is in the list.
pub(crate) fn survey(
    root: BorrowedFd<'_>,
    path: &Path,
    limits: &Limits,
    rules: &Walk,
) -> Result<(Vec<Found>, Vec<LeftOut>), Error> {
    let (walked, left_out) = walk(root, path, limits, rules)?;
    let mut found = walked.into_par_iter().map(|step| look(root, step, limits)).collect::<Result<Vec<_>, _>>()?;
    found.sort_by(|a, b| a.raw.cmp(&b.raw).then_with(|| a.what.word().cmp(b.what.word())));
    Ok((found, left_out))
}

/// Paths of the regular files that a walk of a directory gives, sorted. None is opened; a path that cannot stand in a
/// report is not among them.
///
/// # Errors
/// [`Error::Limit`]; [`Error::Io`] when the directory cannot be walked.
pub fn names(path: &Path, limits: &Limits, rules: &Walk) -> Result<Vec<String>, Error> {
    let root = disk::open_root(path).map_err(|source| Error::io(&path.to_string_lossy(), source))?;
    let (steps, _) = walk(root.as_fd(), path, limits, rules)?;
    let files = steps.into_iter().filter(|step| step.kind == Ok(EntryKind::File));
    let mut names: Vec<_> = files.filter_map(|step| usable(&step.raw, limits).ok().map(str::to_owned)).collect();
    names.sort();
    Ok(names)
}

/// The `chironDirV1` digest: SHA-256 over one line per entry, in the order of the paths' bytes:
///
/// ```text
/// path NUL kind NUL digest LF
/// ```
/// - path: relative to the root, slash-separated, the file system's own bytes; it can hold anything but NUL, so the first
///   NUL ends it and the line can be read back in one way only;
/// - kind: `file`, `directory`, `symlink`, `other` or `unreadable`;
/// - digest: lower-case hex SHA-256 of a file's content or of a link's target text, `-` for the rest.
///
/// Empty directories count (Python imports them as namespaces); modes, times and owners do not (they differ between two
/// checkouts of one commit). The root itself has no line, so an empty directory has the digest of nothing. What a walk left
/// out has no line either: the digest is over what was judged, and that of a directory that holds more is another.
pub(crate) fn digest(found: &[Found]) -> [u8; 32] {
    let mut hasher = Sha256::new();
    for Found { raw, what } in found {
        let digest = match what {
            What::File(_, sha256, _) => hex::encode(sha256),
            What::Link(target) => hex::encode(Sha256::digest(target)),
            What::Directory | What::Other | What::Unreadable(_) => "-".to_owned(),
        };
        hasher.update(raw);
        hasher.update([0]);
        hasher.update(what.word());
        hasher.update([0]);
        hasher.update(digest);
        hasher.update([b'\n']);
    }
    hasher.finalize().into()
}

/// A path of the walk, or why there is none.
struct Step {
    raw: Vec<u8>,
    kind: Result<EntryKind, String>,
}

type Walked = (Vec<Step>, Vec<LeftOut>);

fn walk(descriptor: BorrowedFd<'_>, root: &Path, limits: &Limits, rules: &Walk) -> Result<Walked, Error> {
    let name = root.display().to_string();
    let (mut steps, mut left_out) = (Vec::new(), Vec::new());
    let mut names_bytes = 0;
    let mut judge = rules.judge(descriptor, root);
    // The trailing slash makes a root that is itself a link be walked, as it was opened.
    let mut entries = WalkDir::new(root.join("")).min_depth(1).follow_links(false).into_iter();
    while let Some(entry) = entries.next() {
        let (step, depth) = match entry {
            Ok(entry) => (Step { raw: relative(root, entry.path()), kind: Ok(kind(entry.file_type())) }, entry.depth()),
            Err(error) => (failed(root, &name, error)?, 0),
        };
        names_bytes += step.raw.len() as u64;
        let why = step.kind.as_ref().ok().and_then(|kind| Some((*kind, judge.left_out(&step.raw, depth, *kind)?)));
        match why {
            Some((kind, why)) => {
                if kind == EntryKind::Directory {
                    entries.skip_current_dir();
                }
                left_out.push(LeftOut { path: shown(&step.raw), kind, why });
            }
            None => steps.push(step),
        }
        if (steps.len() + left_out.len()) as u64 > limits.files_max {
            return Err(Error::limit(&name, "files_max", limits.files_max));
        }
        if names_bytes > limits.names_bytes_max {
            return Err(Error::limit(&name, "names_bytes_max", limits.names_bytes_max));
        }
    }
    left_out.sort_by(|a, b| a.path.cmp(&b.path));
    Ok((steps, left_out))
}

/// A part of the tree that cannot be walked is one unreadable entry; a root that cannot be is an error.
fn failed(root: &Path, name: &str, error: walkdir::Error) -> Result<Step, Error> {
    let raw = error.path().map(|path| relative(root, path)).unwrap_or_default();
    let source = std::io::Error::from(error);
    if raw.is_empty() {
        return Err(Error::io(name, source));
    }
    let kind = Err(source.kind().to_string());
    Ok(Step { raw, kind })
}

fn relative(root: &Path, path: &Path) -> Vec<u8> {
    let below = path.strip_prefix(root).unwrap_or(path);
    below.as_os_str().as_bytes().to_vec()
}

fn kind(file_type: std::fs::FileType) -> EntryKind {
    if file_type.is_file() {
        EntryKind::File
    } else if file_type.is_dir() {
        EntryKind::Directory
    } else if file_type.is_symlink() {
        EntryKind::Symlink
    } else {
        EntryKind::Other
    }
}

fn look(root: BorrowedFd<'_>, step: Step, limits: &Limits) -> Result<Found, Error> {
    let Step { raw, kind } = step;
    let what = match (kind, usable(&raw, limits)) {
        (Err(reason), _) | (Ok(_), Err(reason)) => What::Unreadable(reason),
        (Ok(EntryKind::Directory), Ok(_)) => What::Directory,
        (Ok(EntryKind::Other), Ok(_)) => What::Other,
        (Ok(EntryKind::Symlink), Ok(path)) => match disk::read_link(root, OsStr::new(path)) {
            Ok(target) => What::Link(target),
            Err(source) => What::Unreadable(source.kind().to_string()),
        },
        (Ok(EntryKind::File), Ok(path)) => file(root, path)?,
    };
    Ok(Found { raw, what })
}

/// Only a path that can stand in a report can be judged.
fn usable<'a>(raw: &'a [u8], limits: &Limits) -> Result<&'a str, String> {
    let path = std::str::from_utf8(raw).map_err(|_| name::NameFault::NotUtf8.to_string())?;
    name::check(path, limits.name_bytes_max).map_err(|fault| fault.to_string())?;
    Ok(path)
}

fn file(root: BorrowedFd<'_>, path: &str) -> Result<What, Error> {
    let examined = DiskFile::open_below(root, OsStr::new(path), path).and_then(|file| {
        let identity = file.identity();
        let (sha256, media_type) = examine(&Data::Disk(file), path)?;
        Ok(What::File(identity, sha256, media_type))
    });
    match examined {
        Err(Error::Io { source, .. }) => Ok(What::Unreadable(source.kind().to_string())),
        other => other,
    }
}

/// A path as it can be shown: lossy, without what acts on terminals.
pub(crate) fn shown(raw: &[u8]) -> String {
    inert(&String::from_utf8_lossy(raw)).replace(['\n', '\t'], "\u{fffd}")
}
