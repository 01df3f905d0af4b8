//! What of a directory is walked, and what is left out, by which rule.
//!
//! What is left out is neither hashed nor readable: a plugin sees exactly what the digest is over, and whoever computes the
//! plain digest of a directory that holds more gets another one. Each rule that applied is named in the list, so that a report can say it.

mod git;
mod tracked;

use std::fmt;
use std::os::fd::BorrowedFd;
use std::os::unix::ffi::OsStrExt as _;
use std::path::{Path, PathBuf};

use chiron_model::text::one_line;
use ignore::Match;
use ignore::gitignore::{Gitignore, GitignoreBuilder};

use crate::tree::EntryKind;
use git::Git;

/// Folders (or files in their place) that hold the history of a work tree. They are no content of it, and differ between two
/// clones of one commit: never walked.
const HISTORY: [&str; 4] = [".git", ".hg", ".svn", ".jj"];

/// Installed copies of what a lock file beside them names: the lock file speaks for them. Without one they are walked.
const INSTALLED: &str = "node_modules";

/// The lock files that speak for [`INSTALLED`].
const LOCKS: [&str; 6] =
    ["package-lock.json", "npm-shrinkwrap.json", "yarn.lock", "pnpm-lock.yaml", "bun.lock", "bun.lockb"];

/// Most patterns that a person may give to leave things out.
const EXCLUDES_MAX: usize = 1000;

/// Whether what nobody ships is walked too: what `.gitignore` names, and installed copies beside their lock file.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Litter {
    /// It is left out, and named.
    #[default]
    LeftOut,
    /// It is walked.
    Walked,
}

/// The rules of a walk.
#[derive(Clone, Debug)]
pub struct Walk {
    excluded: Gitignore,
    litter: Litter,
    history: History,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum History {
    LeftOut,
    Walked,
}

/// A pattern that cannot be read.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("`{pattern}` cannot be left out by: {reason}")]
pub struct ExcludeError {
    /// Which of the patterns.
    pub index: usize,
    /// As it was given.
    pub pattern: String,
    /// Why.
    pub reason: String,
}

/// Something that was left out; of a folder, everything below it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LeftOut {
    /// Relative to the directory; lossy and without control characters.
    pub path: String,
    /// What it is.
    pub kind: EntryKind,
    /// By which rule.
    pub why: Why,
}

/// The rule that left something out.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Why {
    /// The history of a work tree.
    History,
    /// Installed copies; the lock file of this name beside them is read instead.
    Locked(&'static str),
    /// Git ignores it: the file that says so, and the pattern.
    Ignored(String, String),
    /// A person left it out, by this pattern.
    Excluded(String),
}

impl fmt::Display for Why {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::History => f.write_str("the history of a work tree"),
            Self::Locked(lock) => write!(f, "installed copies, for which {lock} beside them speaks"),
            Self::Ignored(file, pattern) => write!(f, "`{pattern}` in {file}"),
            Self::Excluded(pattern) => write!(f, "`{pattern}`, an `exclude` of this run"),
        }
    }
}

impl Walk {
    /// Leaves out what the patterns name, and by `litter` what nobody ships. Patterns are those of a `.gitignore` without
    /// `!`: one without a slash holds at any depth, `*` does not cross a slash, `**` does, a folder takes what is in it along.
    ///
    /// # Errors
    /// The first pattern that cannot be read, or that there are more than 1,000.
    pub fn new(exclude: &[String], litter: Litter) -> Result<Self, ExcludeError> {
        let fault = |index: usize, reason: &str| ExcludeError {
            index,
            pattern: exclude.get(index).cloned().unwrap_or_default(),
            reason: reason.to_owned(),
        };
        if exclude.len() > EXCLUDES_MAX {
            return Err(fault(EXCLUDES_MAX, "there are more than 1,000 patterns"));
        }
        let mut builder = GitignoreBuilder::new("");
        for (index, pattern) in exclude.iter().enumerate() {
            let pattern = pattern.strip_prefix("./").unwrap_or(pattern);
            if pattern.trim().is_empty() || pattern.starts_with(['!', '#']) {
                return Err(fault(index, "a pattern is a path or a glob, and does not begin with `!` or `#`"));
            }
            builder.add_line(None, pattern).map_err(|error| fault(index, &error.to_string()))?;
        }
        let excluded = builder.build().map_err(|error| fault(0, &error.to_string()))?;
        Ok(Self { excluded, litter, history: History::LeftOut })
    }

    /// Leaves nothing out.
    #[must_use]
    pub fn everything() -> Self {
        Self { excluded: Gitignore::empty(), litter: Litter::Walked, history: History::Walked }
    }

    /// Whether a person's pattern, or the rule about histories, leaves out this path or a folder above it. For paths that were
    /// not come by through a walk of their folder, as those that a glob names.
    #[must_use]
    pub fn leaves_out(&self, path: &str, is_folder: bool) -> bool {
        let history = |part: &str| self.history == History::LeftOut && HISTORY.contains(&part);
        path.split('/').any(history)
            // The crate refuses absolute paths.
            || !path.starts_with('/') && self.excluded.matched_path_or_any_parents(path, is_folder).is_ignore()
    }

