//! Where bytes come from, as `sigstore-tuf` asks for them: a mirror, or a store.

use std::collections::BTreeMap;
use std::future::Future;
use std::pin::Pin;
use std::sync::{Arc, Mutex, PoisonError};

use sigstore_tuf::transport::FetchFuture;
use sigstore_tuf::{Error, MetadataStore, Repository};

/// A file on its way.
pub type Fetching<'a> = Pin<Box<dyn Future<Output = Result<Option<Vec<u8>>, SourceError>> + Send + 'a>>;

/// A mirror.
pub trait Source: Send + Sync {
    /// Brings a file, by its path below the mirror (`timestamp.json`, `targets/HASH.trusted_root.json`), of at most `limit` bytes; None
    /// where the mirror says that it has none. Nothing more may be taken from it than that.
    fn fetch<'a>(&'a self, file: &'a str, limit: u64) -> Fetching<'a>;
}

/// Why a mirror gave no file.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum SourceError {
    /// It has more bytes than it may have.
    #[error("{file} is longer than {limit} bytes")]
    TooLong {
        /// Below the mirror.
        file: String,
        /// Bytes.
        limit: u64,
    },
    /// It cannot be had.
    #[error("{file}: {reason}")]
    Failed {
        /// Below the mirror.
        file: String,
        /// In words.
        reason: String,
    },
}

/// A mirror, as the library asks it.
pub(super) struct Fetched(pub(super) Arc<dyn Source>);

impl Fetched {
    async fn file(&self, file: &str, limit: u64) -> Result<Option<Vec<u8>>, Error> {
        let fetched = self.0.fetch(file, limit).await;
        fetched.map_err(|error| Error::transport_with_source(error.to_string(), error))
    }
}

impl Repository for Fetched {
    fn fetch_metadata<'a>(&'a self, name: &'a str, max_length: u64) -> FetchFuture<'a> {
        Box::pin(self.file(name, max_length))
    }

    fn fetch_target<'a>(&'a self, path: &'a str, max_length: u64) -> FetchFuture<'a> {
        Box::pin(async move { self.file(&format!("targets/{path}"), max_length).await })
    }
}

/// What is known of a repository, by the names that the library gives its files: `root_history/2.root.json`, `timestamp.json`,
/// `targets/trusted_root.json`. It is asked as a mirror is, and what a refresh has verified is put into it.
#[derive(Debug, Default)]
pub(super) struct Shelf(Mutex<BTreeMap<String, Vec<u8>>>);

impl Shelf {
    pub(super) fn put(&self, name: &str, bytes: &[u8]) {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).insert(name.to_owned(), bytes.to_vec());
    }

    pub(super) fn get(&self, name: &str) -> Option<Vec<u8>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).get(name).cloned()
    }

    pub(super) fn names(&self) -> Vec<String> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).keys().cloned().collect()
    }

    /// By the name that a mirror has it under: `7.snapshot.json` and `HASH.trusted_root.json` lie here without the prefix. Whether it is
    /// that version, or has that digest, is found out by whoever asked.
    fn asked(&self, name: &str, below: &str, max_length: u64) -> Result<Option<Vec<u8>>, Error> {
        let plain = name.split_once('.').map_or(name, |(_, rest)| rest);
        let found = self.get(&format!("{below}{name}")).or_else(|| self.get(&format!("{below}{plain}")));
        match found {
            Some(bytes) if bytes.len() as u64 > max_length => {
                let error = SourceError::TooLong { file: name.to_owned(), limit: max_length };
                Err(Error::transport_with_source(error.to_string(), error))
            }
            found => Ok(found),
        }
    }
}

impl MetadataStore for Shelf {
    fn load(&self, name: &str) -> Result<Option<Vec<u8>>, Error> {
        Ok(self.get(name))
    }

    fn store(&self, name: &str, bytes: &[u8]) -> Result<(), Error> {
        self.put(name, bytes);
        Ok(())
    }
}

/// A shelf that is asked instead of a mirror.
pub(super) struct Kept(pub(super) Shelf);

impl Repository for Kept {
    fn fetch_metadata<'a>(&'a self, name: &'a str, max_length: u64) -> FetchFuture<'a> {
        let is_root =
            name.strip_suffix(".root.json").is_some_and(|version| version.bytes().all(|b| b.is_ascii_digit()));
        let found = match is_root {
            true => Ok(self.0.get(&format!("root_history/{name}"))),
            false => self.0.asked(name, "", max_length),
        };
        Box::pin(std::future::ready(found))
    }

    fn fetch_target<'a>(&'a self, path: &'a str, max_length: u64) -> FetchFuture<'a> {
        Box::pin(std::future::ready(self.0.asked(path, "targets/", max_length)))
    }
}
