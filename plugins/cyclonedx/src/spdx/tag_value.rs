//! SPDX as tags with values, line by line (SPDX 2.3, clause 3 and annex on file formats). A value in `<text>` may go over
//! many lines.

use std::io::{BufRead, Read as _};

use chiron_sdk::content::Blob;

use super::Spdx;
use super::package::Package;
use crate::stream;
use crate::text::one_line;

/// Longest line, in bytes.
const LINE_BYTES_MAX: usize = 1024 * 1024;

/// What is kept of a text of many lines, in bytes. Those are licences and notices, of which a name would do.
const TEXT_BYTES_MAX: usize = 64 * 1024;

/// Lines that are no tags, after which it is no document.
const STRAY_MAX: usize = 1000;

/// Reads a document.
pub(super) fn document(blob: &dyn Blob) -> Result<Spdx, String> {
    let mut lines = Lines { reader: stream::bytes(blob), number: 0 };
    let mut reader = Reader::default();
    while let Some(line) = lines.next()? {
        let line = line.trim();
        if line.is_empty() || line.starts_with('#') {
            continue;
        }
        let Some((tag, value)) = line.split_once(':').filter(|(tag, _)| is_tag(tag)) else {
            reader.stray(lines.number)?;
            continue;
        };
        let (tag, value) = (tag.to_owned(), value.trim().to_owned());
        let value = match value.strip_prefix("<text>") {
            Some(start) => text(start, &mut lines)?,
            None => value,
        };
        reader.tag(&tag, &value, lines.number);
    }
    Ok(reader.finish())
}

fn is_tag(tag: &str) -> bool {
    !tag.is_empty() && tag.bytes().all(|byte| byte.is_ascii_alphanumeric())
}

/// The rest of a text up to its end, which has to come.
fn text(start: &str, lines: &mut Lines<impl BufRead>) -> Result<String, String> {
    let began = lines.number;
    let mut text = String::new();
    let mut line = start.to_owned();
    loop {
        if let Some((end, _)) = line.split_once("</text>") {
            push(&mut text, end);
            return Ok(text);
        }
        push(&mut text, &line);
        push(&mut text, "\n");
        line = lines.next()?.ok_or_else(|| format!("the text that begins on line {began} does not end"))?;
    }
}

fn push(text: &mut String, more: &str) {
    if text.len() + more.len() <= TEXT_BYTES_MAX {
        text.push_str(more);
    }
}

/// Lines with their numbers.
struct Lines<R> {
    reader: R,
    number: u64,
}

impl<R: BufRead> Lines<R> {
    fn next(&mut self) -> Result<Option<String>, String> {
        let mut bytes = Vec::new();
        let mut window = (&mut self.reader).take(LINE_BYTES_MAX as u64 + 1);
        let read =
            window.read_until(b'\n', &mut bytes).map_err(|error| one_line(&format!("cannot be read: {error}"), 300))?;
        if read == 0 {
            return Ok(None);
        }
        self.number += 1;
        if read > LINE_BYTES_MAX {
            return Err(format!("line {} is longer than {LINE_BYTES_MAX} bytes", self.number));
        }
        let line = String::from_utf8(bytes).map_err(|_| format!("not UTF-8 on line {}", self.number))?;
        Ok(Some(line.trim_end_matches(['\n', '\r']).to_owned()))
    }
}

/// What the tags are about: each kind of element begins with a tag of its own.
#[derive(Default)]
enum About {
    #[default]
    Document,
    Package(Package),
    License {
        id: String,
        name: Option<String>,
        text: Option<String>,
    },
    /// A file or a snippet.
    Other,
}

#[derive(Default)]
struct Reader {
    document: Spdx,
    about: About,
}

impl Reader {
    /// A line that says nothing. Of the first ones, or of many, it is no such document.
    fn stray(&mut self, line: u64) -> Result<(), String> {
        if self.document.version.is_none() || self.document.dropped.len() >= STRAY_MAX {
            return Err(format!("not SPDX tag-value: line {line} is not a tag with a value"));
        }
        self.document.dropped.push(format!("line {line}: not a tag with a value"));
        Ok(())
    }

    fn tag(&mut self, tag: &str, value: &str, line: u64) {
        match tag {
            "SPDXVersion" if self.document.version.is_some() => {
                self.document.broken = Some(format!("line {line}: `SPDXVersion` stands twice"));
            }
            "SPDXVersion" => self.document.version = Some(value.to_owned()),
            "PackageName" => self.begin(About::Package(Package { name: value.to_owned(), ..Package::default() })),
            "FileName" => {
                self.document.files += 1;
                self.begin(About::Other);
            }
            "SnippetSPDXID" | "SnippetSPDXIdentifier" => {
                self.document.snippets += 1;
                self.begin(About::Other);
            }
            "LicenseID" => self.begin(About::License { id: value.to_owned(), name: None, text: None }),
            "Relationship" => self.relationship(value, line),
            _ => self.detail(tag, value),
        }
    }

    fn relationship(&mut self, value: &str, line: u64) {
        let words: Vec<&str> = value.split_whitespace().collect();
        match words[..] {
            [source, kind, target] => self.document.relate(source, kind, target),
            _ => self.document.dropped.push(format!("line {line}: a relationship of {} words", words.len())),
        }
    }

    /// A tag of the element that is open. What is not kept is no mistake.
    fn detail(&mut self, tag: &str, value: &str) {
        let value = value.trim();
        match &mut self.about {
            About::Package(package) => match tag {
                "SPDXID" => package.id = Some(value.to_owned()),
                "PackageVersion" => package.version = Some(value.to_owned()),
                "PrimaryPackagePurpose" => package.purpose = Some(value.to_owned()),
                "PackageLicenseDeclared" => package.declared = Some(value.to_owned()),
                "PackageLicenseConcluded" => package.concluded = Some(value.to_owned()),
                "PackageSourceInfo" => package.source_info = Some(value.to_owned()),
                "PackageChecksum" => {
                    if let Some((algorithm, digest)) = value.split_once(':') {
                        package.checksum(algorithm.trim(), digest);
                    }
                }
                "ExternalRef" => {
                    if let [_, kind, locator] = value.split_whitespace().collect::<Vec<_>>()[..] {
                        package.refer(kind, locator);
                    }
                }
                _ => {}
            },
            About::License { name, text, .. } => match tag {
                "LicenseName" => *name = Some(value.to_owned()),
                "ExtractedText" => *text = Some(value.to_owned()),
                _ => {}
            },
            About::Document | About::Other => {}
        }
    }

    /// Ends the element that is open.
    fn begin(&mut self, next: About) {
        match std::mem::replace(&mut self.about, next) {
            About::Package(package) => match package.into_part() {
                Ok(part) => self.document.parts.push(part),
                Err(reason) => self.document.dropped.push(reason),
            },
            About::License { id, name, text } => self.document.add_license(id, name.as_deref(), text.as_deref()),
            About::Document | About::Other => {}
        }
    }

    fn finish(mut self) -> Spdx {
        self.begin(About::Other);
        self.document
    }
}
