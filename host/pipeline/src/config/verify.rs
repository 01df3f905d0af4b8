//! `[verify]`: what its text alone shows to be wrong.

use std::path::Path;

use chiron_verify::{KeyName, WantedError};

use super::Document;
use super::file::{PipelineFile, VerifyTable};
use crate::mistake::{Mistake, MistakeClass};

/// Every mistake, at its key.
pub(super) fn check(file: &PipelineFile, document: &Document, mistakes: &mut Vec<Mistake>) {
    let Some(table) = &file.verify else { return };
    let doubled = [
        (table.certificate_identity.is_some() && table.certificate_identity_regexp.is_some(), "certificate_identity"),
        (
            table.certificate_oidc_issuer.is_some() && table.certificate_oidc_issuer_regexp.is_some(),
            "certificate_oidc_issuer",
        ),
    ];
    let mut wrong = |key: &str, message: String, label: &str, hint: &str| {
        let pointer = if key.is_empty() { "/verify".to_owned() } else { format!("/verify/{key}") };
        mistakes.push(document.mistake(MistakeClass::Config, &pointer, message, label, Some(hint.to_owned())));
    };
    for (_, key) in doubled.into_iter().filter(|(both, _)| *both) {
        let message = format!("`{key}` and `{key}_regexp` say the same thing twice");
        wrong(&format!("{key}_regexp"), message, "the other one is there too", "keep one of them");
    }
    if let Some(why) = table.key.as_deref().and_then(KeyName::objection) {
        wrong(
            "key",
            why.to_owned(),
            "this key",
            "write its public half into a file: chiron key public URI > release.pub",
        );
    }
    for fault in table.wanted(Path::new("")).faults() {
        let (key, label, hint) = place(table, &fault);
        wrong(key, fault.to_string(), label, hint);
    }
}

fn place(table: &VerifyTable, fault: &WantedError) -> (&'static str, &'static str, &'static str) {
    let either = |there: bool, exact: &'static str, expression: &'static str| if there { exact } else { expression };
    let identity = either(table.certificate_identity.is_some(), "certificate_identity", "certificate_identity_regexp");
    let issuer =
        either(table.certificate_oidc_issuer.is_some(), "certificate_oidc_issuer", "certificate_oidc_issuer_regexp");
    let name = "give its name, or an expression that matches all of it";
    match fault {
        WantedError::NobodyNamed => (
            "",
            "no key and no identity",
            "key = \"release.pub\"  or  certificate_identity = \"…\" with certificate_oidc_issuer = \"https://…\"",
        ),
        WantedError::KeyAndIdentity => ("key", "this key", "keep the key, or the identity with its issuer"),
        WantedError::IdentityAlone => {
            (identity, "this identity", "certificate_oidc_issuer = \"https://token.actions.githubusercontent.com\"")
        }
        WantedError::IssuerAlone => (issuer, "this issuer", "certificate_identity = \"…\""),
        WantedError::EmptyIdentity | WantedError::IdentityExpression(_) => (identity, "cannot be used", name),
        WantedError::EmptyIssuer | WantedError::IssuerExpression(_) => (issuer, "cannot be used", name),
        WantedError::NoExpectations => {
            ("checks", "asks for provenance", "builder_id = \"https://…\" and source_uri = \"https://…\"")
        }
        // Only looked at when something is verified.
        WantedError::Key(_) | WantedError::NoVariable { .. } => ("key", "this key", "a public key in PEM"),
        WantedError::Root(_) => ("trusted_root", "this root", "a trusted_root.json, tuf, or tuf:NAME"),
    }
}

#[cfg(test)]
mod tests {
    fn mistakes(lines: &str) -> Vec<String> {
        crate::config::told::mistakes(&format!("[verify]\n{lines}\n"))
    }

    #[test]
    fn a_table_that_uses_everything_is_read() {
        let lines = r#"
            checks = ["signatures", "sbom", "provenance", "checksums"]
            before_run = true
            trusted_root = "root.json"
            certificate_identity_regexp = "https://github.com/acme/.*"
            certificate_oidc_issuer = "https://token.actions.githubusercontent.com"
            bundles = ["attestations"]
            type = "slsaprovenance1"
            builder_id = "https://ci.example.com"
            source_uri = "https://github.com/acme/app"
            parameters = { "workflow.path" = "release.yml" }
            allow_missing = true"#;
        assert_eq!(mistakes(lines), Vec::<String>::new());
        assert_eq!(mistakes("key = \"release.pub\""), Vec::<String>::new());
        assert_eq!(mistakes("checks = [\"checksums\"]"), Vec::<String>::new());
    }

    #[test]
    fn every_mistake_is_told_at_its_line() {
        let lines = r#"checks = ["provenance", "magic"]
key = "release.pub"
certificate_identity = "a"
certificate_identity_regexp = "("
certificate_oidc_issuer_regexp = "("
sign = true"#;
        let found = mistakes(lines);
        for (line, word) in [
            (5, "magic"),
            (5, "from a builder and a source"),
            (6, "exclude each other"),
            (8, "say the same thing twice"),
            (9, "no regular expression"),
            (10, "sign"),
        ] {
            let here = format!("{line}: ");
            assert!(found.iter().any(|m| m.starts_with(&here) && m.contains(word)), "{line} {word}: {found:#?}");
        }
        assert!(mistakes("")[0].contains("who has to have signed"), "{:?}", mistakes(""));
        assert!(mistakes("key = \"pkcs11:token=t;object=k\"")[0].contains("named by --key alone"));
        assert!(mistakes("certificate_identity = \"a\"")[0].starts_with("5: an identity proves nothing"));
        assert!(mistakes("certificate_oidc_issuer = \"a\"")[0].starts_with("5: an issuer vouches"));
    }
}
