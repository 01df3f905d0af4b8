//! One export, from the first mirror that gives it.

use std::fs::{self, File};
use std::io::{self, Read as _, Write as _};
use std::path::Path;
use std::time::Duration;

use chiron_egress::{Client, Download, Error, Fetched, FileHead, Machine, Sink, Validators};
use chiron_model::ecosystem::Ecosystem;
use jiff::Timestamp;

use super::kept::{Begun, Kept, Record, sha256};
use super::mirror::{self, Mirror};
use super::{Failure, Listener, Update, UpdateError, UpdateEvent};

/// Largest export, in bytes. All of osv.dev in one file is below 4 GiB.
const EXPORT_BYTES_MAX: u64 = 8 << 30;

/// Longest silence of a mirror.
const IDLE: Duration = Duration::from_secs(30);

/// Longest time for one export: half a megabit a second for the largest there is.
const WITHIN: Duration = Duration::from_secs(4 * 3600);

/// How often one mirror is asked for the rest where connections break.
const ATTEMPTS: usize = 3;

/// How much is shown of an answer that is no archive, in bytes.
const SHOWN: usize = 40;

/// Bytes by which an archive is known.
const MAGIC: usize = 4;

/// Fetches exports.
pub(super) struct Fetcher<'a> {
    update: &'a Update,
    machine: &'a Machine,
    listener: Listener<'a>,
    /// By place in the list of mirrors; opened when first asked.
    clients: Vec<Option<Client>>,
}

/// What a mirror gave.
enum Given {
    Same,
    /// The part is whole. When it was made, and by what it is told from others.
    New(Validators),
}

impl<'a> Fetcher<'a> {
    pub(super) fn new(update: &'a Update, machine: &'a Machine, listener: Listener<'a>) -> Self {
        let clients = update.mirrors.iter().map(|_| None).collect();
        Self { update, machine, listener, clients }
    }

    /// Brings the kept export of an ecosystem up to date.
    pub(super) async fn fetch(&mut self, ecosystem: Ecosystem) -> Result<(), UpdateError> {
        let kept = Kept::new(&self.update.folder, ecosystem);
        let known = kept.read();
        let mut failures = Vec::new();
        for index in 0..self.update.mirrors.len() {
            match self.ask(index, ecosystem, &kept, known.as_ref()).await {
                Ok(()) => return Ok(()),
                Err(reason) => {
                    let failure = Failure { address: self.update.mirrors[index].address(ecosystem), reason };
                    // The last one is told by the error.
                    if index + 1 < self.update.mirrors.len() {
                        (self.listener)(UpdateEvent::Failed { ecosystem, failure: failure.clone() });
                    }
                    failures.push(failure);
                }
            }
        }
        Err(UpdateError::NoMirror { ecosystem, failures })
    }

    async fn ask(
        &mut self,
        index: usize,
        ecosystem: Ecosystem,
        kept: &Kept,
        known: Option<&Record>,
    ) -> Result<(), String> {
        let update = self.update;
        let mirror = &update.mirrors[index];
        let from = mirror.to_string();
        // Validators are a mirror's own.
        let known = known.filter(|record| record.from == from);
        let given = match mirror {
            Mirror::Http(endpoint) => {
                if self.clients[index].is_none() {
                    let opened = mirror::open(endpoint, update.authorities.as_ref(), self.machine);
                    self.clients[index] = Some(opened.map_err(|error| error.to_string())?);
                }
                let client = self.clients[index].as_ref().ok_or("it was not opened")?;
                self.download(client, &from, ecosystem, kept, known).await?
            }
            Mirror::Folder(folder) => {
                self.asking(ecosystem, mirror.address(ecosystem), 0);
                copy(&mirror::export(folder, ecosystem), &from, kept, known)?
            }
        };
        let now = self.update.now;
        match (given, known) {
            (Given::Same, Some(known)) => {
                let record = Record { checked_at: now, ..known.clone() };
                kept.write(&record).map_err(|error| error.to_string())?;
                (self.listener)(UpdateEvent::Unchanged { ecosystem });
            }
            (Given::Same, None) => return Err("it says that nothing has changed, and nothing is there".to_owned()),
            (Given::New(validators), _) => {
                let record = take_in(kept, from, validators, now)?;
                (self.listener)(UpdateEvent::Fetched { ecosystem, bytes: record.bytes });
            }
        }
        Ok(())
    }

