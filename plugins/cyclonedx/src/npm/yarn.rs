//! `yarn.lock`: of Yarn 1 in a format of its own, of later ones ("berry") in YAML.

mod berry;
mod classic;

use std::collections::{BTreeMap, BTreeSet};

use crate::catalogers::Cataloger;
use crate::listing::Listing;
use crate::lockfile::{self, Text};

/// Yarn's lock files.
pub(crate) const CATALOGER: Cataloger = Cataloger {
    name: "yarn.lock of Yarn 1 and later",
    media_types: &[],
    globs: &["yarn.lock"],
    read: |_, blob| lockfile::read(blob, parse),
};

fn parse(text: &Text) -> Result<Listing, String> {
    let is_berry = text.as_str().lines().any(|line| line.starts_with("__metadata:"));
    if is_berry { berry::parse(text) } else { classic::parse(text) }
}

/// What packages ask for, until all packages are known.
#[derive(Default)]
struct Requests {
    /// `name@range`, as the file's keys have it -> the package's id.
    by_request: BTreeMap<String, String>,
    /// Name -> ids of all packages asked for by it.
    by_name: BTreeMap<String, BTreeSet<String>>,
    /// (id, name, range).
    wanted: Vec<(String, String, String)>,
}

impl Requests {
    fn answer(&mut self, request: &str, name: &str, id: &str) {
        self.by_request.insert(request.to_owned(), id.to_owned());
        self.by_name.entry(name.to_owned()).or_default().insert(id.to_owned());
    }

    fn want(&mut self, id: &str, name: &str, range: &str) {
        self.wanted.push((id.to_owned(), name.to_owned(), range.to_owned()));
    }

    /// Relations. `resolutions` in package.json may replace what is asked for: then the only package of that name is
    /// meant. A name that the file does not have at all is a loss: the file was cut off, or edited.
    fn relate(self, listing: &mut Listing) {
        for (id, name, range) in &self.wanted {
            let spellings = [format!("{name}@{range}"), format!("{name}@npm:{range}")];
            if let Some(target) = spellings.iter().find_map(|request| self.by_request.get(request)) {
                listing.depends_on(id, target);
                continue;
            }
            match self.by_name.get(name) {
                Some(ids) if ids.len() == 1 => ids.iter().for_each(|target| listing.depends_on(id, target)),
                Some(_) => {}
                None => listing.drop_entry(&format!("`{id}` needs `{name}`, which the file does not list")),
            }
        }
    }
}
