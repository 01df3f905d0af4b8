//! From the patterns in pipeline.toml to subjects that were hashed once.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use chiron_archive::{
    Blob, FileEntry, Image, Limits, LinkEntry, Snapshot, Source, Unreadable, Walk, snapshot_of, this_platform,
};
use chiron_model::Properties;
use chiron_model::subject::Subject;

use crate::error::Error;

/// A subject and its bytes.
#[derive(Clone)]
pub struct PlannedSubject {
    /// Name and digests.
    pub subject: Subject,
    /// Where it is.
    pub path: PathBuf,
    /// Its content, hashed.
    pub snapshot: Arc<Snapshot>,
    /// The image that it holds, or why that cannot be read. None where it holds none.
    pub image: Option<Result<Arc<Image>, String>>,
}

/// The files of a subject that is a folder or an image.
pub struct Listing<'a> {
    /// Regular files, sorted by path.
    pub files: &'a [FileEntry],
    /// Symlinks, sorted by path.
    pub links: &'a [LinkEntry],
    /// FIFOs, sockets and devices, sorted.
    pub others: &'a [String],
    /// What could not be read, sorted by path.
    pub unreadable: &'a [Unreadable],
}

impl PlannedSubject {
    /// Its files; None for a subject that is one file.
    #[must_use]
    pub fn listing(&self) -> Option<Listing<'_>> {
        match &self.image {
            Some(Ok(image)) => Some(Listing {
                files: &image.files,
                links: &image.links,
                others: &image.others,
                unreadable: &image.unreadable,
            }),
            Some(Err(_)) | None if self.subject.is_file() => None,
            Some(Err(_)) | None => Some(Listing {
                files: &self.snapshot.files,
                links: &self.snapshot.links,
                others: &self.snapshot.others,
                unreadable: &self.snapshot.unreadable,
            }),
        }
    }

    /// Whether a regular file of a folder or image is at a path.
    #[must_use]
    pub fn has_file(&self, path: &str) -> bool {
        let found = |files: &[FileEntry]| files.binary_search_by(|file| file.path.as_str().cmp(path)).is_ok();
        self.listing().is_some_and(|listing| found(listing.files))
    }

    /// One of its files: `.` for a subject that is one.
    ///
    /// # Errors
    /// What the archive crate says.
    pub fn blob(&self, path: &str) -> Result<Blob, chiron_archive::Error> {
        match &self.image {
            Some(Ok(image)) => image.blob(path),
            Some(Err(_)) | None => self.snapshot.blob(path),
        }
    }

    /// All of it, as generators see it: an image is the tree of its merged layers.
    ///
    /// # Errors
    /// What the archive crate says.
    pub fn source(&self) -> Result<Source, chiron_archive::Error> {
        match &self.image {
            Some(Ok(image)) => Ok(Source::Directory(image.tree())),
            Some(Err(_)) | None => self.snapshot.source(),
        }
    }

    /// The layer of an image that a path lies in.
    #[must_use]
    pub fn layer(&self, path: &str) -> Option<String> {
        let Some(Ok(image)) = &self.image else { return None };
        image.layer(path).map(ToString::to_string)
    }
}

/// A pattern that matches nothing, or names nothing.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Unmatched {
    /// Index in the list.
    pub index: usize,
    /// Why.
    pub reason: String,
    /// Whether it is a plain path (a mistake) or a glob (an empty set).
    pub is_glob: bool,
}

/// Names and paths, in order.
pub type Found = Vec<(String, PathBuf)>;

/// Names of what Chiron itself writes beside subjects: never a subject of the next run.
pub(crate) const OWN_OUTPUT: [&str; 2] = [".sigstore.json", ".publish.attestation"];

/// Expands patterns, in order, without doubles. What `walk` leaves out is not found by a glob; a plain path is meant as it stands.
///
/// # Errors
/// A folder that cannot be listed.
pub fn expand(folder: &Path, patterns: &[String], walk: &Walk) -> Result<(Found, Vec<Unmatched>), Error> {
    let (mut found, mut unmatched) = (Found::new(), Vec::new());
    for (index, pattern) in patterns.iter().enumerate() {
        let matches = if is_glob(pattern) { glob(folder, pattern, walk) } else { plain(folder, pattern) };
        match matches {
            Ok(paths) if paths.is_empty() => {
                unmatched.push(Unmatched { index, reason: "nothing matches".to_owned(), is_glob: true });
            }
            Ok(paths) => found.extend(paths),
            Err(reason) => unmatched.push(Unmatched { index, reason, is_glob: is_glob(pattern) }),
        }
    }
    let mut seen = BTreeSet::new();
    found.retain(|(name, _)| seen.insert(name.clone()));
    Ok((without_folders(found), unmatched))
}