    /// Looks at the directory that is to be walked.
    pub(crate) fn judge<'a>(&'a self, root: BorrowedFd<'a>, path: &'a Path) -> Judge<'a> {
        let git = match self.litter {
            Litter::LeftOut => Git::around(path),
            Litter::Walked => None,
        };
        let mut judge = Judge { walk: self, root, path, git, levels: Vec::new(), budget: git::FILES_BYTES_MAX };
        judge.enter(b"", None);
        judge
    }
}

/// Decides about one entry after the other, in the order of a walk: a folder before what is in it.
pub(crate) struct Judge<'a> {
    walk: &'a Walk,
    root: BorrowedFd<'a>,
    path: &'a Path,
    git: Option<Git>,
    /// The folders around the present place, the root first.
    levels: Vec<Level>,
    /// Bytes of ignore files that may still be read. What is beyond is not honoured: more is walked, nothing is missed.
    budget: u64,
}

struct Level {
    ignores: Option<Gitignore>,
    /// The folder itself is ignored, and walked because git tracks something in it.
    ignored: Option<Why>,
}

impl Judge<'_> {
    /// Why an entry is left out; None for one that is walked. `depth` is 1 for what lies in the root.
    pub(crate) fn left_out(&mut self, raw: &[u8], depth: usize, kind: EntryKind) -> Option<Why> {
        self.levels.truncate(depth);
        match self.decide(raw, kind) {
            Decision::LeftOut(why) => Some(why),
            Decision::Walked(ignored) => {
                if kind == EntryKind::Directory {
                    self.enter(raw, ignored);
                }
                None
            }
        }
    }

    fn decide(&self, raw: &[u8], kind: EntryKind) -> Decision {
        let name = raw.rsplit(|&byte| byte == b'/').next().unwrap_or(raw);
        if self.walk.history == History::LeftOut && HISTORY.iter().any(|history| history.as_bytes() == name) {
            return Decision::LeftOut(Why::History);
        }
        let is_folder = kind == EntryKind::Directory;
        if let Match::Ignore(glob) = self.walk.excluded.matched(as_path(raw), is_folder) {
            return Decision::LeftOut(Why::Excluded(one_line(glob.original())));
        }
        let ignored = self.ignored(raw, is_folder);
        if let Some(why) = &ignored
            && !self.git.as_ref().is_some_and(|git| git.tracks(raw, is_folder))
        {
            return Decision::LeftOut(why.clone());
        }
        if is_folder
            && name == INSTALLED.as_bytes()
            && self.walk.litter == Litter::LeftOut
            && let Some(lock) = LOCKS.into_iter().find(|lock| self.speaks(raw, lock))
        {
            return Decision::LeftOut(Why::Locked(lock));
        }
        Decision::Walked(ignored)
    }

    /// The innermost ignore file that has a word about an entry decides.
    fn ignored(&self, raw: &[u8], is_folder: bool) -> Option<Why> {
        let git = self.git.as_ref()?;
        // What lies in an ignored folder cannot be brought back (gitignore(5)).
        if let Some(why) = self.levels.last().and_then(|level| level.ignored.clone()) {
            return Some(why);
        }
        let full = git.full(raw);
        let inner = self.levels.iter().rev().filter_map(|level| level.ignores.as_ref());
        let words = inner.chain(git.outer()).map(|ignores| ignores.matched(as_path(&full), is_folder));
        match words.into_iter().find(|word| !word.is_none())? {
            Match::Ignore(glob) => {
                let file = glob.from().map(|file| file.to_string_lossy().into_owned()).unwrap_or_default();
                Some(Why::Ignored(one_line(&file), one_line(glob.original())))
            }
            Match::None | Match::Whitelist(_) => None,
        }
    }

    /// Whether a lock file lies beside and is itself walked.
    fn speaks(&self, raw: &[u8], lock: &str) -> bool {
        let mut beside = raw.strip_suffix(INSTALLED.as_bytes()).unwrap_or_default().to_vec();
        beside.extend_from_slice(lock.as_bytes());
        let there = std::fs::symlink_metadata(self.path.join(as_path(&beside))).is_ok_and(|found| found.is_file());
        there && matches!(self.decide(&beside, EntryKind::File), Decision::Walked(_))
    }

    fn enter(&mut self, raw: &[u8], ignored: Option<Why>) {
        let ignores = self.git.as_ref().and_then(|git| git.ignores_in(self.root, raw, &mut self.budget));
        self.levels.push(Level { ignores, ignored });
    }
}

enum Decision {
    LeftOut(Why),
    /// With the rule by which git would ignore it, did it not track something there.
    Walked(Option<Why>),
}

fn as_path(raw: &[u8]) -> &Path {
    Path::new(std::ffi::OsStr::from_bytes(raw))
}

fn as_path_buf(raw: &[u8]) -> PathBuf {
    as_path(raw).to_path_buf()
}

#[cfg(test)]
mod tests;
