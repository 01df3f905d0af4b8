//! What git would ignore in a directory of a work tree (gitignore(5)).
//!
//! Only inside a work tree: a `.gitignore` in an unpacked archive is the word of whoever packed it. What git tracks is never
//! ignored, and a folder of which it tracks nothing (`dist/`, a virtual environment), when it is named itself, is taken whole.
//! The ignore file of the user's home is not read: two machines must agree.

use std::ffi::OsStr;
use std::fs::File;
use std::io::Read as _;
use std::os::fd::BorrowedFd;
use std::os::unix::ffi::OsStrExt as _;
use std::path::{Path, PathBuf};

use ignore::gitignore::{Gitignore, GitignoreBuilder};

use super::tracked::Tracked;
use super::{as_path, as_path_buf};
use crate::data::Data;
use crate::disk::DiskFile;

/// Largest ignore file, in bytes. The largest templates that people use are below 16 KiB.
const FILE_BYTES_MAX: u64 = 256 * 1024;

/// Most patterns of one file: each becomes a part of a matcher.
const LINES_MAX: usize = 5000;

/// Bytes of all ignore files of one walk.
pub(super) const FILES_BYTES_MAX: u64 = 8 << 20;

/// Name of the files.
const IGNORE_FILE: &str = ".gitignore";

/// The work tree around a directory.
pub(super) struct Git {
    /// From the work tree to the directory, slash-separated; empty where they are the same.
    prefix: Vec<u8>,
    /// What the folders above say, the innermost first, then `info/exclude`.
    outer: Vec<Gitignore>,
    tracked: Tracked,
}

impl Git {
    /// The work tree around `root`; None outside of one, and where nothing of `root` is tracked.
    pub(super) fn around(root: &Path) -> Option<Self> {
        let root = root.canonicalize().ok()?;
        let tree = root.ancestors().find(|folder| folder.join(".git").symlink_metadata().is_ok())?;
        let prefix = root.strip_prefix(tree).ok()?.as_os_str().as_bytes().to_vec();
        let git = folder_of(&tree.join(".git"))?;
        // An index that cannot be read: nothing is known to be litter.
        let tracked = Tracked::read(&git.join("index"))?;
        if !prefix.is_empty() && !tracked.has_below(&prefix) {
            return None;
        }
        let mut outer = Vec::new();
        if !prefix.is_empty() {
            let above = root.ancestors().skip(1).take_while(|folder| folder.starts_with(tree));
            outer.extend(above.filter_map(|folder| {
                let place = folder.strip_prefix(tree).ok()?;
                ignores(place, &place.join(IGNORE_FILE), &read(&folder.join(IGNORE_FILE))?)
            }));
        }
        let exclude = Path::new("info/exclude");
        let shared = shared_folder(&git);
        outer.extend(
            read(&shared.join(exclude))
                .and_then(|text| ignores(Path::new(""), &Path::new(".git").join(exclude), &text)),
        );
        Some(Self { prefix, outer, tracked })
    }

    /// A path below the directory, as the work tree has it.
    pub(super) fn full(&self, raw: &[u8]) -> Vec<u8> {
        match (self.prefix.is_empty(), raw.is_empty()) {
            (true, _) => raw.to_vec(),
            (false, true) => self.prefix.clone(),
            (false, false) => [&self.prefix, raw].join(&b'/'),
        }
    }

    /// What the folders around the directory say, the innermost first.
    pub(super) fn outer(&self) -> impl Iterator<Item = &Gitignore> {
        self.outer.iter()
    }

    /// Whether git tracks a file, or something in a folder.
    pub(super) fn tracks(&self, raw: &[u8], is_folder: bool) -> bool {
        let full = self.full(raw);
        if is_folder { self.tracked.has_below(&full) } else { self.tracked.has(&full) }
    }

    /// The ignore file of a folder below the directory. A link is not followed, as git does not.
    pub(super) fn ignores_in(&self, root: BorrowedFd<'_>, raw: &[u8], budget: &mut u64) -> Option<Gitignore> {
        let path = as_path(raw).join(IGNORE_FILE);
        let name = path.to_string_lossy().into_owned();
        let file = DiskFile::open_below(root, path.as_os_str(), &name).ok()?;
        let size = file.identity().size;
        *budget = budget.checked_sub(size).filter(|_| size <= FILE_BYTES_MAX)?;
        let mut bytes = vec![0; usize::try_from(size).ok()?];
        let read = Data::Disk(file).fill_at(&mut bytes, 0).ok()?;
        bytes.truncate(read);
        let place = as_path_buf(&self.full(raw));
        ignores(&place, &place.join(IGNORE_FILE), &bytes)
    }
}

/// The folder that `.git` is or, in linked work trees and submodules, names.
fn folder_of(dot_git: &Path) -> Option<PathBuf> {
    if dot_git.is_dir() {
        return Some(dot_git.to_path_buf());
    }
    let text = read(dot_git)?;
    let named = text.strip_prefix(b"gitdir: ")?.trim_ascii_end();
    Some(dot_git.parent()?.join(OsStr::from_bytes(named)))
}

/// Linked work trees share what is not their own.
fn shared_folder(git: &Path) -> PathBuf {
    match read(&git.join("commondir")) {
        Some(text) => git.join(OsStr::from_bytes(text.trim_ascii_end())),
        None => git.to_path_buf(),
    }
}

/// A regular file of bounded size.
fn read(path: &Path) -> Option<Vec<u8>> {
    let found = path.symlink_metadata().ok()?;
    if !found.is_file() || found.len() > FILE_BYTES_MAX {
        return None;
    }
    let mut bytes = Vec::new();
    File::open(path).ok()?.take(FILE_BYTES_MAX).read_to_end(&mut bytes).ok()?;
    Some(bytes)
}

/// The patterns of a file. A line that is no pattern leaves nothing out.
fn ignores(place: &Path, file: &Path, bytes: &[u8]) -> Option<Gitignore> {
    let text = String::from_utf8_lossy(bytes);
    let text = text.strip_prefix('\u{feff}').unwrap_or(&text);
    let mut builder = GitignoreBuilder::new(place);
    for line in text.lines().take(LINES_MAX) {
        let _ = builder.add_line(Some(file.to_path_buf()), line);
    }
    builder.build().ok().filter(|ignores| !ignores.is_empty())
}