    fn asking(&self, ecosystem: Ecosystem, address: String, resumed: u64) {
        (self.listener)(UpdateEvent::Asking { ecosystem, address, resumed });
    }

    /// Fetches until it is whole, as long as the rest can be asked for.
    async fn download(
        &self,
        client: &Client,
        from: &str,
        ecosystem: Ecosystem,
        kept: &Kept,
        known: Option<&Record>,
    ) -> Result<Given, String> {
        let mut reason = String::new();
        for _ in 0..ATTEMPTS {
            let partial = kept.partial(from);
            let resumed = partial.as_ref().map_or(0, |partial| partial.bytes);
            self.asking(ecosystem, format!("{from}{}", mirror::below(ecosystem).trim_start_matches('/')), resumed);
            let asked = Download {
                path_and_query: mirror::below(ecosystem),
                known: known.map(Record::validators),
                partial,
                limit: EXPORT_BYTES_MAX,
                idle: IDLE,
                within: WITHIN,
            };
            let received = |done, total| (self.listener)(UpdateEvent::Received { ecosystem, done, total });
            let mut part = Part::new(kept, from, &received);
            let fetched = client.download(&asked, &mut part).await;
            match fetched {
                Ok(Fetched::NotModified) => return Ok(Given::Same),
                Ok(Fetched::Whole(head)) => {
                    part.sync().map_err(|error| error.to_string())?;
                    // Put together of two attempts, it may be of two versions after all: a mirror's word is all there is.
                    match (chiron_advisories::check_archive(&kept.part()), resumed) {
                        (Ok(_), _) => return Ok(Given::New(head.validators)),
                        (Err(error), 0) => {
                            kept.forget();
                            return Err(damaged(&error));
                        }
                        (Err(error), _) => {
                            kept.forget();
                            reason = damaged(&error);
                        }
                    }
                }
                Ok(Fetched::Status(416)) if resumed > 0 => {
                    kept.forget();
                    reason = status_words(416);
                }
                Ok(Fetched::Status(status)) => return Err(status_words(status)),
                Err(error) if breaks_off(&error) && kept.partial(from).is_some_and(|now| now.bytes > resumed) => {
                    reason = words(&error);
                }
                Err(error) => return Err(words(&error)),
            }
        }
        Err(reason)
    }
}

/// Checks the part once more as a whole and keeps it.
fn take_in(kept: &Kept, from: String, validators: Validators, now: Timestamp) -> Result<Record, String> {
    let failed = |error: io::Error| format!("failed to keep it in {}: {error}", kept.folder().display());
    let part = kept.part();
    let record = Record {
        from,
        etag: validators.etag,
        last_modified: validators.last_modified,
        sha256: sha256(&part).map_err(failed)?,
        bytes: fs::metadata(&part).map_err(failed)?.len(),
        fetched_at: now,
        checked_at: now,
    };
    kept.finish(&record).map_err(failed)?;
    Ok(record)
}

/// Copies an export of a folder, unless its size and date are those of the one that is kept.
fn copy(export: &Path, from: &str, kept: &Kept, known: Option<&Record>) -> Result<Given, String> {
    let metadata = fs::metadata(export).map_err(|error| {
        let absent = error.kind() == io::ErrorKind::NotFound;
        if absent { "there is no such file".to_owned() } else { error.to_string() }
    })?;
    let last_modified = metadata.modified().ok().and_then(|time| Timestamp::try_from(time).ok());
    let last_modified = last_modified.map(|time| time.to_string());
    if known.is_some_and(|known| known.bytes == metadata.len() && known.last_modified == last_modified) {
        return Ok(Given::Same);
    }
    let failed = |error: io::Error| error.to_string();
    let nothing = |_: u64, _: Option<u64>| {};
    let mut part = Part::new(kept, from, &nothing);
    let validators = Validators { etag: None, last_modified };
    let head = FileHead { start: 0, total: Some(metadata.len()), validators, content_type: None };
    part.begin(&head).map_err(failed)?;
    let mut file = File::open(export).map_err(failed)?.take(EXPORT_BYTES_MAX + 1);
    let mut buffer = vec![0; 1 << 16];
    loop {
        let read = file.read(&mut buffer).map_err(failed)?;
        if read == 0 {
            break;
        }
        part.take(&buffer[..read]).map_err(failed)?;
    }
    part.sync().map_err(failed)?;
    if file.limit() == 0 {
        kept.forget();
        return Err(format!("it is longer than {EXPORT_BYTES_MAX} bytes"));
    }
    chiron_advisories::check_archive(&kept.part()).map_err(|error| {
        kept.forget();
        damaged(&error)
    })?;
    Ok(Given::New(head.validators))
}

