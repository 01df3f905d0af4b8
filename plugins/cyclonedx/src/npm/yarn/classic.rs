//! Yarn 1: blocks of a line of requests, and what they came to, indented.

use super::Requests;
use crate::listing::Listing;
use crate::lockfile::Text;
use crate::npm::origin::Origin;
use crate::npm::{Locked, aliased, split};

/// One block.
struct Block<'a> {
    line: u32,
    /// `name@range`, each.
    requests: Vec<&'a str>,
    version: Option<&'a str>,
    resolved: Option<&'a str>,
    integrity: Option<&'a str>,
    /// Names and ranges.
    needs: Vec<(&'a str, &'a str)>,
}

/// The packages of a file.
pub(super) fn parse(text: &Text) -> Result<Listing, String> {
    let mut listing = Listing::default();
    let mut requests = Requests::default();
    let mut blocks: Vec<Block<'_>> = Vec::new();
    let mut is_lock = text.as_str().trim().is_empty();
    for (line, content) in text.lines() {
        if content.trim().is_empty() || content.trim_start().starts_with('#') {
            is_lock |= content.contains("yarn lockfile v1");
        } else if !content.starts_with(' ') {
            match header(content) {
                Some(requests) => blocks.push(Block { line, ..Block::of(requests) }),
                None => listing.drop_entry(&format!("line {line}: neither a package nor a part of one")),
            }
        } else if !blocks.last_mut().is_some_and(|block| block.take(content)) {
            listing.drop_entry(&format!("line {line}: not understood"));
        }
    }
    if !is_lock && blocks.iter().all(|block| block.version.is_none()) {
        return Err("neither Yarn 1's lock file nor a later one's".to_owned());
    }
    for block in &blocks {
        if let Err(reason) = block.list(&mut listing, &mut requests) {
            listing.drop_entry(&format!("line {}: {reason}", block.line));
        }
    }
    requests.relate(&mut listing);
    Ok(listing)
}

/// The requests of a block's first line: parted by commas, quoted where they hold more than words.
fn header(line: &str) -> Option<Vec<&str>> {
    let mut rest = line.trim_end().strip_suffix(':')?;
    let mut requests = Vec::new();
    loop {
        let (request, after) = word(rest, ',')?;
        if request.is_empty() {
            return None;
        }
        requests.push(request);
        let after = after.trim_start();
        if after.is_empty() {
            return Some(requests);
        }
        rest = after.strip_prefix(',')?.trim_start();
    }
}

/// A word, quoted or up to `end`, and what follows it. Yarn escapes nothing in words that registries accept; a word with
/// an escape is refused as no name later.
fn word(text: &str, end: char) -> Option<(&str, &str)> {
    if let Some(quoted) = text.strip_prefix('"') {
        return quoted.split_once('"');
    }
    Some(text.split_at(text.find(end).unwrap_or(text.len())))
}

impl<'a> Block<'a> {
    fn of(requests: Vec<&'a str>) -> Self {
        Self { line: 0, requests, version: None, resolved: None, integrity: None, needs: Vec::new() }
    }

    /// Takes an indented line; false when it is not understood.
    fn take(&mut self, line: &'a str) -> bool {
        let content = line.trim_end();
        let words = content.trim_start();
        let indent = content.len() - words.len();
        if words.ends_with(':') {
            return indent == 2;
        }
        let Some((key, value)) = word(words, ' ').and_then(|(key, rest)| Some((key, word(rest.trim_start(), '\n')?.0)))
        else {
            return false;
        };
        match (indent, key) {
            (2, "version") => self.version = Some(value),
            (2, "resolved") => self.resolved = Some(value),
            (2, "integrity") => self.integrity = Some(value),
            (2, _) => {}
            (4, name) => self.needs.push((name, value)),
            _ => return false,
        }
        !key.is_empty()
    }

    /// The requirement says where Yarn was sent, `resolved` what it found there: it is missing for what lies in a folder, and
    /// bare for what lies in an offline mirror.
    fn origin(&self, name: &str, range: &str) -> Origin {
        let asked = Origin::of(range, name);
        let found =
            self.resolved.filter(|resolved| resolved.contains("://")).map(|resolved| Origin::of(resolved, name));
        match (&asked, found) {
            (Origin::Registry(_), Some(found)) | (Origin::Git(_), Some(found @ Origin::Git(_))) => found,
            (Origin::Registry(_) | Origin::Git(_) | Origin::Archive(_) | Origin::Local(_), _) => asked,
        }
    }

