//! The signature of a plugin: over the bytes of its file, in the bundle beside it.
//!
//! Only a signature over the bytes counts. A statement about a plugin may say anything of it, and "signed by the right key"
//! is not yet "meant to be run".

use std::ffi::OsString;
use std::fs::File;
use std::io::Read as _;
use std::path::{Path, PathBuf};

use chiron_model::digest::Digest;
use chiron_model::text;
use chiron_trust::judge::{self, Artifact, JudgeError, SignedBy, SignedContent, Signer, TrustRoot};
use chiron_trust::verify::BUNDLE_BYTES_MAX;
use jiff::Timestamp;
use sha2::{Digest as _, Sha256, Sha384, Sha512};

use crate::wanted::{Wanted, WantedError};

/// Who has to have signed plugins, ready to be held against bundles.
pub struct Endorser {
    signer: Signer,
    root: Option<TrustRoot>,
}

/// Why a plugin is not known to be somebody's.
#[derive(Debug, thiserror::Error)]
pub enum EndorsementError {
    /// Nothing is beside it.
    #[error("it is not signed: there is no {}", path.display())]
    Unsigned {
        /// Where the bundle would be.
        path: PathBuf,
    },
    /// The bundle cannot be read.
    #[error("failed to read {}: {reason}", path.display())]
    Unreadable {
        /// The bundle.
        path: PathBuf,
        /// From the system.
        reason: String,
    },
    /// The bundle is about something else, by somebody else, or not true.
    #[error("{}: {reason}", path.display())]
    Refused {
        /// The bundle.
        path: PathBuf,
        /// Why.
        reason: JudgeError,
    },
    /// The bundle holds a statement.
    #[error("{}: it holds a statement of the type `{predicate_type}`, and no signature over the plugin", path.display())]
    Statement {
        /// The bundle.
        path: PathBuf,
        /// What it says.
        predicate_type: String,
    },
}

/// Where the bundle of a plugin is: `no-gpl.wasm` has it in `no-gpl.wasm.sigstore.json`.
#[must_use]
pub fn bundle_beside(plugin: &Path) -> PathBuf {
    let mut name = OsString::from(plugin);
    name.push(".sigstore.json");
    PathBuf::from(name)
}

impl Wanted {
    /// Reads the key or the trust root of whoever has to have signed plugins, as of `now`.
    ///
    /// # Errors
    /// As [`Wanted::request`]; [`WantedError::NobodyNamed`] where neither a key nor an identity is named.
    pub fn endorser(&self, now: Timestamp) -> Result<Endorser, WantedError> {
        let request = self.request(&[], now)?;
        let signer = request.signer.ok_or(WantedError::NobodyNamed)?;
        Ok(Endorser { signer, root: request.root })
    }
}

impl Endorser {
    /// Holds a plugin's bytes against a bundle, and says who signed: `key …`, or `IDENTITY (ISSUER)`.
    ///
    /// # Errors
    /// [`EndorsementError`]: no bundle, or one that does not prove it.
    pub fn endorses(&self, plugin: &[u8], bundle: &Path) -> Result<String, EndorsementError> {
        let json = read(bundle)?;
        let refused = |reason| EndorsementError::Refused { path: bundle.to_owned(), reason };
        let signed = judge::judge(&json, &Memory(plugin), &self.signer, self.root.as_ref()).map_err(refused)?;
        match signed.content {
            SignedContent::File => Ok(words(&signed.by)),
            SignedContent::Statement(statement) => Err(EndorsementError::Statement {
                path: bundle.to_owned(),
                predicate_type: text::cut(&text::one_line(&statement.predicate_type), 120).into_owned(),
            }),
        }
    }

    /// Who it has to be, as a lock says it.
    #[must_use]
    pub fn words(&self) -> String {
        match &self.signer {
            Signer::Key(key) => format!("key {}", key.key_id()),
            Signer::Identity(identity) => format!("{} ({})", identity.identity, identity.issuer),
        }
    }
}

fn words(by: &SignedBy) -> String {
    match by {
        SignedBy::Key { key_id } => format!("key {key_id}"),
        SignedBy::Identity { identity, issuer, .. } => text::one_line(&format!("{identity} ({issuer})")),
    }
}

/// Reads a bundle, and never more than one may hold.
fn read(path: &Path) -> Result<Vec<u8>, EndorsementError> {
    let unreadable =
        |error: std::io::Error| EndorsementError::Unreadable { path: path.to_owned(), reason: error.to_string() };
    let file = match File::open(path) {
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => {
            return Err(EndorsementError::Unsigned { path: path.to_owned() });
        }
        opened => opened.map_err(unreadable)?,
    };
    if !file.metadata().map_err(unreadable)?.is_file() {
        return Err(EndorsementError::Unreadable { path: path.to_owned(), reason: "it is no file".to_owned() });
    }
    let most = u64::try_from(BUNDLE_BYTES_MAX).unwrap_or(u64::MAX);
    let mut bytes = Vec::new();
    // One byte more than may be there: whoever judges it then refuses it as too long.
    file.take(most.saturating_add(1)).read_to_end(&mut bytes).map_err(unreadable)?;
    Ok(bytes)
}

