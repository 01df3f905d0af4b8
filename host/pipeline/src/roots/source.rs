//! Files of a TUF repository, from a server or a folder.

use std::io;
use std::path::{Component, Path, PathBuf};
use std::time::Duration;

use chiron_egress::{Client, Download, Error, Fetched, FileHead, Machine, OpenError, Sink};
use chiron_trust::file;
use chiron_trust::tuf::{Fetching, Source, SourceError};

use super::{Listener, RootsEvent};
use crate::update::{Mirror, breaks_off, open, status_words, words};

/// Longest silence of a mirror.
const IDLE: Duration = Duration::from_secs(30);

/// Longest time for one file: the largest has 5 MB.
const WITHIN: Duration = Duration::from_secs(120);

/// How often a file is asked for where connections break, or the server says that it is out of order.
const ATTEMPTS: usize = 3;

/// A mirror that can be asked.
pub(super) struct MirrorSource {
    place: Place,
    /// With a slash at its end.
    address: String,
    listener: Listener,
}

enum Place {
    Server(Box<Client>),
    Folder(PathBuf),
}

/// What came of asking once.
enum Asked {
    File(Vec<u8>),
    Absent,
    TooLong,
    /// The next time may be better.
    Failed(String),
    Refused(String),
}

impl MirrorSource {
    pub(super) fn open(
        mirror: &Mirror,
        authorities: Option<&PathBuf>,
        machine: &Machine,
        listener: Listener,
    ) -> Result<Self, OpenError> {
        let place = match mirror {
            Mirror::Http(endpoint) => Place::Server(Box::new(open(endpoint, authorities, machine)?)),
            Mirror::Folder(folder) => Place::Folder(folder.clone()),
        };
        let address = mirror.to_string();
        let address = if address.ends_with('/') { address } else { format!("{address}/") };
        Ok(Self { place, address, listener })
    }

    async fn file(&self, file: &str, limit: u64) -> Result<Option<Vec<u8>>, SourceError> {
        let failed = |reason: String| SourceError::Failed { file: file.to_owned(), reason };
        if !is_plain(file) {
            return Err(failed("a name that leads elsewhere is not asked for".to_owned()));
        }
        let mut reason = String::new();
        for _ in 0..ATTEMPTS {
            (self.listener)(RootsEvent::Asking { address: format!("{}{file}", self.address) });
            let asked = match &self.place {
                Place::Server(client) => download(client, file, limit).await,
                Place::Folder(folder) => copy(&folder.join(file), limit),
            };
            match asked {
                Asked::File(bytes) => return Ok(Some(bytes)),
                Asked::Absent => return Ok(None),
                Asked::TooLong => return Err(SourceError::TooLong { file: file.to_owned(), limit }),
                Asked::Refused(reason) => return Err(failed(reason)),
                Asked::Failed(told) => reason = told,
            }
        }
        Err(failed(format!("{reason} (asked {ATTEMPTS} times)")))
    }
}

impl Source for MirrorSource {
    fn fetch<'a>(&'a self, file: &'a str, limit: u64) -> Fetching<'a> {
        Box::pin(self.file(file, limit))
    }
}

/// Names come out of metadata, whose signers name targets and not places.
fn is_plain(file: &str) -> bool {
    !file.contains(['\\', '?', '#'])
        && !file.contains(char::is_control)
        && Path::new(file).components().all(|part| matches!(part, Component::Normal(_)))
}

async fn download(client: &Client, file: &str, limit: u64) -> Asked {
    let asked =
        Download { path_and_query: format!("/{file}"), known: None, partial: None, limit, idle: IDLE, within: WITHIN };
    let mut memory = Memory::default();
    match client.download(&asked, &mut memory).await {
        Ok(Fetched::Whole(_)) => Asked::File(memory.0),
        // Stores of objects answer 403 for what is not there, as python-tuf and go-tuf know too.
        Ok(Fetched::Status(403 | 404 | 410)) => Asked::Absent,
        Ok(Fetched::Status(status @ (429 | 500..=599))) => Asked::Failed(status_words(status)),
        Ok(Fetched::Status(status)) => Asked::Refused(status_words(status)),
        Ok(Fetched::NotModified) => Asked::Refused(status_words(304)),
        Err(Error::TooLarge { .. }) => Asked::TooLong,
        Err(error) if breaks_off(&error) => Asked::Failed(words(&error)),
        Err(error) => Asked::Refused(words(&error)),
    }
}

fn copy(path: &Path, limit: u64) -> Asked {
    match file::read(path, limit) {
        Ok(Some(bytes)) => Asked::File(bytes),
        Ok(None) => Asked::TooLong,
        Err(error) if error.kind() == io::ErrorKind::NotFound => Asked::Absent,
        Err(error) => Asked::Refused(error.to_string()),
    }
}

/// A file in memory. Its size is bounded by whoever fills it.
#[derive(Default)]
struct Memory(Vec<u8>);

impl Sink for Memory {
    fn begin(&mut self, _: &FileHead) -> io::Result<()> {
        self.0.clear();
        Ok(())
    }

    fn take(&mut self, bytes: &[u8]) -> io::Result<()> {
        self.0.extend_from_slice(bytes);
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_lead_nowhere_else() {
        for plain in ["timestamp.json", "2.root.json", "targets/ab.trusted_root.json", "3.registry%2Fx.json"] {
            assert!(is_plain(plain), "{plain}");
        }
        for wrong in ["/etc/passwd", "../root.json", "targets/../../x", "a?b", "a#b", "a\\b", "a\nb"] {
            assert!(!is_plain(wrong), "{wrong}");
        }
    }
}
