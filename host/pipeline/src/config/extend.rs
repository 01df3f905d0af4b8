//! `extends`: a pipeline that builds on another file.
//!
//! The extending file wins. `[pipeline]`, `[gate]` and `[limits]` are merged key by key; under `[plugins]`, `[databases]`,
//! `[keys]`, `[endpoints]` and `[tools]` a name stands for one whole table, so that no file's credential can meet another file's
//! address; `[verify]` is one whole; a `[[step]]` replaces the one of its id as a whole and takes its place; the `[[suppress]]` of all files count.
//! A base binds nobody: what must hold on a machine belongs into the operator's file.

use std::fs::File;
use std::io::Read as _;
use std::path::{Path, PathBuf};

use chiron_model::digest::Digest;
use serde_json::Value;

use super::document::{Document, Piece, escaped};
use super::rebase::rebase;
use crate::mistake::{Mistake, MistakeClass};

/// Files in a row, the first one included.
const DEPTH_MAX: usize = 8;

/// Files that one pipeline builds on.
const BASES_MAX: usize = 32;

/// Largest base, in bytes.
const BASE_BYTES_MAX: u64 = 1 << 20;

/// The files that a pipeline builds on.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Bases {
    /// In the order in which they were read; one that is named twice stands here twice.
    pub read: Vec<Base>,
    /// What an extending file says otherwise than its base, e.g. `gate.fail_on`.
    pub replaced: Vec<String>,
}

/// A file that a pipeline builds on.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Base {
    /// Its path from the pipeline's folder, or an absolute one.
    pub name: String,
    /// Of its bytes.
    pub digest: Digest,
}

/// Reads what a document extends, and merges it in.
pub(super) fn extend(document: &mut Document, path: &Path, mistakes: &mut Vec<Mistake>) -> Bases {
    let mut reader = Reader { folder: path.parent().unwrap_or(Path::new("")), bases: Bases::default() };
    // A text that was not read from its path has none to be found in a circle.
    let chain: Vec<PathBuf> = path.canonicalize().into_iter().collect();
    reader.extend(document, "", &chain, mistakes);
    reader.bases
}

struct Reader<'a> {
    folder: &'a Path,
    bases: Bases,
}