/// Bytes that were read once: what is judged is what is then compiled.
struct Memory<'a>(&'a [u8]);

impl Artifact for Memory<'_> {
    fn digest(&self, algorithm: &str) -> Result<Digest, String> {
        let hex = match algorithm {
            "sha256" => hex::encode(Sha256::digest(self.0)),
            "sha384" => hex::encode(Sha384::digest(self.0)),
            "sha512" => hex::encode(Sha512::digest(self.0)),
            other => return Err(format!("no digest {other} is made here")),
        };
        Digest::new(algorithm, &hex).map_err(|error| error.to_string())
    }

    fn bytes(&self) -> Result<Vec<u8>, String> {
        Ok(self.0.to_vec())
    }
}

#[cfg(test)]
mod tests {
    use chiron_model::statement::Statement;
    use chiron_model::subject::Subject;
    use chiron_trust::PrivateKey;
    use chiron_trust::bundle::{bundle_blob, bundle_statement};
    use chiron_trust::key::{Algorithm, generate};

    use super::*;
    use crate::key::KeyName;

    const PLUGIN: &[u8] = b"\0asm and more";

    fn signed(folder: &Path, bundle: impl FnOnce(&PrivateKey) -> Vec<u8>) -> (Endorser, PathBuf) {
        let made = generate(Algorithm::P256, None).unwrap();
        let key = PrivateKey::from_pem(&made.private_pem).unwrap();
        let (public, path) = (folder.join("acme.pub"), folder.join("plugin.wasm.sigstore.json"));
        std::fs::write(&public, key.public().to_pem()).unwrap();
        std::fs::write(&path, bundle(&key)).unwrap();
        let wanted = Wanted { key: Some(KeyName::File(public)), ..Wanted::default() };
        (wanted.endorser(Timestamp::UNIX_EPOCH).unwrap(), path)
    }

    fn over_file(key: &PrivateKey) -> Vec<u8> {
        let sha256: [u8; 32] = Sha256::digest(PLUGIN).into();
        bundle_blob(key, sha256).unwrap()
    }

    #[test]
    fn the_signers_bytes_pass_and_no_others() {
        let folder = tempfile::tempdir().unwrap();
        let (endorser, bundle) = signed(folder.path(), over_file);
        assert_eq!(bundle, bundle_beside(&folder.path().join("plugin.wasm")));
        let by = endorser.endorses(PLUGIN, &bundle).unwrap();
        assert_eq!(by, endorser.words());
        assert!(by.starts_with("key "), "{by}");
        let changed = endorser.endorses(b"\0asm and less", &bundle).unwrap_err();
        assert!(matches!(changed, EndorsementError::Refused { .. }), "{changed}");
        let (another, _) = signed(tempfile::tempdir().unwrap().path(), over_file);
        assert!(matches!(another.endorses(PLUGIN, &bundle), Err(EndorsementError::Refused { .. })));
        let missing = endorser.endorses(PLUGIN, &folder.path().join("other.sigstore.json")).unwrap_err();
        assert!(missing.to_string().contains("it is not signed"), "{missing}");
        assert!(matches!(endorser.endorses(PLUGIN, folder.path()), Err(EndorsementError::Unreadable { .. })));
    }

    #[test]
    fn a_statement_about_a_plugin_is_no_signature_of_it() {
        let folder = tempfile::tempdir().unwrap();
        let digest = Digest::sha256_of(PLUGIN);
        let subject = Subject {
            name: "plugin.wasm".into(),
            media_type: "application/wasm".into(),
            digests: vec![digest],
            size: None,
            properties: Default::default(),
        };
        let statement = Statement {
            subjects: vec![subject],
            predicate_type: "https://example.com/refused/v1".into(),
            predicate: b"{}".to_vec(),
        };
        let (endorser, bundle) = signed(folder.path(), |key| bundle_statement(key, &statement).unwrap());
        let refused = endorser.endorses(PLUGIN, &bundle).unwrap_err();
        assert!(refused.to_string().contains("https://example.com/refused/v1"), "{refused}");
    }

    #[test]
    fn somebody_has_to_be_named() {
        assert!(matches!(Wanted::default().endorser(Timestamp::UNIX_EPOCH), Err(WantedError::NobodyNamed)));
    }
}
