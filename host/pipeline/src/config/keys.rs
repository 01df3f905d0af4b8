//! `[keys]`: what its text alone shows to be wrong.

use chiron_trust::key::{TokenUri, UriError};

use super::Document;
use super::document::escaped;
use super::file::{KeyTable, PipelineFile};
use crate::mistake::{Mistake, MistakeClass};

/// What a key in a token looks like, for hints.
pub(crate) const EXAMPLE: &str =
    "pkcs11 = \"pkcs11:token=release;object=signing?module-path=/usr/lib/softhsm/libsofthsm2.so\"";

const PIN: &str = "pin = { env = \"RELEASE_PIN\" }  or  { file = \"release.pin\" }";

/// Every mistake, at its key.
pub(super) fn check(file: &PipelineFile, document: &Document, mistakes: &mut Vec<Mistake>) {
    for (name, table) in &file.keys {
        for Fault { key, message, label, hint } in faults(name, table) {
            let key = if key.is_empty() { String::new() } else { format!("/{key}") };
            let pointer = format!("/keys/{}{key}", escaped(name));
            mistakes.push(document.mistake(MistakeClass::Config, &pointer, message, label, Some(hint)));
        }
    }
}

struct Fault {
    key: &'static str,
    message: String,
    label: &'static str,
    hint: String,
}

fn fault(key: &'static str, message: String, label: &'static str, hint: &str) -> Fault {
    Fault { key, message, label, hint: hint.to_owned() }
}

fn faults(name: &str, table: &KeyTable) -> Vec<Fault> {
    let mut faults = Vec::new();
    let sources = [table.file.is_some(), table.env.is_some(), table.keyless.is_some(), table.pkcs11.is_some()];
    if sources.into_iter().filter(|given| *given).count() != 1 {
        let message = format!("the key `{name}` needs exactly one of `file`, `env`, `pkcs11` and `keyless`");
        let hint = format!("file = \"release.key\"  or  env = \"RELEASE_KEY\"  or  keyless = {{}}  or  {EXAMPLE}");
        faults.push(fault("", message, "this key", &hint));
    }
    if table.keyless.is_some() && table.password.is_some() {
        let message = format!("the key `{name}` is made for the run and has no password");
        faults.push(fault("password", message, "this password", "remove it"));
    }
    if table.keyless.is_some() && table.witness.is_some() {
        let message = format!("the key `{name}` is keyless, and so witnessed by the services of `keyless` already");
        faults.push(fault("witness", message, "once more", "remove it"));
    }
    if table.password.as_ref().is_some_and(|password| password.file.is_some() == password.env.is_some()) {
        let message = format!("the password of the key `{name}` needs exactly one of `env` and `file`");
        let hint = "{ env = \"RELEASE_PASSWORD\" }  or  { file = \"release.password\" }";
        faults.push(fault("password", message, "this password", hint));
    }
    if table.pin.as_ref().is_some_and(|pin| pin.file.is_some() == pin.env.is_some()) {
        let message = format!("the PIN of the key `{name}` needs exactly one of `env` and `file`");
        faults.push(fault("pin", message, "this PIN", PIN));
    }
    match &table.pkcs11 {
        Some(uri) => faults.extend(faults_of_token(name, table, uri)),
        None if table.pin.is_some() => {
            let message = format!("the key `{name}` is in no token and has no PIN");
            faults.push(fault("pin", message, "this PIN", "an encrypted key has a password"));
        }
        None => {}
    }
    faults
}

fn faults_of_token(name: &str, table: &KeyTable, uri: &str) -> Vec<Fault> {
    let mut faults = Vec::new();
    if table.password.is_some() {
        let message = format!("the key `{name}` is in a token, which has a PIN and no password");
        faults.push(fault("password", message, "this password", PIN));
    }
    match TokenUri::parse(uri) {
        Err(error) => {
            let message = format!("the URI of the key `{name}` cannot be used: {error}");
            faults.push(fault("pkcs11", message, "this URI", hint(&error)));
        }
        Ok(uri) if uri.module().is_none() => {
            let message = format!("the key `{name}` does not say whose code reaches its token");
            faults.push(fault("pkcs11", message, "no module-path", EXAMPLE));
        }
        Ok(uri) if uri.pin_source().is_some() && table.pin.is_some() => {
            let message = format!("the PIN of the key `{name}` is said to be in two places");
            faults.push(fault("pin", message, "and `pin-source` in the URI", "keep one of them"));
        }
        Ok(_) => {}
    }
    faults
}

fn hint(error: &UriError) -> &'static str {
    match error {
        UriError::PinValue | UriError::PinProgram => PIN,
        UriError::Unknown { .. } => {
            "token, serial, model, manufacturer, slot-id, object, id, type; what says how behind the `?`: module-path, pin-source"
        }
        UriError::Scheme
        | UriError::TooLong
        | UriError::NoAttribute
        | UriError::Twice { .. }
        | UriError::Character { .. }
        | UriError::Percent { .. }
        | UriError::Value { .. }
        | UriError::ModuleName
        | UriError::NoKey
        | UriError::NoToken
        | UriError::OtherType => EXAMPLE,
    }
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    fn mistakes(lines: &str) -> Vec<String> {
        let text = format!("[pipeline]\nname = \"p\"\nsubjects = [\"s\"]\n[keys.k]\n{lines}\n");
        let (_, mistakes) = crate::config::read(&text, Path::new("pipeline.toml"));
        mistakes.iter().map(|mistake| mistake.message.clone()).collect()
    }

    #[test]
    fn a_key_in_a_token_is_named_whole_and_its_pin_is_elsewhere() {
        let uri = |query: &str| format!("pkcs11 = \"pkcs11:token=t;object=k{query}\"\n");
        let none: [String; 0] = [];
        assert_eq!(mistakes(&uri("?module-path=/m.so")), none);
        assert_eq!(mistakes(&(uri("?module-path=/m.so") + "pin = { env = \"PIN\" }")), none);
        assert_eq!(mistakes(&uri("?module-path=/m.so&pin-source=/etc/pin")), none);
        for (lines, said) in [
            (uri(""), "whose code reaches its token"),
            (uri("?module-path=/m.so&pin-value=1234"), "where everybody reads it"),
            (uri("?module-path=/m.so&pin-source=/etc/pin") + "pin = { env = \"PIN\" }", "two places"),
            (uri("?module-path=/m.so") + "pin = { env = \"PIN\", file = \"pin\" }", "exactly one of `env` and `file`"),
            (uri("?module-path=/m.so") + "password = { env = \"PIN\" }", "a PIN and no password"),
            (uri("?module-path=/m.so") + "env = \"KEY\"", "exactly one of `file`, `env`, `pkcs11` and `keyless`"),
            ("file = \"k\"\npin = { env = \"PIN\" }".to_owned(), "in no token"),
            ("pkcs11 = \"pkcs11:token=t\"".to_owned(), "names no key"),
        ] {
            let found = mistakes(&lines);
            assert!(found.iter().any(|message| message.contains(said)), "{lines}: {found:?}");
        }
    }
}
