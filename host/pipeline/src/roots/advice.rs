//! What to do where a TUF repository cannot be used. One text for the command line and for pipeline.toml.

use chiron_trust::tuf::{Known, RepositoryName, TufError};

/// What helps; empty where nothing is known to.
#[must_use]
pub fn advice(name: &RepositoryName, error: &TufError) -> String {
    let update = match Known::of(name) {
        Some(Known::Sigstore) => "chiron trust update".to_owned(),
        Some(Known::GitHub) => format!("chiron trust update {name}"),
        None => format!("chiron trust update {name} --mirror URL --root root.json"),
    };
    let again = if Known::of(name) == Some(Known::Sigstore) { String::new() } else { format!(" {name}") };
    match error {
        TufError::NoPlace => "set HOME, or name the folder with CHIRON_TRUST".to_owned(),
        TufError::NoStore { .. } | TufError::NoRoot { .. } => format!("fetch it first: {update}"),
        TufError::Expired { .. } => format!(
            "fetch what is newer: `chiron trust update{again}`; where no network is, and you take what was known last on your own word, \
             say `tuf-expired:{name}`"
        ),
        TufError::Store { .. } | TufError::OtherRoot { .. } => {
            format!("forget what is kept, if that is meant, and begin anew: `chiron trust remove {name}`, `{update}`")
        }
        TufError::KnownRoot { .. } => "leave --root out, or give the repository a name of its own".to_owned(),
        TufError::Writable { .. } => "chmod go-w, and look at who wrote it".to_owned(),
        TufError::NoTarget { .. } => "the repository may be one of something else than trust roots".to_owned(),
        TufError::Mirror { .. } => {
            "name another mirror with --mirror, a proxy with HTTPS_PROXY, its authority with --ca".to_owned()
        }
        TufError::FirstRoot { .. } => {
            "a root.json that its own keys have signed, from whoever runs the repository".to_owned()
        }
        TufError::Signatures { .. }
        | TufError::Rollback { .. }
        | TufError::Mismatch { .. }
        | TufError::Metadata { .. }
        | TufError::TooLong { .. } => {
            "the mirror may be out of date, in the middle of an update, or hostile: try again later, or another one"
                .to_owned()
        }
        TufError::Unreadable { .. } | TufError::Target { .. } => String::new(),
    }
}