    fn list(&self, listing: &mut Listing, requests: &mut Requests) -> Result<(), String> {
        let request = self.requests.first().copied().unwrap_or_default();
        let (asked, range) = split(request).ok_or_else(|| format!("`{request}` names no package"))?;
        let (name, range) = aliased(range).unwrap_or((asked, range));
        if self.version.is_none() {
            return Err(format!("`{asked}` has no version"));
        }
        let locked = Locked {
            name,
            alias: Some(asked),
            version: self.version,
            origin: self.origin(name, range),
            integrity: self.integrity,
            line: Some(self.line),
        };
        let id = listing.add(locked.package()?);
        for request in &self.requests {
            requests.answer(request, split(request).map_or(asked, |(name, _)| name), &id);
        }
        for (name, range) in &self.needs {
            requests.want(&id, name, range);
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use crate::lockfile::tests::{inventory, listed, needs, outcome, outcomes, property};

    const HEAD: &str = "# THIS IS AN AUTOGENERATED FILE.\n# yarn lockfile v1\n\n\n";

    #[test]
    fn blocks_become_packages_with_what_they_need() {
        let text = format!(
            "{HEAD}\"@babel/core@^7.0.0\", \"@babel/core@>=7 <8\":\n  version \"7.5.5\"\n  resolved \"https://r.example/@babel/core/-/core-7.5.5.tgz#00\"\n  integrity sha1-AAAAAAAAAAAAAAAAAAAAAAAAAAA=\n  dependencies:\n    \"@scope/a\" \"^1\"\n    b \"^2.0.0 || 3\"\n  optionalDependencies:\n    c \"*\"\n\n\"@scope/a@^1\":\n  version \"1.0.0\"\n\nb@^1:\n  version \"1.0.0\"\n\n\"b@^2.0.0 || 3\":\n  version \"2.0.0\"\n\nc@2.0.0:\n  version \"2.0.0\"\n"
        );
        let inventory = inventory("yarn.lock", text.replace('\n', "\r\n"));
        assert_eq!(outcome(&inventory), "read 5 0");
        let core = &inventory.components[0];
        assert_eq!((core.id.as_str(), core.locations[0].line), ("pkg:npm/%40babel/core@7.5.5", Some(5)));
        assert_eq!(core.digests[0].value, "0".repeat(40));
        // `c@*` was replaced by `resolutions`: the only c is meant.
        let core = "pkg:npm/%40babel/core@7.5.5 -> ";
        let targets = ["pkg:npm/%40scope/a@1.0.0", "pkg:npm/b@2.0.0", "pkg:npm/c@2.0.0"];
        assert_eq!(needs(&inventory), targets.map(|target| format!("{core}{target}")));
    }

    #[test]
    fn aliases_repositories_archives_and_folders_are_told_apart() {
        let text = format!(
            "{HEAD}\"string-width-cjs@npm:string-width@^4.2.0\":\n  version \"4.2.3\"\n  resolved \"https://r.example/string-width/-/string-width-4.2.3.tgz#00\"\n\n\"g@git+https://h.example/g.git\":\n  version \"1.0.0\"\n  resolved \"git+https://h.example/g.git#abc\"\n\n\"s@o/s#v1\":\n  version \"1.0.0\"\n  resolved \"https://codeload.github.com/o/s/tar.gz/abc\"\n\n\"t@https://x.example/t.tgz\":\n  version \"1.0.0\"\n  resolved \"https://x.example/t.tgz#00\"\n\n\"f@file:../f\":\n  version \"0.0.0\"\n\nm@^1:\n  version \"1.0.0\"\n  resolved \"m-1.0.0.tgz#00\"\n"
        );
        let inventory = inventory("yarn.lock", text);
        assert_eq!(
            listed(&inventory),
            [
                "pkg:npm/string-width@4.2.3 runtime",
                "pkg:generic/g@1.0.0?vcs_url=git%2Bhttps:%2F%2Fh.example%2Fg.git%40abc runtime",
                "pkg:generic/s@1.0.0?vcs_url=git%2Bhttps:%2F%2Fgithub.com%2Fo%2Fs%40abc runtime",
                "pkg:generic/t@1.0.0?download_url=https:%2F%2Fx.example%2Ft.tgz runtime",
                "f@0.0.0 runtime",
                "pkg:npm/m@1.0.0 runtime"
            ]
        );
        assert_eq!(property(&inventory, "pkg:npm/string-width@4.2.3", "chiron:alias"), ["string-width-cjs"]);
    }

    #[test]
    fn what_is_malformed_is_named_and_counted() {
        let with = |rest: &str| format!("{HEAD}{rest}");
        let table = [
            (String::new(), "read 0 0"),
            (with(""), "read 0 0"),
            ("hello\n".to_owned(), "failed 0 0: neither Yarn 1's lock file nor a later one's"),
            (with("<<<<<<< HEAD\na@1:\n  version \"1.0.0\"\n=======\n"), "partly 1 2: line 5: neither a package"),
            (with("a@1:\n  resolved \"x\"\n"), "partly 0 1: line 5: `a` has no version"),
            (with("a:\n  version \"1.0.0\"\n"), "partly 0 1: line 5: `a` names no package"),
            (with("\"a@1\n"), "partly 0 1: line 5"),
            (with("  version \"1\"\n"), "partly 0 1: line 5: not understood"),
            (with("a@1:\n  version \"1.0\n"), "partly 0 2: line 6: not understood; line 5: `a` has no version"),
            (with("a@1:\n  version \"1 0\"\n"), "`1 0` is no name or version"),
            (
                with("a@1:\n  version \"1\"\n  dependencies:\n    gone \"^1\"\n"),
                "partly 1 1: `pkg:npm/a@1` needs `gone`",
            ),
        ];
        let table: Vec<(&str, &str)> = table.iter().map(|(text, outcome)| (text.as_str(), *outcome)).collect();
        outcomes("yarn.lock", &table);
        let line = format!("{HEAD}{}", "a".repeat(8_000_000));
        assert!(outcome(&inventory("yarn.lock", line)).starts_with("partly 0 1: line 5"));
        let many: String = (0..20_000).map(|n| format!("p{n}@1:\n  version \"1.0.0\"\n")).collect();
        assert_eq!(outcome(&inventory("yarn.lock", with(&many))), "read 20000 0");
    }
}
