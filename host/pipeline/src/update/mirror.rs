//! Where exports are: `BASE/ECOSYSTEM/all.zip`, over HTTP or in a folder.

use std::fmt;
use std::path::{Path, PathBuf};

use chiron_egress::{AddressError, AddressKind, Base, Client, Endpoint, Host, Machine, Objection, OpenError, Scheme};
use chiron_model::ecosystem::Ecosystem;

/// Where osv.dev publishes its exports.
pub const DEFAULT_MIRROR: &str = "https://osv-vulnerabilities.storage.googleapis.com/";

/// A place with exports.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Mirror {
    /// A server.
    Http(Box<Endpoint>),
    /// A folder of this machine.
    Folder(PathBuf),
}

/// Whether plain HTTP is spoken to other machines than this one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Plaintext {
    /// Only to this machine.
    Refused,
    /// To private addresses too.
    Allowed,
}

/// Why a text names no mirror.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum MirrorError {
    /// `file://host/...`, `file://relative`.
    #[error("`{0}` does not name a folder of this machine: write file:///absolute/path")]
    Folder(String),
    /// No address.
    #[error("`{text}` is no address: {reason}")]
    Address {
        /// As it was given.
        text: String,
        /// Why.
        reason: AddressError,
    },
    /// An address that is not reached.
    #[error("`{text}` cannot be a mirror: {reason}")]
    Objection {
        /// As it was given.
        text: String,
        /// Why.
        reason: Objection,
    },
    /// Whoever is on the way could hand out another database.
    #[error("`{0}` is plain HTTP to another machine: whoever is on the way could leave advisories out")]
    Plaintext(String),
}

impl Mirror {
    /// Reads `https://…`, `http://…` or `file:///…`.
    ///
    /// # Errors
    /// See [`MirrorError`].
    pub fn parse(text: &str, plaintext: Plaintext) -> Result<Self, MirrorError> {
        if let Some(path) = text.strip_prefix("file://") {
            let path = path.strip_prefix("localhost").unwrap_or(path);
            // The address stands in reports, records and logs.
            let is_plain = path.starts_with('/') && !path.chars().any(char::is_control);
            let folder = is_plain.then(|| PathBuf::from(path));
            return folder.map(Self::Folder).ok_or_else(|| MirrorError::Folder(text.to_owned()));
        }
        let base = Base::parse(text).map_err(|reason| MirrorError::Address { text: text.to_owned(), reason })?;
        let plain = base.origin.scheme == Scheme::Http;
        if plain && plaintext == Plaintext::Refused && !is_this_machine(&base.origin.host) {
            return Err(MirrorError::Plaintext(text.to_owned()));
        }
        // The address is the operator's own word, so it may be private; plain HTTP goes nowhere else in any case.
        let endpoint = Endpoint { plaintext: plain, private_addresses: true, ..Endpoint::at(base) };
        match endpoint.objections().first() {
            Some((_, reason)) => Err(MirrorError::Objection { text: text.to_owned(), reason: *reason }),
            None => Ok(Self::Http(Box::new(endpoint))),
        }
    }

    /// Where it has the export of an ecosystem.
    #[must_use]
    pub fn address(&self, ecosystem: Ecosystem) -> String {
        let below = below(ecosystem);
        match self {
            Self::Http(endpoint) => format!("{}{}", endpoint.base, below.trim_start_matches('/')),
            Self::Folder(folder) => format!("file://{}", export(folder, ecosystem).display()),
        }
    }

    /// Whether a connection is made.
    #[must_use]
    pub fn is_remote(&self) -> bool {
        matches!(self, Self::Http(_))
    }
}

impl fmt::Display for Mirror {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Http(endpoint) => write!(f, "{}", endpoint.base),
            Self::Folder(folder) => write!(f, "file://{}", folder.display()),
        }
    }
}

fn is_this_machine(host: &Host) -> bool {
    match host {
        Host::Address(address) => AddressKind::of(*address) == AddressKind::Loopback,
        host @ Host::Name(_) => host.is_localhost(),
    }
}

/// The path of an export below a base. Names of ecosystems are letters, digits, dots, and a space in some.
pub(super) fn below(ecosystem: Ecosystem) -> String {
    format!("/{}/all.zip", ecosystem.osv_name().replace(' ', "%20"))
}

/// The file of an export in a folder.
pub(super) fn export(folder: &Path, ecosystem: Ecosystem) -> PathBuf {
    folder.join(ecosystem.osv_name()).join("all.zip")
}

/// A client for a mirror, with the authorities that are trusted besides the system's.
pub(crate) fn open(endpoint: &Endpoint, authorities: Option<&PathBuf>, machine: &Machine) -> Result<Client, OpenError> {
    Client::open(Endpoint { authorities: authorities.cloned(), ..endpoint.clone() }, machine)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> Result<String, MirrorError> {
        Mirror::parse(text, Plaintext::Refused).map(|mirror| mirror.address(Ecosystem::CratesIo))
    }

    #[test]
    fn addresses_are_read_as_people_write_them() {
        for (text, address) in [
            (DEFAULT_MIRROR, "https://osv-vulnerabilities.storage.googleapis.com/crates.io/all.zip"),
            ("https://mirror.example.com/osv", "https://mirror.example.com/osv/crates.io/all.zip"),
            ("http://127.0.0.1:8000", "http://127.0.0.1:8000/crates.io/all.zip"),
            ("http://localhost:8000/", "http://localhost:8000/crates.io/all.zip"),
            ("https://10.0.0.1/", "https://10.0.0.1/crates.io/all.zip"),
            ("file:///srv/osv", "file:///srv/osv/crates.io/all.zip"),
            ("file://localhost/srv/osv", "file:///srv/osv/crates.io/all.zip"),
        ] {
            assert_eq!(read(text).unwrap(), address);
        }
    }

    #[test]
    fn plain_http_stays_on_this_machine_unless_allowed() {
        for text in ["http://mirror.example.com/", "http://10.0.0.1/"] {
            assert!(matches!(read(text), Err(MirrorError::Plaintext(_))), "{text}");
            assert!(Mirror::parse(text, Plaintext::Allowed).is_ok(), "{text}");
        }
        let public = Mirror::parse("http://93.184.216.34/", Plaintext::Allowed);
        assert!(matches!(public, Err(MirrorError::Objection { .. })), "{public:?}");
    }

    #[test]
    fn what_is_no_mirror_is_refused() {
        for text in ["", "srv/osv", "/srv/osv", "ftp://a.example/", "https://u:p@a.example/", "https://a.example/?x"] {
            assert!(matches!(read(text), Err(MirrorError::Address { .. })), "{text}");
        }
        for text in ["file://srv/osv", "file://host/srv", "file:///srv/\u{7f}osv", "file:///srv\nosv"] {
            assert!(matches!(read(text), Err(MirrorError::Folder(_))), "{text}");
        }
        assert!(matches!(read("https://169.254.169.254/"), Err(MirrorError::Objection { .. })));
    }
}
