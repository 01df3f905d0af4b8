//! Lists of SHA-256 digests, as `sha256sum` writes them.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use chiron_archive::{Blob, Limits};

use crate::account::{CheckResult, Outcome, Tried, by};
use crate::bundles;
use crate::check::Check;
use crate::request::{Missing, Request};
use crate::signatures;
use crate::subject::Subject;

/// What lists of a folder are called.
const NAMES: [&str; 5] = ["SHA256SUMS", "SHA256SUMS.txt", "sha256sums.txt", "checksums.txt", "CHECKSUMS"];

/// How the list of one file ends.
const ENDING: &str = ".sha256";

/// Largest list: 100,000 files.
pub(crate) const LIST_BYTES_MAX: u64 = 16 * 1024 * 1024;

/// Digest by name, as the list writes it.
pub(crate) type List = BTreeMap<String, String>;

/// Whether a name is that of a list of a folder, or of one file.
pub(crate) fn is_one(name: &str) -> bool {
    is_list(name) || name.ends_with(ENDING)
}

/// Whether a name is that of a list of a folder.
pub(crate) fn is_list(name: &str) -> bool {
    NAMES.contains(&name)
}

/// Lists that may speak of a file, with the name that it would have there: beside it, and up to the folder that was named.
pub(crate) fn lists_for(subject: &Subject) -> Vec<(PathBuf, String)> {
    let mut lists = Vec::new();
    let own = subject.folder.join(format!("{}{ENDING}", subject.file));
    if own.is_file() {
        lists.push((own, subject.file.clone()));
    }
    let mut folder = subject.folder.as_path();
    let mut name = subject.file.clone();
    loop {
        for list in NAMES.map(|list| folder.join(list)) {
            if list.is_file() {
                lists.push((list, name.clone()));
            }
        }
        let (Some(last), Some(parent)) = (folder.file_name(), folder.parent()) else { break };
        if folder == subject.ground {
            break;
        }
        name = format!("{}/{name}", last.to_string_lossy());
        folder = parent;
    }
    lists
}

/// Compares a file with every list that speaks of it: none may contradict.
pub(crate) fn check(subject: &Subject, blob: &Blob, lists: &[(PathBuf, String)], request: &Request) -> CheckResult {
    let sha256 = match blob.digest("sha256") {
        Ok(digest) => digest.hex().to_owned(),
        Err(error) => return CheckResult::new(Check::Checksums, Outcome::Failed, error.to_string()),
    };
    let mut passed: Option<CheckResult> = None;
    let (mut unsigned, mut tried) = (Vec::new(), Vec::new());
    for (path, name) in lists {
        let evidence = path.display().to_string();
        match compare(path, name, &sha256, request) {
            Ok(Said::Same(note)) => {
                passed = passed.or(Some(CheckResult::passed(Check::Checksums, note, &evidence)));
            }
            Ok(Said::Unsigned) => {
                let reason = "the list names the file as it is, and nobody signed the list".to_owned();
                unsigned.push(Tried { evidence, reason });
            }
            Ok(Said::Nothing) => {}
            Err(reason) => tried.push(Tried { evidence, reason }),
        }
    }
    if !tried.is_empty() {
        return CheckResult::failed(Check::Checksums, tried);
    }
    if passed.is_none() && !unsigned.is_empty() {
        // Who can put a file there can put a list beside it. Nobody asked for the list where the check is not required.
        let failed = CheckResult::failed(Check::Checksums, unsigned);
        let required = request.required.contains(&Check::Checksums) && request.missing == Missing::Fails;
        return if required { failed } else { CheckResult { outcome: Outcome::Skipped, ..failed } };
    }
    passed.unwrap_or_else(|| {
        let outcome = if request.required.contains(&Check::Checksums) { Outcome::Failed } else { Outcome::Skipped };
        CheckResult::new(Check::Checksums, outcome, format!("no list of checksums names {}", subject.file))
    })
}

/// What a list says of a file that it does not contradict.
enum Said {
    /// Nothing.
    Nothing,
    /// That it is the one, in words.
    Same(String),
    /// That it is the one; but somebody in particular had to say so, and nobody signed the list.
    Unsigned,
}

fn compare(path: &Path, name: &str, sha256: &str, request: &Request) -> Result<Said, String> {
    let blob = Blob::open(path, &Limits::default()).map_err(|error| error.to_string())?;
    let list = read(&blob, name)?;
    let Some(written) = list.get(name) else { return Ok(Said::Nothing) };
    if written != sha256 {
        return Err(format!("the list says {written}, and the file has {sha256}"));
    }
    let file = path.file_name().unwrap_or_default().to_string_lossy();
    let same = |who: &str| Ok(Said::Same(format!("its SHA-256 is the one in {file} ({who})")));
    if request.signer.is_none() {
        return same("a list of which no signature was asked for");
    }
    let found = bundles::beside(path.parent().unwrap_or(Path::new("")), &file);
    let mut reason = None;
    for bundle in &found {
        match signatures::judged(bundle, &blob, request) {
            Ok(signed) => return same(&by(&signed)),
            Err(why) => reason = Some(why),
        }
    }
    match reason {
        None => Ok(Said::Unsigned),
        Some(reason) => Err(format!("the list is signed, and that does not hold: {reason}")),
    }
}