impl Reader<'_> {
    /// `place` is the folder of the document, from the pipeline's; `chain` the files on the way to it.
    fn extend(&mut self, document: &mut Document, place: &str, chain: &[PathBuf], mistakes: &mut Vec<Mistake>) {
        let names: Vec<(String, String)> = match document.value.get("extends") {
            Some(Value::String(name)) => vec![("/extends".to_owned(), name.clone())],
            Some(Value::Array(names)) => {
                let named = names.iter().enumerate();
                named.filter_map(|(at, name)| Some((format!("/extends/{at}"), name.as_str()?.to_owned()))).collect()
            }
            _ => Vec::new(),
        };
        // The last one wins over those before it: what it says is filled in first.
        for (pointer, name) in names.into_iter().rev() {
            match self.base(&name, place, chain) {
                Ok((mut base, mut wrong)) => {
                    document.append(&mut base, &mut wrong);
                    mistakes.append(&mut wrong);
                    rebase(&mut base.value, folder_of(&name));
                    self.merge(document, &base);
                }
                Err((message, hint)) => {
                    let hint = Some(hint.to_owned());
                    mistakes.push(document.mistake(MistakeClass::Config, &pointer, message, "this file", hint));
                }
            }
        }
    }

    fn base(&mut self, name: &str, place: &str, chain: &[PathBuf]) -> Result<(Document, Vec<Mistake>), Refusal> {
        if name.contains("://") {
            return Err((format!("`{name}` is an address: a pipeline extends files"), "download it and name its path"));
        }
        let from_here = joined(place, name);
        let path = self.folder.join(&from_here);
        let unread = |error: std::io::Error| {
            (format!("`{name}` cannot be read: {error}"), "paths in `extends` are relative to the file they stand in")
        };
        let own = path.canonicalize().map_err(unread)?;
        if let Some(begin) = chain.iter().position(|file| *file == own) {
            let last = |path: &PathBuf| path.file_name().map(|name| name.to_string_lossy().into_owned());
            let circle: Vec<_> = chain[begin..].iter().chain([&own]).filter_map(last).collect();
            return Err((format!("a circle: {}", circle.join(" extends ")), "take one of these out"));
        }
        if chain.len() >= DEPTH_MAX {
            return Err((format!("more than {DEPTH_MAX} files in a row"), "extend fewer files"));
        }
        if self.bases.read.len() >= BASES_MAX {
            return Err((format!("more than {BASES_MAX} files are extended"), "extend fewer files"));
        }
        let text = read(&path).map_err(unread)?;
        self.bases.read.push(Base { name: from_here.clone(), digest: Digest::sha256_of(text.as_bytes()) });
        let (mut document, mut mistakes) = Document::parse(&from_here, &text);
        let chain: Vec<PathBuf> = chain.iter().cloned().chain([own]).collect();
        self.extend(&mut document, folder_of(&from_here), &chain, &mut mistakes);
        Ok((document, mistakes))
    }

    fn merge(&mut self, document: &mut Document, base: &Document) {
        let Value::Object(root) = &base.value else { return };
        for (key, value) in root.iter().filter(|(key, _)| *key != "extends") {
            let pointer = format!("/{}", escaped(key));
            match (value, document.value.get(key)) {
                (_, None) => document.put_piece("", key, base.piece(&pointer)),
                // One file's identity must not meet another file's issuer.
                (_, Some(own)) if key == "verify" && own != value => self.replaced("verify".to_owned()),
                (_, Some(_)) if key == "verify" => {}
                (Value::Object(table), Some(Value::Object(_))) => {
                    for name in table.keys() {
                        let pointer = format!("{pointer}/{}", escaped(name));
                        match document.value.pointer(&pointer) {
                            None => document.put_piece(&format!("/{}", escaped(key)), name, base.piece(&pointer)),
                            Some(own) if Some(own) != base.value.pointer(&pointer) => {
                                self.replaced(format!("{key}.{name}"))
                            }
                            Some(_) => {}
                        }
                    }
                }
                (Value::Array(_), Some(Value::Array(_))) if key == "step" || key == "suppress" => {
                    let items = self.list(document, base, &pointer);
                    document.put_list(key, items);
                }
                // Of different types: the schema says what is wrong with them.
                _ => {}
            }
        }
    }

    /// The base's items first, each replaced by this file's of the same `id` where that names a step.
    fn list(&mut self, document: &Document, base: &Document, pointer: &str) -> Vec<Piece> {
        let id = |piece: &Piece| piece.value.get("id").and_then(Value::as_str).map(str::to_owned);
        let mut own: Vec<Option<Piece>> = pieces(document, pointer).into_iter().map(Some).collect();
        let mut merged = Vec::new();
        for piece in pieces(base, pointer) {
            let same = |other: &&mut Option<Piece>| {
                pointer == "/step" && id(&piece).is_some() && other.as_ref().and_then(id) == id(&piece)
            };
            match own.iter_mut().find(same).and_then(Option::take) {
                Some(mine) => {
                    self.replaced(format!("step `{}`", id(&mine).unwrap_or_default()));
                    merged.push(mine);
                }
                None => merged.push(piece),
            }
        }
        merged.extend(own.into_iter().flatten());
        merged
    }

    fn replaced(&mut self, what: String) {
        if !self.bases.replaced.contains(&what) {
            self.bases.replaced.push(what);
        }
    }
}

/// A message and what to do.
type Refusal = (String, &'static str);

impl Document {
    fn put_piece(&mut self, table: &str, key: &str, piece: Option<Piece>) {
        if let Some(piece) = piece {
            self.put(table, key, piece);
        }
    }
}

fn pieces(document: &Document, pointer: &str) -> Vec<Piece> {
    let items = document.value.pointer(pointer).and_then(Value::as_array).map_or(0, Vec::len);
    (0..items).filter_map(|at| document.piece(&format!("{pointer}/{at}"))).collect()
}

/// A regular file of bounded size: a pipe would hold the run for ever.
fn read(path: &Path) -> std::io::Result<String> {
    let found = std::fs::metadata(path)?;
    if !found.is_file() {
        return Err(std::io::Error::other("it is no file"));
    }
    if found.len() > BASE_BYTES_MAX {
        return Err(std::io::Error::other(format!("it is larger than {BASE_BYTES_MAX} bytes")));
    }
    let mut text = String::new();
    File::open(path)?.take(BASE_BYTES_MAX).read_to_string(&mut text)?;
    Ok(text)
}

fn folder_of(name: &str) -> &str {
    match name.rfind('/') {
        Some(0) => "/",
        Some(slash) => &name[..slash],
        None => "",
    }
}

fn joined(folder: &str, name: &str) -> String {
    let plain = name.strip_prefix("./").unwrap_or(name);
    if folder.is_empty() || plain.starts_with('/') { plain.to_owned() } else { format!("{folder}/{plain}") }
}

#[cfg(test)]
mod tests;