/// Marks the wildcards of a path as meant literally.
#[must_use]
pub fn escape(path: &str) -> String {
    globset::escape(path)
}

/// Absolute paths are named by as many of their last parts as tell them apart: reports hold no absolute path.
fn without_folders(found: Found) -> Found {
    let mut taken: BTreeSet<String> =
        found.iter().map(|(name, _)| name.clone()).filter(|name| !name.starts_with('/')).collect();
    let rename = |(name, path): (String, PathBuf)| {
        if !name.starts_with('/') {
            return (name, path);
        }
        let parts: Vec<_> = name.split('/').filter(|part| !part.is_empty()).collect();
        let mut shorter = (1..=parts.len()).map(|count| parts[parts.len() - count..].join("/"));
        let short = shorter.find(|short| taken.insert(short.clone())).unwrap_or(name);
        (if short.is_empty() { ".".to_owned() } else { short }, path)
    };
    found.into_iter().map(rename).collect()
}

/// Hashes a subject, of a folder what `walk` does not leave out, and unpacks it where it is an image. One that is broken
/// is a subject all the same: it can be named by its digest, and its account says what is wrong.
///
/// # Errors
/// A path that cannot be read, or that exceeds the limits.
pub fn hash(
    name: String,
    path: PathBuf,
    limits: &Limits,
    walk: &Walk,
) -> Result<PlannedSubject, chiron_archive::Error> {
    let snapshot = snapshot_of(&path, limits, walk)?;
    let file_name = name.rsplit('/').next().unwrap_or(&name);
    let image = Image::of(&snapshot, file_name, &this_platform());
    let image = image.map(|found| found.map(Arc::new)).map_err(|error| error.to_string()).transpose();
    let properties = if let Some(Ok(image)) = &image { about(image) } else { Vec::new() };
    let subject = Subject {
        name,
        media_type: snapshot.media_type.clone(),
        digests: snapshot.digests.clone(),
        size: snapshot.size,
        properties,
    };
    Ok(PlannedSubject { subject, path, snapshot: Arc::new(snapshot), image })
}

/// What the report says about an image; see `wit/PROPERTIES.md`.
fn about(image: &Image) -> Properties {
    let one = |key: &str, value: String| (format!("chiron:image-{key}"), value);
    let mut properties = vec![one("id", image.id.to_string()), one("platform", image.platform.clone())];
    properties.extend(image.manifest.iter().map(|digest| one("manifest", digest.to_string())));
    properties.extend(image.names.iter().map(|name| one("name", name.clone())));
    properties.extend(image.layers.iter().map(|layer| one("layer", layer.to_string())));
    properties
}

/// The folder in which everything that a pattern means lies; of a plain path, itself.
pub(crate) fn without_wildcards(pattern: &str) -> PathBuf {
    let parts = pattern.split('/').take_while(|part| !is_glob(part));
    let plain: Vec<_> = parts.collect();
    PathBuf::from(if plain == [""] { "/".to_owned() } else { plain.join("/") })
}

fn is_glob(pattern: &str) -> bool {
    pattern.contains(['*', '?', '[', '{'])
}

fn plain(folder: &Path, pattern: &str) -> Result<Found, String> {
    let path = folder.join(pattern);
    match std::fs::metadata(&path) {
        Ok(_) => Ok(vec![(tidy(pattern), path)]),
        Err(error) => Err(format!("`{pattern}` cannot be read: {error}")),
    }
}

/// Walks from the longest part of the pattern that has no wildcard. Sorted by name: the same folder, the same order.
fn glob(folder: &Path, pattern: &str, walk: &Walk) -> Result<Found, String> {
    let tidy_pattern = tidy(pattern);
    let built = globset::GlobBuilder::new(&tidy_pattern).literal_separator(true).build();
    // As a set of one: the matcher of a single glob panics where this is an error.
    let built = built.and_then(|glob| globset::GlobSetBuilder::new().add(glob).build());
    let matcher = built.map_err(|error| {
        let why = error.kind().to_string();
        format!("`{pattern}` is not a glob: {}", chiron_model::text::cut(&why, 200))
    })?;
    let fixed: Vec<_> = tidy_pattern.split('/').take_while(|part| !is_glob(part)).collect();
    let prefix = fixed.join("/");
    let root = folder.join(&prefix);
    // `chiron run pipeline.toml` has an empty folder, and an empty path is no directory.
    let root = if root.as_os_str().is_empty() { PathBuf::from(".") } else { root };
    if !root.is_dir() {
        return Ok(Vec::new());
    }
    let mut paths = Vec::new();
    let wanted = Wanted { matcher, walk };
    wanted.collect(&root, &prefix, depth_of(&tidy_pattern), &mut paths).map_err(|error| error.to_string())?;
    paths.sort();
    Ok(paths)
}

