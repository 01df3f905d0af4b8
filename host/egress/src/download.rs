//! A file, fetched to wherever its bytes are taken: only if it is another one than before, and from where an earlier
//! attempt broke off. Same addresses, proxies, certificates and redirects as any other request.

use std::io;
use std::time::Duration;

use bytes::Bytes;
use hyper::header::{self, HeaderMap, HeaderName, HeaderValue};

use crate::client::{Client, REDIRECTS_MAX};
use crate::error::Error;
use crate::exchange::{Hop, Taker, exchange_into};
use crate::method::Method;
use crate::redirect;

/// Longest validator that is kept and sent again, in bytes. An entity tag is a hash or a date.
const VALIDATOR_BYTES_MAX: usize = 512;

/// What is asked for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Download {
    /// Below the base, e.g. `/PyPI/all.zip`.
    pub path_and_query: String,
    /// Of the whole file that is there already: it is sent only if it has changed (RFC 9110, 13.1.2 and 13.1.3).
    pub known: Option<Validators>,
    /// Of the part of it that is there already (RFC 9110, 14.2 and 13.1.5). Asked for before `known`.
    pub partial: Option<Partial>,
    /// Largest file, in bytes.
    pub limit: u64,
    /// Longest wait for the head and for each piece. The endpoint's own timeout holds for none of it.
    pub idle: Duration,
    /// Longest time for all of it.
    pub within: Duration,
}

/// By what a server tells one version of a file from another.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Validators {
    /// `ETag`, with its quotes.
    pub etag: Option<String>,
    /// `Last-Modified`, as it was sent.
    pub last_modified: Option<String>,
}

impl Validators {
    /// What a rest may be asked for by: a strong entity tag, else the date. None where bytes of two versions could be
    /// put together.
    #[must_use]
    pub fn of_a_part(&self) -> Option<&str> {
        let strong = self.etag.as_deref().filter(|etag| etag.starts_with('"'));
        strong.or(self.last_modified.as_deref())
    }

    fn read(fields: &HeaderMap) -> Self {
        let text = |name| {
            let value = fields.get(name).and_then(|value: &HeaderValue| value.to_str().ok());
            value.filter(|text| !text.is_empty() && text.len() <= VALIDATOR_BYTES_MAX).map(str::to_owned)
        };
        Self { etag: text(header::ETAG), last_modified: text(header::LAST_MODIFIED) }
    }
}

/// The beginning of a file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Partial {
    /// How much of it is there.
    pub bytes: u64,
    /// See [`Validators::of_a_part`].
    pub validator: String,
}

/// What is known of a file before its bytes come.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FileHead {
    /// Where in the file the first byte belongs: after the part that is there, or 0.
    pub start: u64,
    /// Size of the whole file, where the server says it.
    pub total: Option<u64>,
    /// Of this version.
    pub validators: Validators,
    /// `Content-Type`, where there is one.
    pub content_type: Option<String>,
}

/// How it ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Fetched {
    /// It is what it was.
    NotModified,
    /// All of it was taken.
    Whole(FileHead),
    /// The server answers with another status than a file's: 404, 416, 500. Its body is not read.
    Status(u16),
}

/// Takes a file.
pub trait Sink: Send {
    /// Before the first byte.
    ///
    /// # Errors
    /// In words for a person; nothing more is taken then.
    fn begin(&mut self, head: &FileHead) -> io::Result<()>;
    /// The next bytes.
    ///
    /// # Errors
    /// As above.
    fn take(&mut self, bytes: &[u8]) -> io::Result<()>;
}

impl Client {
    /// Fetches a file. Dropping the future closes the connection; what the sink took, it has.
    ///
    /// # Errors
    /// See [`Error`].
    pub async fn download(&self, download: &Download, sink: &mut dyn Sink) -> Result<Fetched, Error> {
        let limit = download.within;
        let fetched = tokio::time::timeout(limit, self.fetch(download, sink)).await;
        fetched.unwrap_or(Err(Error::Timeout { limit_ms: limit.as_millis() }))
    }

    async fn fetch(&self, download: &Download, sink: &mut dyn Sink) -> Result<Fetched, Error> {
        let mut hop = Hop {
            method: Method::Get,
            origin: self.endpoint.base.origin.clone(),
            target: self.endpoint.base.prefix.join(&download.path_and_query)?,
            fields: conditions(download),
            body: Bytes::new(),
        };
        for _ in 0..=REDIRECTS_MAX {
            let stream = self.dialler.dial(&hop.origin).await?;
            let mut taker = ToSink { download, sink: &mut *sink, head: None };
            let own = self.own_fields(&hop);
            let (status, fields) = exchange_into(stream, &hop, own, &mut taker, Some(download.idle)).await?;
            if let Some(head) = taker.head {
                return Ok(Fetched::Whole(head));
            }
            match redirect::next(&self.endpoint, &hop, status, &fields)? {
                Some(next) => hop = next,
                None if status == 304 && download.known.is_some() && download.partial.is_none() => {
                    return Ok(Fetched::NotModified);
                }
                None => return Ok(Fetched::Status(status)),
            }
        }
        Err(Error::Redirects { limit: REDIRECTS_MAX })
    }
}