/// The part of an export that has come so far, on disk.
struct Part<'a> {
    kept: &'a Kept,
    from: &'a str,
    received: &'a (dyn Fn(u64, Option<u64>) + Sync),
    file: Option<File>,
    done: u64,
    total: Option<u64>,
    /// The first bytes of an attempt from the start, until they are known to begin an archive.
    start: Vec<u8>,
}

impl<'a> Part<'a> {
    fn new(kept: &'a Kept, from: &'a str, received: &'a (dyn Fn(u64, Option<u64>) + Sync)) -> Self {
        Self { kept, from, received, file: None, done: 0, total: None, start: Vec::new() }
    }

    /// An empty answer never begins an archive.
    fn sync(&self) -> io::Result<()> {
        match &self.file {
            Some(file) if self.done > 0 => file.sync_all(),
            Some(_) | None => Err(io::Error::other("it is empty")),
        }
    }
}

impl Sink for Part<'_> {
    fn begin(&mut self, head: &FileHead) -> io::Result<()> {
        (self.done, self.total) = (head.start, head.total);
        self.file = Some(if head.start == 0 {
            let validator = head.validators.of_a_part().map(str::to_owned);
            self.kept.begin(&Begun { from: self.from.to_owned(), validator })?
        } else {
            // How it begins was looked at when it began.
            self.start = vec![0; MAGIC];
            File::options().append(true).open(self.kept.part())?
        });
        Ok(())
    }

    fn take(&mut self, bytes: &[u8]) -> io::Result<()> {
        if self.start.len() < MAGIC {
            self.start.extend(bytes.iter().take(SHOWN));
            let seen = &self.start[..self.start.len().min(MAGIC)];
            // A local header, or the end record of an empty archive.
            if !b"PK\x03\x04".starts_with(seen) && !b"PK\x05\x06".starts_with(seen) {
                self.kept.forget();
                return Err(io::Error::other(no_archive(&self.start)));
            }
        }
        let file = self.file.as_mut().ok_or_else(|| io::Error::other("nothing was begun"))?;
        file.write_all(bytes)?;
        self.done += bytes.len() as u64;
        (self.received)(self.done, self.total);
        Ok(())
    }
}

/// What a proxy or a login page answers with is told by how it begins.
fn no_archive(start: &[u8]) -> String {
    let text = chiron_model::text::one_line(&String::from_utf8_lossy(&start[..start.len().min(SHOWN)]));
    let page = if text.trim_start().starts_with('<') { ", a page for people" } else { "" };
    format!("it is no zip archive{page}: it begins with `{text}`")
}

fn damaged(error: &chiron_advisories::ImportError) -> String {
    use chiron_advisories::ImportError;
    match error {
        ImportError::Archive { reason, .. } => format!("it is a damaged zip archive: {reason}"),
        ImportError::Unreadable { source, .. } => source.to_string(),
        ImportError::TooLarge { .. } | ImportError::NoRecords { .. } | ImportError::Write { .. } => error.to_string(),
    }
}

pub(crate) fn status_words(status: u16) -> String {
    let meaning = match status {
        401 | 407 => ": it wants credentials",
        403 => ": it refuses",
        404 | 410 => ": it does not have it",
        416 => ": the rest of it is gone",
        429 => ": it was asked too often",
        500..=599 => ": it is out of order",
        _ => "",
    };
    format!("it answers {status}{meaning}")
}

/// Whether the rest may come another time.
pub(crate) fn breaks_off(error: &Error) -> bool {
    matches!(error, Error::Http { .. } | Error::Idle { .. } | Error::Connect { .. })
}

pub(crate) fn words(error: &Error) -> String {
    if let Error::RedirectOrigin { origin } = error {
        return format!(
            "it redirects to {origin}, and only the mirror itself is asked: name that one, if you trust it"
        );
    }
    error.to_string()
}
