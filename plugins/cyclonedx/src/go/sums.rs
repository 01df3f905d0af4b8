//! `go.sum`: digests of modules. It may hold versions that no build uses any more; only modules whose contents were
//! fetched are listed, not those of which Go needed the go.mod alone.

use super::{is_path, is_version, module_purl};
use crate::catalogers::Cataloger;
use crate::listing::{Listing, Package};
use crate::lockfile::{self, Text};

/// Go's checksums.
pub(crate) const CATALOGER: Cataloger =
    Cataloger { name: "go.sum", media_types: &[], globs: &["go.sum"], read: |_, blob| lockfile::read(blob, parse) };

fn parse(text: &Text) -> Result<Listing, String> {
    let mut listing = Listing::default();
    let mut is_sums = text.as_str().trim().is_empty();
    for (line, content) in text.lines() {
        let words: Vec<&str> = content.split_whitespace().collect();
        match words.as_slice() {
            [] => {}
            [path, version, digest] if is_path(path) && is_version(version) && digest.starts_with("h1:") => {
                is_sums = true;
                if version.ends_with("/go.mod") {
                    continue;
                }
                let mut package = Package::new(path, Some(version), Some(module_purl(path, Some(version))));
                package.line = Some(line);
                // Over the names and digests of the module's files: no digest of its archive.
                package.properties.push(("chiron:archive-digest".to_owned(), (*digest).to_owned()));
                listing.add(package);
            }
            _ => listing.drop_entry(&format!("line {line}: not a module, a version and a digest")),
        }
    }
    if is_sums { Ok(listing) } else { Err("no line has a module, a version and a digest: not a go.sum".to_owned()) }
}

#[cfg(test)]
mod tests {
    use crate::lockfile::tests::{inventory, listed, outcomes, property};

    #[test]
    fn modules_that_were_fetched_are_listed() {
        let text =
            "github.com/A/b v1.0.0 h1:abc=\ngithub.com/A/b v1.0.0/go.mod h1:def=\nc.org/c v1.0.0/go.mod h1:ghi=\n";
        let inventory = inventory("go.sum", text);
        assert_eq!(listed(&inventory), ["pkg:golang/github.com/a/b@v1.0.0 runtime"]);
        assert_eq!(property(&inventory, "pkg:golang/github.com/a/b@v1.0.0", "chiron:archive-digest"), ["h1:abc="]);
    }

    #[test]
    fn what_is_malformed_is_named_and_counted() {
        let table = [
            ("", "read 0 0"),
            ("hello world\n", "failed 0 0: no line has"),
            ("a.org/a v1.0.0 h1:x=\na.org/b v1.0.0\n", "partly 1 1: line 2: not a module"),
            ("a.org/a v1.0.0 h1:x=\n../b v1.0.0 h1:x=\n", "partly 1 1: line 2"),
        ];
        outcomes("go.sum", &table);
    }
}