/// The fields that make a request conditional. A validator that cannot be sent is left out: then the whole file comes.
fn conditions(download: &Download) -> HeaderMap {
    let mut fields = HeaderMap::new();
    let mut say = |name: HeaderName, text: &str| {
        if let Ok(value) = HeaderValue::from_str(text) {
            fields.insert(name, value);
        }
    };
    match (&download.partial, &download.known) {
        (Some(partial), _) => {
            say(header::RANGE, &format!("bytes={}-", partial.bytes));
            say(header::IF_RANGE, &partial.validator);
        }
        (None, Some(known)) => {
            if let Some(etag) = &known.etag {
                say(header::IF_NONE_MATCH, etag);
            }
            if let Some(date) = &known.last_modified {
                say(header::IF_MODIFIED_SINCE, date);
            }
        }
        (None, None) => {}
    }
    fields
}

/// Hands bytes to a sink where the answer is a file, or the rest of one.
struct ToSink<'a> {
    download: &'a Download,
    sink: &'a mut dyn Sink,
    head: Option<FileHead>,
}

impl Taker for ToSink<'_> {
    fn head(&mut self, hop: &Hop, status: u16, fields: &HeaderMap) -> Result<bool, Error> {
        let odd = |reason: &str| Error::Http { from: hop.origin.clone(), reason: reason.to_owned() };
        let length = fields.get(header::CONTENT_LENGTH).and_then(|value| value.to_str().ok()?.parse().ok());
        let (start, total) = match (status, &self.download.partial) {
            (200, _) => (0, length),
            (206, Some(partial)) => {
                let range = fields.get(header::CONTENT_RANGE).and_then(|value| content_range(value.to_str().ok()?));
                let (start, total) = range.ok_or_else(|| odd("a part that does not say which"))?;
                if start != partial.bytes {
                    return Err(odd("another part than the one that was asked for"));
                }
                (start, total)
            }
            (206, None) => return Err(odd("a part, where the whole was asked for")),
            _ => return Ok(false),
        };
        if fields.get(header::CONTENT_ENCODING).is_some_and(|coding| coding != "identity") {
            return Err(odd("a file in a coding that was not asked for"));
        }
        if total.is_some_and(|total| total > self.download.limit) {
            return Err(Error::TooLarge { limit: self.download.limit });
        }
        let content_type = fields.get(header::CONTENT_TYPE).and_then(|value| value.to_str().ok()).map(str::to_owned);
        let head = FileHead { start, total, validators: Validators::read(fields), content_type };
        self.sink.begin(&head).map_err(|error| taken(&error))?;
        self.head = Some(head);
        Ok(true)
    }

    fn limit(&self) -> (u64, u64) {
        let limit = self.download.limit;
        let start = self.head.as_ref().map_or(0, |head| head.start);
        (limit.saturating_sub(start), limit)
    }

    fn take(&mut self, bytes: &[u8]) -> Result<(), Error> {
        self.sink.take(bytes).map_err(|error| taken(&error))
    }
}

fn taken(error: &io::Error) -> Error {
    Error::Taken { reason: error.to_string() }
}

/// `bytes 100-199/200` (RFC 9110, 14.4): where it starts, and the size of the whole where it is known.
fn content_range(text: &str) -> Option<(u64, Option<u64>)> {
    let (range, total) = text.strip_prefix("bytes ")?.split_once('/')?;
    let (start, end) = range.split_once('-')?;
    let (start, end): (u64, u64) = (start.parse().ok()?, end.parse().ok()?);
    let total = if total == "*" { None } else { Some(total.parse().ok()?) };
    let sound = start <= end && total.is_none_or(|total| end < total);
    sound.then_some((start, total))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_part_says_where_it_belongs() {
        assert_eq!(content_range("bytes 100-199/200"), Some((100, Some(200))));
        assert_eq!(content_range("bytes 0-0/*"), Some((0, None)));
        for wrong in ["", "bytes */200", "bytes 5-4/9", "bytes 0-200/200", "lines 0-1/2", "bytes -1-4/9", "bytes 0-1/x"]
        {
            assert_eq!(content_range(wrong), None, "{wrong}");
        }
    }

    #[test]
    fn a_weak_tag_vouches_for_no_bytes() {
        let validators = |etag: Option<&str>, date: Option<&str>| Validators {
            etag: etag.map(str::to_owned),
            last_modified: date.map(str::to_owned),
        };
        assert_eq!(validators(Some("\"a\""), Some("d")).of_a_part(), Some("\"a\""));
        assert_eq!(validators(Some("W/\"a\""), Some("d")).of_a_part(), Some("d"));
        assert_eq!(validators(Some("W/\"a\""), None).of_a_part(), None);
    }
}
