//! The kinds of files that are read: each cataloger is one file beside this one, and one line in [`ALL`].

use chiron_sdk::content::Blob;
use chiron_sdk::sbom::Inventory;
use chiron_sdk::{PluginError, Subject};

use crate::java::{jar, pom};
use crate::npm::{bun, package_lock, pnpm, yarn};
use crate::{bom, cargo_lock, composer, executable, gemfile, go, gradle, npm, nuget, python, spdx, wheel};

/// Reads one kind of file.
pub(crate) struct Cataloger {
    /// For people, e.g. `Python wheel`.
    pub(crate) name: &'static str,
    /// What the host makes such files out to be by their bytes; empty where bytes cannot tell.
    pub(crate) media_types: &'static [&'static str],
    /// What such files are called: a whole name, or one with a single `*`; after `**/` the ends of a path, name by name.
    pub(crate) globs: &'static [&'static str],
    /// The inventory of one such file. What is wrong with the file is an outcome in it, not an error.
    pub(crate) read: fn(&Subject, &dyn Blob) -> Result<Inventory, PluginError>,
}

/// Every cataloger. Of two that take a file, the first reads it.
pub(crate) const ALL: &[&Cataloger] = &[
    &wheel::CATALOGER,
    &jar::CATALOGER,
    &executable::CATALOGER,
    &bom::CATALOGER,
    &bom::XML,
    &spdx::JSON,
    &spdx::TAG_VALUE,
    &cargo_lock::CATALOGER,
    &python::requirements::CATALOGER,
    &python::poetry::CATALOGER,
    &python::uv::CATALOGER,
    &python::pipfile::CATALOGER,
    &python::pdm::CATALOGER,
    &python::pylock::CATALOGER,
    &python::environment::CATALOGER,
    &python::direct_url::CATALOGER,
    &python::conda::CATALOGER,
    &python::sdist::CATALOGER,
    &package_lock::CATALOGER,
    &yarn::CATALOGER,
    &pnpm::CATALOGER,
    &bun::CATALOGER,
    &npm::installed::CATALOGER,
    &go::MOD,
    &go::SUM,
    &gradle::CATALOGER,
    &pom::CATALOGER,
    &gemfile::CATALOGER,
    &gemfile::installed::CATALOGER,
    &composer::CATALOGER,
    &composer::installed::CATALOGER,
    &nuget::CATALOGER,
    &nuget::config::CATALOGER,
    &nuget::assets::CATALOGER,
];

/// Who reads a file: by what the host saw, else by the path, which is a claim, and better than nothing.
pub(crate) fn find(path: &str, media_type: &str) -> Option<&'static Cataloger> {
    let by_type = ALL.iter().find(|cataloger| cataloger.media_types.contains(&media_type));
    let by_path = || ALL.iter().find(|cataloger| cataloger.globs.iter().any(|glob| matches(glob, path)));
    by_type.or_else(by_path).copied()
}

/// As the host matches: a glob without a slash against the file's name, one with slashes against the path.
fn matches(glob: &str, path: &str) -> bool {
    let mut names = path.rsplit('/');
    let glob = glob.strip_prefix("**/").unwrap_or(glob);
    glob.rsplit('/').all(|part| names.next().is_some_and(|name| matches_name(part, name)))
}

fn matches_name(glob: &str, name: &str) -> bool {
    match glob.split_once('*') {
        Some((start, end)) => name.len() >= start.len() + end.len() && name.starts_with(start) && name.ends_with(end),
        None => glob == name,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_glob_has_one_star_a_name_and_matches_whole_names() {
        assert!(matches("*.whl", "x/a.whl") && matches("requirements*.txt", "requirements-dev.txt"));
        assert!(!matches("*.whl", "a.whl.txt") && !matches("uv.lock", "my-uv.lock") && !matches("a*a", "a"));
        assert!(matches("**/*.dist-info/METADATA", "lib/a-1.dist-info/METADATA"));
        assert!(matches("**/*.dist-info/METADATA", "a-1.dist-info/METADATA"));
        assert!(!matches("**/*.dist-info/METADATA", "METADATA") && !matches("**/x/*.txt", "x/y/a.txt"));
        for glob in ALL.iter().flat_map(|cataloger| cataloger.globs) {
            let names = glob.strip_prefix("**/").unwrap_or(glob);
            assert!(glob.starts_with("**/") == glob.contains('/'), "{glob}");
            assert!(names.split('/').all(|name| name.matches('*').count() <= 1), "{glob}");
            assert!(!glob.contains(['?', '[', '{']), "{glob}");
        }
    }

    #[test]
    fn every_cataloger_can_be_reached() {
        for &cataloger in ALL {
            let by_type = cataloger.media_types.iter().map(|media_type| find("x", media_type));
            let by_path =
                cataloger.globs.iter().map(|glob| find(&glob.replace("**/", "d/").replace('*', "x"), "text/plain"));
            let found: Vec<_> = by_type.chain(by_path).map(|found| found.map(|found| found.name)).collect();
            assert!(!found.is_empty() && found.iter().all(|name| *name == Some(cataloger.name)), "{}", cataloger.name);
        }
    }
}
