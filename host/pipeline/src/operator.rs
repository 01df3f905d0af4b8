//! The operator's file: the most that any pipeline on a machine may grant, spend or skip. A pipeline can only be
//! narrower. What the file does not name is not there: unset means none.

pub(crate) mod ceiling;
pub mod file;

use std::path::{Path, PathBuf};

use chiron_egress::Origin;
use chiron_model::digest::Digest;
use chiron_trust::judge::RootSource;
use chiron_trust::tuf::{Expired, Known};

pub use file::{OperatorFile, Signers};

use crate::config::file::SignerTable;
use crate::config::signers::EXAMPLE;
use crate::config::{Document, check_against, without};
use crate::error::Error;
use crate::mistake::{Mistake, MistakeClass, Mistakes};

/// Where a machine's operator puts the file.
pub const OPERATOR_FILE: &str = "/etc/chiron/operator.toml";

/// Largest file that is read, in bytes. A ceiling that nobody can review is none.
const FILE_BYTES_MAX: u64 = 1024 * 1024;

/// An operator's file that was read. Where there are several, each of them caps.
#[derive(Clone, Debug)]
pub struct Operator {
    /// For people: where it is.
    pub name: String,
    /// How it came to be read: `--operator`, or the machine's own place.
    pub source: &'static str,
    /// Of its bytes; stands in reports.
    pub digest: Digest,
    /// What it says.
    pub file: OperatorFile,
    path: PathBuf,
}

impl Operator {
    /// Reads an operator's file.
    ///
    /// # Errors
    /// A file that is not there or cannot be read, that others could have written, and every mistake in it.
    pub fn read(path: &Path, source: &'static str) -> Result<Self, Error> {
        let io = |error: std::io::Error| Error::io("read", path, error);
        let found = std::fs::metadata(path).map_err(io)?;
        if !found.is_file() || found.len() > FILE_BYTES_MAX {
            return Err(refused(path, "because it is no file of at most 1 MiB"));
        }
        if others_may_write(&found) {
            return Err(refused(path, "because its group or others may write it (chmod go-w)"));
        }
        let text = std::fs::read_to_string(path).map_err(io)?;
        let name = path.display().to_string();
        let file = parse(&name, &text)?;
        let path = path.canonicalize().map_err(io)?;
        Ok(Self { name, source, digest: Digest::sha256_of(text.as_bytes()), file, path })
    }

    /// The machine's own file, if there is one.
    ///
    /// # Errors
    /// As [`Operator::read`]: a file that is there and cannot be read caps nothing, and is never passed over.
    pub fn of_the_machine() -> Result<Option<Self>, Error> {
        let path = Path::new(OPERATOR_FILE);
        match path.try_exists() {
            Ok(false) => Ok(None),
            Ok(true) => Self::read(path, "machine").map(Some),
            Err(error) => Err(Error::io("read", path, error)),
        }
    }

    /// The folder that its paths are relative to.
    pub(crate) fn folder(&self) -> &Path {
        self.path.parent().unwrap_or(Path::new("/"))
    }

    /// A ceiling that the judged could have brought along is none.
    ///
    /// # Errors
    /// When the file lies inside a subject.
    pub(crate) fn outside<'a>(&self, mut subjects: impl Iterator<Item = &'a Path>) -> Result<(), Error> {
        let inside = |subject: &Path| subject.canonicalize().is_ok_and(|subject| self.path.starts_with(subject));
        if subjects.any(inside) {
            return Err(refused(Path::new(&self.name), "because it lies inside a subject"));
        }
        Ok(())
    }
}

fn refused(path: &Path, why: &'static str) -> Error {
    Error::Refused { setting: format!("the operator's file {}", path.display()), why }
}

#[cfg(unix)]
fn others_may_write(found: &std::fs::Metadata) -> bool {
    use std::os::unix::fs::MetadataExt as _;
    found.mode() & 0o022 != 0
}

#[cfg(not(unix))]
fn others_may_write(_: &std::fs::Metadata) -> bool {
    false
}

