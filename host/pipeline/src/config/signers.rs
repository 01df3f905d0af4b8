//! `signer` of plugins: what its text alone shows to be wrong.

use super::Document;
use super::document::escaped;
use super::file::PipelineFile;
use crate::mistake::{Mistake, MistakeClass};

/// What a signer looks like, for hints.
pub(crate) const EXAMPLE: &str =
    "signer = { key = \"acme.pub\" }  or  { identity = \"\u{2026}\", issuer = \"https://\u{2026}\" }";

/// Every mistake, at its key.
pub(super) fn check(file: &PipelineFile, document: &Document, mistakes: &mut Vec<Mistake>) {
    for (name, table) in &file.plugins {
        let Some(signer) = &table.signer else { continue };
        let mut wrong = |key: &str, message: String, hint: &str| {
            let key = if key.is_empty() { String::new() } else { format!("/{key}") };
            let pointer = format!("/plugins/{}/signer{key}", escaped(name));
            let hint = Some(hint.to_owned());
            mistakes.push(document.mistake(MistakeClass::Config, &pointer, message, "this signer", hint));
        };
        for (key, message) in signer.mistakes() {
            wrong(key, message, EXAMPLE);
        }
        if !crate::registry::is_path(&table.source) {
            let message = format!("`{}` is part of this Chiron and has no signer of its own", table.source);
            wrong("", message, "remove it: a builtin is as trustworthy as the program it is part of");
        }
    }
}
