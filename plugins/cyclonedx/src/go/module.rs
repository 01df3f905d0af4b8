//! `go.mod`: what a module requires, and what is put in its place.
//!
//! Go builds with these very versions (minimal version selection, all of them listed since Go 1.17), so it is a lock file.

use std::collections::BTreeMap;

use super::{is_path, is_version, module_purl};
use crate::catalogers::Cataloger;
use crate::listing::{Listing, Package};
use crate::lockfile::{self, Text};

/// Go modules.
pub(crate) const CATALOGER: Cataloger =
    Cataloger { name: "go.mod", media_types: &[], globs: &["go.mod"], read: |_, blob| lockfile::read(blob, parse) };

/// `old [version] => new [version]`.
struct Replacement<'a> {
    new: &'a str,
    version: Option<&'a str>,
}

/// A file being read.
#[derive(Default)]
struct Module<'a> {
    name: Option<(&'a str, u32)>,
    /// (path, version, line, whether another requirement brings it).
    required: Vec<(&'a str, &'a str, u32, bool)>,
    /// By path, and by version where it is for one only.
    replaced: BTreeMap<(&'a str, Option<&'a str>), Replacement<'a>>,
}

fn parse(text: &Text) -> Result<Listing, String> {
    let mut listing = Listing::default();
    let mut module = Module::default();
    let mut block = None;
    for (line, content) in text.lines() {
        let (content, comment) = content.split_once("//").unwrap_or((content, ""));
        let mut words: Vec<&str> = content.split_whitespace().map(|word| word.trim_matches(['"', '`'])).collect();
        match (block, words.as_slice()) {
            (_, []) => continue,
            (Some(_), [")"]) => block = None,
            (None, [directive, "("]) => block = Some(*directive),
            (Some(directive), _) => {
                words.insert(0, directive);
                module.take(&words, comment, line, &mut listing);
            }
            (None, _) => module.take(&words, comment, line, &mut listing),
        }
    }
    if block.is_some() {
        listing.drop_entry("the file ends within a block");
    }
    if module.name.is_none() {
        return Err("no module directive: not a go.mod".to_owned());
    }
    module.list(&mut listing);
    Ok(listing)
}

impl<'a> Module<'a> {
    /// Takes one directive. What says nothing about packages is passed over.
    fn take(&mut self, words: &[&'a str], comment: &str, line: u32, listing: &mut Listing) {
        match words {
            ["module", path, ..] if is_path(path) => self.name = Some((path, line)),
            ["require", path, version] if is_path(path) && is_version(version) => {
                self.required.push((path, version, line, comment.trim_start().starts_with("indirect")));
            }
            ["replace", old, "=>", new] => self.replace((old, None), new, None),
            ["replace", old, version, "=>", new] => self.replace((old, Some(version)), new, None),
            ["replace", old, "=>", new, with] => self.replace((old, None), new, Some(with)),
            ["replace", old, version, "=>", new, with] => self.replace((old, Some(version)), new, Some(with)),
            ["go" | "toolchain" | "godebug" | "exclude" | "retract" | "tool" | "ignore", ..] => {}
            other => listing.drop_entry(&format!("line {line}: `{}` is not understood", other.join(" "))),
        }
    }

    fn replace(&mut self, old: (&'a str, Option<&'a str>), new: &'a str, version: Option<&'a str>) {
        self.replaced.insert(old, Replacement { new, version });
    }

    fn list(self, listing: &mut Listing) {
        let root = self.name.map(|(name, line)| {
            let package = Package { line: Some(line), ..Package::new(name, None, None) };
            let id = listing.add(package);
            listing.set_root(&id);
            id
        });
        for (path, version, line, is_indirect) in &self.required {
            let replacement = self.replaced.get(&(*path, Some(*version))).or_else(|| self.replaced.get(&(*path, None)));
            let mut package = match replacement {
                None => Package::new(path, Some(version), Some(module_purl(path, Some(version)))),
                Some(Replacement { new, version: Some(with) }) if is_path(new) && is_version(with) => {
                    let mut package = Package::new(new, Some(with), Some(module_purl(new, Some(with))));
                    package.properties.push(("chiron:note".to_owned(), format!("replaces {path} {version}")));
                    package
                }
                Some(Replacement { new, .. }) => {
                    let mut package = Package::new(path, Some(version), None);
                    package.properties.push(("chiron:source".to_owned(), (*new).to_owned()));
                    package
                }
            };
            package.line = Some(*line);
            let id = listing.add(package);
            if let Some(root) = root.as_ref().filter(|_| !is_indirect) {
                listing.depends_on(root, &id);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use crate::lockfile::tests::{inventory, listed, needs, outcomes, property};

    #[test]
    fn requirements_and_replacements_are_listed() {
        let text = "module example.com/App // the app\n\ngo 1.22.0\ntoolchain go1.22.1\n\nrequire github.com/BurntSushi/toml v1.3.2\nrequire (\n\tgithub.com/x/y/v2 v2.0.0+incompatible // indirect\n\t\"a.org/b\" v0.0.0-20200101000000-abcdef012345\n\tl.org/l v1.0.0\n)\nreplace (\n\ta.org/b => c.org/b v1.1.0\n\tl.org/l v1.0.0 => ../l\n\tl.org/l v2.0.0 => ../other\n)\nexclude x.org/x v1.0.0\nretract [v1.0.0, v1.1.0]\n";
        let inventory = inventory("go.mod", text);
        assert_eq!(
            listed(&inventory),
            [
                "example.com/App@ runtime",
                "pkg:golang/github.com/burntsushi/toml@v1.3.2 runtime",
                "pkg:golang/github.com/x/y/v2@v2.0.0%2Bincompatible runtime",
                "pkg:golang/c.org/b@v1.1.0 runtime",
                "l.org/l@v1.0.0 runtime"
            ]
        );
        assert_eq!(inventory.components[1].name, "github.com/BurntSushi/toml");
        assert_eq!(inventory.components[1].locations[0].line, Some(6));
        assert_eq!(needs(&inventory).len(), 3);
        assert_eq!(property(&inventory, "l.org/l@v1.0.0", "chiron:source"), ["../l"]);
        let note = property(&inventory, "pkg:golang/c.org/b@v1.1.0", "chiron:note");
        assert_eq!(note, ["replaces a.org/b v0.0.0-20200101000000-abcdef012345"]);
    }

    #[test]
    fn what_is_malformed_is_named_and_counted() {
        outcomes(
            "go.mod",
            &[
                ("", "failed 0 0: no module directive"),
                ("module a.org/a\n", "read 1 0"),
                (
                    "module a.org/a\nrequire b.org/b latest\n",
                    "partly 1 1: line 2: `require b.org/b latest` is not understood",
                ),
                ("module a.org/a\nrequire b.org/b\n", "partly 1 1: line 2"),
                ("module a.org/a\nrequire (\n\tb.org/b v1.0.0\n", "partly 2 1: the file ends within a block"),
                ("module a.org/a\n<<<<<<< HEAD\n", "partly 1 1: line 2: `<<<<<<< HEAD` is not understood"),
            ],
        );
    }
}