/// How many levels below the fixed part can match; `**` matches any number.
fn depth_of(pattern: &str) -> usize {
    if pattern.contains("**") { 64 } else { pattern.split('/').skip_while(|part| !is_glob(part)).count() }
}

/// What a glob is looking for.
struct Wanted<'a> {
    matcher: globset::GlobSet,
    walk: &'a Walk,
}

impl Wanted<'_> {
    fn collect(
        &self,
        folder: &Path,
        prefix: &str,
        depth: usize,
        paths: &mut Vec<(String, PathBuf)>,
    ) -> std::io::Result<()> {
        if depth == 0 {
            return Ok(());
        }
        for entry in std::fs::read_dir(folder)? {
            let entry = entry?;
            let file_name = entry.file_name();
            let name = file_name.to_string_lossy();
            let name = if prefix.is_empty() { name.into_owned() } else { format!("{prefix}/{name}") };
            let is_folder = entry.file_type()?.is_dir();
            if self.walk.leaves_out(&name, is_folder) {
                continue;
            }
            if self.matcher.is_match(&name) && !OWN_OUTPUT.iter().any(|ending| name.ends_with(ending)) {
                // Two such names look alike, and one subject would stand for both.
                if file_name.to_str().is_none() {
                    return Err(std::io::Error::other(format!("`{name}`: the name is not UTF-8")));
                }
                paths.push((name.clone(), entry.path()));
            }
            // Links are not followed: a loop would never end.
            if is_folder {
                self.collect(&entry.path(), &name, depth - 1, paths)?;
            }
        }
        Ok(())
    }
}

/// Slash-separated, without `./` and a trailing slash: the name that stands in reports.
fn tidy(pattern: &str) -> String {
    let slashed = pattern.replace('\\', "/");
    let parts: Vec<_> = slashed
        .split('/')
        .enumerate()
        .filter(|(i, part)| (*i == 0 && part.is_empty()) || !matches!(*part, "" | "."))
        .map(|(_, part)| part)
        .collect();
    let tidied = parts.join("/");
    if tidied.is_empty() { ".".to_owned() } else { tidied }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_tidy() {
        for (given, name) in [("./dist/", "dist"), ("dist//a.whl", "dist/a.whl"), (".", "."), ("/abs/x", "/abs/x")] {
            assert_eq!(tidy(given), name);
        }
    }

    #[test]
    fn globs_stay_on_their_level_and_skip_our_own_output() {
        let folder = tempfile::tempdir().unwrap();
        std::fs::create_dir_all(folder.path().join("dist/deep")).unwrap();
        std::fs::create_dir_all(folder.path().join("dist/.git")).unwrap();
        for name in ["dist/b.whl", "dist/a.whl", "dist/a.whl.sigstore.json", "dist/deep/c.whl", "dist/.git/d.whl"] {
            std::fs::write(folder.path().join(name), "").unwrap();
        }
        let without = |pattern: &str, exclude: &[String]| {
            let walk = Walk::new(exclude, chiron_archive::Litter::LeftOut).unwrap();
            let (found, _) = expand(folder.path(), &[pattern.to_owned()], &walk).unwrap();
            found.into_iter().map(|(name, _)| name).collect::<Vec<_>>()
        };
        let names = |pattern: &str| without(pattern, &[]);
        assert_eq!(names("dist/*.whl"), ["dist/a.whl", "dist/b.whl"]);
        assert_eq!(names("dist/**/*.whl"), ["dist/a.whl", "dist/b.whl", "dist/deep/c.whl"]);
        assert_eq!(names("dist/*.sigstore.json"), Vec::<String>::new());
        assert_eq!(without("dist/**/*.whl", &["deep/".to_owned(), "/dist/b*".to_owned()]), ["dist/a.whl"]);
    }

    #[test]
    fn absolute_paths_are_named_by_what_tells_them_apart() {
        let given = ["/a/x.whl", "/b/x.whl", "x"].map(|name| (name.to_owned(), PathBuf::from(name)));
        let names: Vec<_> = without_folders(given.to_vec()).into_iter().map(|(name, _)| name).collect();
        assert_eq!(names, ["x.whl", "b/x.whl", "x"]);
    }
}