fn parse(name: &str, text: &str) -> Result<OperatorFile, Mistakes> {
    let (document, mut mistakes) = Document::parse(name, text);
    let violations = check_against(&file::schema(), &document, "the operator's file");
    let readable = without(&document.value, &violations);
    mistakes.extend(violations.into_iter().map(|violation| violation.mistake));
    let wrong = |pointer: &str, message: String, hint: &str| {
        document.mistake(MistakeClass::Config, pointer, message, "cannot be read", Some(hint.to_owned()))
    };
    let read = match serde_json::from_value::<OperatorFile>(readable) {
        Ok(read) => read,
        Err(_) if !mistakes.is_empty() => return Err(sorted(&document, mistakes)),
        Err(error) => return Err(sorted(&document, vec![wrong("", error.to_string(), "")])),
    };
    for (key, message) in read.limits.mistakes() {
        mistakes.push(wrong(&format!("/limits/{key}"), message, "write durations as \"30s\" and sizes as \"256 MiB\""));
    }
    for (index, origin) in read.grants.endpoints.named().iter().enumerate() {
        match Origin::parse(origin) {
            Ok(parsed) if parsed.to_string() == *origin => {}
            Ok(parsed) => {
                let message = format!("the origin `{origin}` is written `{parsed}`");
                mistakes.push(wrong(&format!("/grants/endpoints/{index}"), message, "write it so"));
            }
            Err(error) => {
                let message = format!("the origin `{origin}` is refused: {error}");
                let hint = "scheme, host and, if need be, port, e.g. \"https://scan.example.com\"";
                mistakes.push(wrong(&format!("/grants/endpoints/{index}"), message, hint));
            }
        }
    }
    let nameable =
        |name: &String| name.starts_with('/') || Digest::parse(name).is_ok_and(|it| it.algorithm() == "sha256");
    for (index, name) in read.grants.pkcs11_modules.named().iter().enumerate().filter(|(_, name)| !nameable(name)) {
        let message = format!("`{name}` names no module");
        let hint = "its digest (\"sha256:…\"), or its whole path, e.g. \"/usr/lib/softhsm/libsofthsm2.so\"";
        mistakes.push(wrong(&format!("/grants/pkcs11_modules/{index}"), message, hint));
    }
    if let Signers::These(signers) = &read.grants.plugin_signers {
        let each = signers.iter().enumerate();
        for (index, (key, message)) in
            each.flat_map(|(index, signer)| signer.mistakes().into_iter().map(move |it| (index, it)))
        {
            let key = if key.is_empty() { String::new() } else { format!("/{key}") };
            mistakes.push(wrong(&format!("/grants/plugin_signers/{index}{key}"), message, EXAMPLE));
        }
        for (index, signer) in signers.iter().enumerate().filter(|(_, signer)| begins_elsewhere(signer)) {
            let root = signer.trusted_root.as_deref().unwrap_or_default();
            let message = format!("what is known of `{root}` is in the hands of whoever runs chiron");
            let hint = "name a file; or a repository whose first root is part of Chiron: \"tuf\", \"tuf:github\"";
            mistakes.push(wrong(&format!("/grants/plugin_signers/{index}/trusted_root"), message, hint));
        }
    }
    for (index, setting) in read.allow.settings.iter().enumerate().filter(|(_, name)| !name.ends_with("_unsafe")) {
        let message = format!("`{setting}` is no setting that needs an operator: those end in `_unsafe`");
        mistakes.push(wrong(&format!("/allow/settings/{index}"), message, "remove it"));
    }
    if mistakes.is_empty() { Ok(read) } else { Err(sorted(&document, mistakes)) }
}

/// Stores of TUF repositories are a user's own. Only where trust begins with a root of ours, and ends with its time, does the user have no
/// say in what one holds.
fn begins_elsewhere(signer: &SignerTable) -> bool {
    let source = signer.trusted_root.as_deref().map(RootSource::parse);
    match source {
        Some(Ok(RootSource::Repository { name, expired })) => {
            Known::of(&name).is_none() || expired == Expired::Accepted
        }
        // What is no name is told as such.
        Some(Ok(RootSource::File(_)) | Err(_)) | None => false,
    }
}

fn sorted(document: &Document, mut mistakes: Vec<Mistake>) -> Mistakes {
    mistakes.sort_by_key(|mistake| (mistake.span.start, mistake.span.end));
    mistakes.dedup();
    document.fail(mistakes)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn unset_means_none() {
        let file = parse("operator.toml", "").unwrap();
        assert!(file.grants.capabilities.is_empty());
        assert!(file.grants.pkcs11_modules.named().is_empty() && !file.grants.pkcs11_modules.holds("/m.so"));
        assert!(!file.allow.at && !file.allow.unlocked && !file.allow.plugin_overrides && !file.allow.unconfined_tools);
        assert!(file.allow.settings.is_empty());
    }

    #[test]
    fn all_mistakes_are_told_with_their_lines() {
        let text = "[grants]\ncapabilities = [\"kontent\"]\n[limits]\nmemory = \"much\"\n[allow]\nsettings = [\"x\"]\n";
        let mistakes = parse("operator.toml", text).unwrap_err();
        let lines: Vec<_> = mistakes.items.iter().map(|mistake| mistakes.line(mistake)).collect();
        // An item that is none of a list makes the list unreadable, not the rest.
        assert_eq!(lines, [2]);
        let mistakes = parse("operator.toml", &text.replace("capabilities", "capabilitys")).unwrap_err();
        let lines: Vec<_> = mistakes.items.iter().map(|mistake| mistakes.line(mistake)).collect();
        assert_eq!(lines, [2, 4, 6]);
        let modules = "[grants]\npkcs11_modules = [\n\"/usr/lib/m.so\",\n\"m.so\"]\n";
        let mistakes = parse("operator.toml", modules).unwrap_err();
        assert_eq!(mistakes.items.iter().map(|mistake| mistakes.line(mistake)).collect::<Vec<_>>(), [4]);
    }

    #[test]
    fn what_a_user_could_have_put_there_caps_nothing() {
        let signer = |root: &str| {
            format!("[grants]\nplugin_signers = [{{ identity = \"a\", issuer = \"b\", trusted_root = \"{root}\" }}]\n")
        };
        for root in ["root.json", "tuf", "tuf:github", "tuf:sigstore"] {
            assert!(parse("operator.toml", &signer(root)).is_ok(), "{root}");
        }
        for root in ["tuf:acme", "tuf-expired", "tuf-expired:sigstore"] {
            let mistakes = parse("operator.toml", &signer(root)).unwrap_err();
            assert!(mistakes.items[0].message.contains("in the hands of whoever runs chiron"), "{root}");
        }
        let mistakes = parse("operator.toml", &signer("tuf:../x")).unwrap_err();
        assert!(mistakes.items[0].message.contains("names no TUF repository"));
    }
}