fn read(blob: &Blob, alone: &str) -> Result<List, String> {
    let bytes = blob.read_all(LIST_BYTES_MAX).map_err(|error| error.to_string())?;
    let text = String::from_utf8(bytes).map_err(|_| "it is not UTF-8".to_owned())?;
    parse(&text, alone)
}

/// Whether a file is a list, or why not.
pub(crate) fn look(blob: &Blob) -> Result<(), String> {
    read(blob, "-").map(|_| ())
}

/// A line of a list. Names with backslashes or line ends are no names that are written here.
pub(crate) fn line(name: &str, sha256: &str) -> String {
    format!("{sha256}  {name}\n")
}

/// Reads a list: `DIGEST  NAME`, `DIGEST *NAME`, `SHA256 (NAME) = DIGEST`, or a digest alone, which is that of `alone`.
pub(crate) fn parse(text: &str, alone: &str) -> Result<List, String> {
    let mut list = List::new();
    for (index, line) in text.lines().enumerate() {
        let line = line.strip_suffix('\r').unwrap_or(line);
        if line.trim().is_empty() || line.starts_with('#') {
            continue;
        }
        let (digest, name) =
            entry(line, alone).ok_or_else(|| format!("line {} is not in the form of sha256sum", index + 1))?;
        let digest = digest.to_ascii_lowercase();
        let name = name.strip_prefix("./").unwrap_or(&name).to_owned();
        // Two digests of one name: one reader takes the first, another the last.
        if list.insert(name.clone(), digest.clone()).is_some_and(|other| other != digest) {
            return Err(format!(
                "line {} names `{}` a second time, with another digest",
                index + 1,
                name.escape_debug()
            ));
        }
    }
    Ok(list)
}

fn entry(line: &str, alone: &str) -> Option<(String, String)> {
    let is_digest = |text: &str| text.len() == 64 && text.bytes().all(|byte| byte.is_ascii_hexdigit());
    if let Some(rest) = line.strip_prefix("SHA256 (") {
        let (name, digest) = rest.rsplit_once(") = ")?;
        return is_digest(digest).then(|| (digest.to_owned(), name.to_owned()));
    }
    // A line whose name has line ends or backslashes begins with one, and the name is escaped.
    let (escaped, line) = line.strip_prefix('\\').map_or((false, line), |line| (true, line));
    if is_digest(line.trim_end()) {
        return Some((line.trim_end().to_owned(), alone.to_owned()));
    }
    let (digest, rest) = line.split_at_checked(64)?;
    let name = rest.strip_prefix("  ").or_else(|| rest.strip_prefix(" *"))?;
    if !is_digest(digest) || name.is_empty() {
        return None;
    }
    let name = if escaped { unescape(name)? } else { name.to_owned() };
    Some((digest.to_owned(), name))
}

fn unescape(name: &str) -> Option<String> {
    let mut out = String::new();
    let mut chars = name.chars();
    while let Some(c) = chars.next() {
        match c {
            '\\' => out.push(match chars.next()? {
                'n' => '\n',
                'r' => '\r',
                '\\' => '\\',
                _ => return None,
            }),
            _ => out.push(c),
        }
    }
    Some(out)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_what_sha256sum_writes() {
        let a = "a".repeat(64);
        let text = format!("# list\n{a}  x y\n{a} *./bin\r\n\\{a}  a\\\\b\\nc\nSHA256 (p (1)) = {a}\n\n");
        let list = parse(&text, "-").unwrap();
        assert_eq!(list.keys().map(String::as_str).collect::<Vec<_>>(), ["a\\b\nc", "bin", "p (1)", "x y"]);
        assert_eq!(parse(&format!("{}\n", a.to_uppercase()), "one").unwrap()["one"], a);
    }

    #[test]
    fn refuses_what_could_be_read_in_two_ways() {
        let (a, b) = ("a".repeat(64), "b".repeat(64));
        assert!(parse(&format!("{a}  x\n{b}  x\n"), "-").unwrap_err().contains("second time"));
        assert!(parse(&format!("{a}  x\n{a}  x\n"), "-").is_ok());
        for wrong in ["hello", "abc  x", &format!("{a} x"), &format!("{a}x"), &format!("{}  x", "g".repeat(64))] {
            assert!(parse(wrong, "-").is_err(), "{wrong}");
        }
    }
}
