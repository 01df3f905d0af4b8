//! What lies in a folder that a pipeline could judge. Names only; nothing is hashed but what looks like an SBOM.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use chiron_archive::{Error, Limits, Litter, Walk, media_types, names, snapshot};

/// Files of one name that are listed one by one; more of them become a glob.
const LISTED_MAX: usize = 12;

/// Folders that builds put packages into. They are looked at although git ignores them.
const BUILDS: [&str; 3] = ["dist", "wheelhouse", "target/wheels"];

/// Subjects by kind, each as a path or glob.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Found {
    pub(super) locks: Vec<String>,
    pub(super) packages: Vec<String>,
    pub(super) sboms: Vec<String>,
    pub(super) environments: Vec<String>,
    pub(super) images: Vec<String>,
}

impl Found {
    /// Kind, and what was found of it.
    pub(super) fn kinds(&self) -> [(&'static str, &[String]); 5] {
        [
            ("lock files", &self.locks),
            ("packages", &self.packages),
            ("SBOMs", &self.sboms),
            ("Python environments", &self.environments),
            ("images", &self.images),
        ]
    }

    /// "2 lock files, 1 packages": how many patterns of each kind.
    pub(super) fn words(&self) -> String {
        let kinds = self.kinds().into_iter().filter(|(_, subjects)| !subjects.is_empty());
        let words: Vec<_> = kinds.map(|(kind, subjects)| format!("{kind} ({})", subjects.len())).collect();
        if words.is_empty() {
            "the folder as a whole, in which nothing known was found".to_owned()
        } else {
            words.join(", ")
        }
    }
}

/// Looks. `reads` tells which files a generator reads, by their paths.
pub(super) fn look(folder: &Path, reads: &dyn Fn(&str) -> bool) -> Result<Found, Error> {
    let limits = Limits::default();
    let walk = Walk::new(&[], Litter::LeftOut).unwrap_or_else(|_| Walk::everything());
    let mut files = names(folder, &limits, &walk)?;
    for build in BUILDS {
        // Whole: what is built is what is shipped.
        let built = names(&folder.join(build), &limits, &Walk::everything()).unwrap_or_default();
        files.extend(built.into_iter().filter(|file| !file.contains('/')).map(|file| format!("{build}/{file}")));
    }
    files.sort();
    files.dedup();
    let environments = folders_with(&files, "pyvenv.cfg");
    let images = folders_with(&files, "oci-layout");
    let apart = |file: &&String| {
        !environments.iter().chain(&images).any(|folder| within(file, folder)) && !file.contains("node_modules/")
    };
    let mut found = Found::default();
    let (mut packages, mut locks) = (BTreeSet::new(), BTreeMap::<String, Vec<String>>::new());
    for file in files.iter().filter(apart) {
        let (place, name) = file.rsplit_once('/').unwrap_or(("", file));
        let glob =
            |pattern: &str| if place.is_empty() { pattern.to_owned() } else { format!("{}/{pattern}", escape(place)) };
        if name.ends_with(".whl") {
            packages.insert(glob("*.whl"));
        } else if name.ends_with(".tar.gz") && BUILDS.contains(&place) {
            packages.insert(glob("*.tar.gz"));
        } else if is_sbom(folder, file, &limits) {
            found.sboms.push(escape(file));
        } else if reads(file) && !name.ends_with(".json.sigstore.json") {
            locks.entry(name.to_owned()).or_default().push(escape(file));
        }
    }
    for (name, files) in locks {
        // Files of one name in many places: a monorepo, where the next one should count without an edit.
        if files.len() > LISTED_MAX {
            found.locks.push(format!("**/{}", escape(&name)))
        } else {
            found.locks.extend(files)
        }
    }
    found.packages = packages.into_iter().collect();
    found.environments = environments.iter().map(|folder| escape(folder)).collect();
    found.images = images.iter().map(|folder| escape(folder)).collect();
    Ok(found)
}

fn escape(path: &str) -> String {
    chiron_pipeline::subjects::escape(path)
}

fn within(file: &str, folder: &str) -> bool {
    folder == "." || file.strip_prefix(folder).is_some_and(|rest| rest.starts_with('/'))
}

/// The folders that hold a file of this name, the outer ones.
fn folders_with(files: &[String], name: &str) -> Vec<String> {
    let mut folders: Vec<String> = Vec::new();
    for file in files {
        let (place, last) = file.rsplit_once('/').unwrap_or((".", file));
        if last == name && !folders.iter().any(|outer| within(place, outer)) {
            folders.push(place.to_owned());
        }
    }
    folders
}

/// By content, for files whose name speaks for it: reading every JSON file of a tree would take long.
fn is_sbom(folder: &Path, file: &str, limits: &Limits) -> bool {
    let name = file.to_ascii_lowercase();
    let promising = name.ends_with(".json") && ["cdx", "bom", "cyclonedx"].iter().any(|word| name.contains(word));
    promising && snapshot(&folder.join(file), limits).is_ok_and(|found| found.media_type == media_types::CYCLONEDX_JSON)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn found(files: &[(&str, &str)]) -> Found {
        let folder = tempfile::tempdir().unwrap();
        for (path, text) in files {
            let path = folder.path().join(path);
            std::fs::create_dir_all(path.parent().unwrap()).unwrap();
            std::fs::write(path, text).unwrap();
        }
        look(folder.path(), &|path| path.ends_with(".lock") || path.ends_with("METADATA")).unwrap()
    }

    #[test]
    fn each_kind_is_found_where_people_have_it() {
        let found = found(&[
            (".git/x", ""),
            (".gitignore", "dist/\n"),
            ("Cargo.lock", ""),
            ("api [old]/uv.lock", ""),
            ("dist/a-1-py3-none-any.whl", ""),
            ("dist/a-1.tar.gz", ""),
            ("docs/a.tar.gz", ""),
            ("app.cdx.json", "{\"bomFormat\":\"CycloneDX\"}"),
            ("bom.json", "{}"),
            (".venv/pyvenv.cfg", ""),
            (".venv/lib/x.dist-info/METADATA", ""),
            ("image/oci-layout", ""),
            ("image/blobs/x.lock", ""),
        ]);
        assert_eq!(found.locks, ["Cargo.lock", "api [[]old[]]/uv.lock"]);
        assert_eq!(found.packages, ["dist/*.tar.gz", "dist/*.whl"]);
        assert_eq!(
            (&found.sboms[..], &found.environments[..]),
            (&["app.cdx.json".to_owned()][..], &[".venv".to_owned()][..])
        );
        assert_eq!(found.images, ["image"]);
    }

    #[test]
    fn many_of_one_name_become_a_glob() {
        let files: Vec<String> = (0..LISTED_MAX + 1).map(|number| format!("{number}/Cargo.lock")).collect();
        let files: Vec<_> = files.iter().map(|file| (file.as_str(), "")).collect();
        assert_eq!(found(&files).locks, ["**/Cargo.lock"]);
    }
}
