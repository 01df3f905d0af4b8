//! The kinds of files that are read: each cataloger is one file beside this one, and one line in [`ALL`].

use chiron_sdk::content::Blob;
use chiron_sdk::sbom::Inventory;
use chiron_sdk::{PluginError, Subject};

use crate::npm::{bun, package_lock, pnpm, yarn};
use crate::{bom, composer, gemfile, go, gradle, nuget, wheel};

/// Reads one kind of file.
pub(crate) struct Cataloger {
    /// For people, e.g. `Python wheel`.
    pub(crate) name: &'static str,
    /// What the host makes such files out to be by their bytes; empty where bytes cannot tell.
    pub(crate) media_types: &'static [&'static str],
    /// What such files are called: a whole name, or one with a single `*`.
    pub(crate) globs: &'static [&'static str],
    /// The inventory of one such file. What is wrong with the file is an outcome in it, not an error.
    pub(crate) read: fn(&Subject, &dyn Blob) -> Result<Inventory, PluginError>,
}

/// Every cataloger. Of two that take a file, the first reads it.
pub(crate) const ALL: &[&Cataloger] = &[
    &wheel::CATALOGER,
    &bom::CATALOGER,
    &package_lock::CATALOGER,
    &yarn::CATALOGER,
    &pnpm::CATALOGER,
    &bun::CATALOGER,
    &go::MOD,
    &go::SUM,
    &gradle::CATALOGER,
    &gemfile::CATALOGER,
    &composer::CATALOGER,
    &nuget::CATALOGER,
];

/// Who reads a file: by what the host saw, else by the name, which is a claim, and better than nothing.
pub(crate) fn find(file_name: &str, media_type: &str) -> Option<&'static Cataloger> {
    let by_type = ALL.iter().copied().find(|cataloger| cataloger.media_types.contains(&media_type));
    by_type
        .or_else(|| ALL.iter().copied().find(|cataloger| cataloger.globs.iter().any(|glob| matches(glob, file_name))))
}

fn matches(glob: &str, name: &str) -> bool {
    match glob.split_once('*') {
        Some((start, end)) => name.len() >= start.len() + end.len() && name.starts_with(start) && name.ends_with(end),
        None => glob == name,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_glob_has_one_star_at_most_and_matches_whole_names() {
        assert!(matches("*.whl", "a.whl") && matches("requirements*.txt", "requirements-dev.txt"));
        assert!(!matches("*.whl", "a.whl.txt") && !matches("uv.lock", "my-uv.lock") && !matches("a*a", "a"));
        for glob in ALL.iter().flat_map(|cataloger| cataloger.globs) {
            assert!(glob.matches('*').count() <= 1 && !glob.contains(['?', '[', '{', '/']), "{glob}");
        }
    }

    #[test]
    fn every_cataloger_can_be_reached() {
        for &cataloger in ALL {
            let by_type = cataloger.media_types.iter().map(|media_type| find("x", media_type));
            let by_name = cataloger.globs.iter().map(|glob| find(&glob.replace('*', "x"), "text/plain"));
            let found: Vec<_> = by_type.chain(by_name).map(|found| found.map(|found| found.name)).collect();
            assert!(!found.is_empty() && found.iter().all(|name| *name == Some(cataloger.name)), "{}", cataloger.name);
        }
    }
}
