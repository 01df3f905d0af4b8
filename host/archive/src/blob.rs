//! One file, on disk or in an archive.

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::{Arc, Mutex, MutexGuard, OnceLock, PoisonError};

use chiron_model::digest::Digest;
use sha1::Sha1;
use sha2::{Digest as _, Sha256, Sha384, Sha512};

use crate::budget::Budget;
use crate::data::Data;
use crate::disk::DiskFile;
use crate::error::Error;
use crate::index::Row;
use crate::limits::Limits;
use crate::media::{self, Sniffer, types};
use crate::tree::Tree;
use crate::unpack::Packed;
use crate::{gzip, tar, zip, zstandard};

/// How much is read at once when a whole blob is gone through.
pub(crate) const CHUNK_BYTES: usize = 256 << 10;

/// The limits and what is left of them, the same for everything opened from one subject.
#[derive(Clone, Debug)]
pub(crate) struct Context {
    pub(crate) limits: Arc<Limits>,
    pub(crate) budget: Arc<Budget>,
}

impl Context {
    pub(crate) fn new(limits: &Limits) -> Self {
        Self { limits: Arc::new(limits.clone()), budget: Budget::new(limits) }
    }
}

/// A file that can be read at any offset. A clone is the same blob: what one has inflated or hashed, all have.
///
/// A member of an archive is inflated whole, and its checksum proven, before its first byte is handed out.
#[derive(Clone, Debug)]
pub struct Blob(Arc<Inner>);

#[derive(Debug)]
struct Inner {
    name: String,
    contents: Contents,
    context: Context,
    /// Archives around it.
    depth: u32,
    media_type: OnceLock<&'static str>,
    digests: Mutex<BTreeMap<&'static str, Digest>>,
}

#[derive(Debug)]
pub(crate) enum Contents {
    /// Bytes that are there.
    Ready(Arc<Data>),
    /// Bytes that are inflated when they are first needed.
    Packed(Packed, Mutex<Option<Arc<Data>>>),
}

impl Blob {
    /// Opens a file on disk. It is not hashed; later changes of it are noticed all the same.
    ///
    /// # Errors
    /// [`Error::Io`] when it cannot be opened or is no regular file.
    pub fn open(path: &Path, limits: &Limits) -> Result<Self, Error> {
        let name = file_name(path);
        let data = Data::Disk(DiskFile::open(path, &name)?);
        Ok(Self::new(&name, Contents::Ready(Arc::new(data)), Context::new(limits), 0))
    }

    pub(crate) fn new(path: &str, contents: Contents, context: Context, depth: u32) -> Self {
        let name = path.rsplit('/').next().unwrap_or(path).to_owned();
        Self(Arc::new(Inner { name, contents, context, depth, media_type: OnceLock::new(), digests: Mutex::default() }))
    }

    /// States what is already known from hashing the bytes once.
    pub(crate) fn with_known(self, sha256: Digest, media_type: &'static str) -> Self {
        self.digests().insert("sha256", sha256);
        self.0.media_type.get_or_init(|| media_type);
        self
    }

    /// The file's name, without folders.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.0.name
    }

    /// In bytes. For a packed member as declared; no byte is handed out if that is untrue.
    #[must_use]
    pub fn size(&self) -> u64 {
        match &self.0.contents {
            Contents::Ready(data) => data.size(),
            Contents::Packed(packed, _) => packed.size,
        }
    }

    /// What it is, by content ([`crate::media_types`]). `application/octet-stream` also where its bytes cannot be had;
    /// reading it says why.
    #[must_use]
    pub fn media_type(&self) -> &str {
        self.0.media_type.get_or_init(|| match media::by_name(self.name()) {
            Some(sure) => sure,
            None => self.sniff().unwrap_or(types::BYTES),
        })
    }

    /// The digest of all its bytes: `sha256`, `sha384`, `sha512`, or `sha1`, by which Maven's repositories know an archive.
    /// Computed once per algorithm.
    ///
    /// # Errors
    /// [`Error::UnknownAlgorithm`]; whatever reading its bytes gives.
    pub fn digest(&self, algorithm: &str) -> Result<Digest, Error> {
        // Held while computing, so that two callers do not both compute.
        let mut known = self.digests();
        if let Some(digest) = known.get(algorithm) {
            return Ok(digest.clone());
        }
        let (key, hex) = match algorithm {
            "sha256" => ("sha256", self.hashed::<Sha256>()?),
            "sha384" => ("sha384", self.hashed::<Sha384>()?),
            "sha512" => ("sha512", self.hashed::<Sha512>()?),
            "sha1" => ("sha1", self.hashed::<Sha1>()?),
            _ => return Err(unknown(algorithm)),
        };
        let digest = Digest::new(key, &hex).map_err(|_| unknown(algorithm))?;
        known.insert(key, digest.clone());
        Ok(digest)
    }

    /// Bytes from `offset` on: at most `len`, at most `read_bytes_max`, none at the end. Short reads are normal.
    ///
    /// # Errors
    /// As [`Blob::available`] and [`Blob::fill`].
    pub fn read(&self, offset: u64, len: u32) -> Result<Vec<u8>, Error> {
        let mut bytes = vec![0; self.available(offset, len)?];
        self.fill(offset, &mut bytes)?;
        Ok(bytes)
    }

    /// How many bytes [`Blob::read`] would return. A packed member is inflated here, so that filling a buffer afterwards fails only
    /// where a file fails.
    ///
    /// # Errors
    /// For a member whatever inflating it gives: [`Error::Entry`], [`Error::Limit`], [`Error::Changed`], [`Error::Io`].
    pub fn available(&self, offset: u64, len: u32) -> Result<usize, Error> {
        let most = u64::from(len.min(self.0.context.limits.read_bytes_max));
        // As much as there is, never as much as was asked for.
        let left = most.min(self.data()?.size().saturating_sub(offset));
        Ok(usize::try_from(left).unwrap_or(0))
    }

    /// Fills all of `buffer` from `offset` on, for which there have to be that many bytes ([`Blob::available`]). One read of a file
    /// goes straight into the buffer: this is how guests read, window by window, without memory of the host's in between.
    ///
    /// # Errors
    /// [`Error::Changed`], also when there are fewer bytes; [`Error::Io`]; as [`Blob::available`].
    pub fn fill(&self, offset: u64, buffer: &mut [u8]) -> Result<(), Error> {
        if self.data()?.fill_at(buffer, offset)? < buffer.len() {
            return Err(Error::Changed { name: self.name().to_owned() });
        }
        Ok(())
    }

    /// All its bytes.
    ///
    /// # Errors
    /// [`Error::Limit`] when there are more than `max`; otherwise as [`Blob::read`].
    pub fn read_all(&self, max: u64) -> Result<Vec<u8>, Error> {
        let size = self.size();
        if size > max {
            return Err(Error::limit(self.name(), "max", max));
        }
        let data = self.data()?;
        let mut bytes = vec![0; usize::try_from(size).unwrap_or(0)];
        let filled = data.fill_at(&mut bytes, 0)?;
        bytes.truncate(filled);
        Ok(bytes)
    }

    /// The members of this archive: zip, wheel, tar, tar.gz, tar.zst. Recognised by content, not by name.
    ///
    /// # Errors
    /// [`Error::NotAnArchive`]; [`Error::NameRefused`], [`Error::ArchiveRefused`] and [`Error::Entry`] for archives that are
    /// broken or ambiguous; [`Error::Limit`], also for too many archives within archives.
    pub fn open_tree(&self) -> Result<Tree, Error> {
        let limits = &self.0.context.limits;
        if self.0.depth >= limits.depth_max {
            return Err(Error::limit(self.name(), "depth_max", u64::from(limits.depth_max)));
        }
        let mut data = self.data()?;
        let mut kind = archive_type(&data)?;
        let zstandard = kind.is_none() && begins_as_zstandard(&data)?;
        if kind == Some(types::GZIP) || zstandard {
            let inflate = if zstandard { zstandard::inflate } else { gzip::inflate };
            data = Arc::new(inflate(&data, self.name(), &self.0.context)?);
            kind = archive_type(&data)?.filter(|inner| *inner == types::TAR);
        }
        let rows = match kind {
            Some(types::ZIP) => zip::index(&data, self.name(), limits)?,
            Some(types::TAR) => tar::index(&data, self.name(), limits)?,
            _ => return Err(self.not_an_archive()),
        };
        Ok(self.tree(rows, data))
    }

    fn tree(&self, rows: Vec<Row>, data: Arc<Data>) -> Tree {
        Tree::of_archive(rows, data, self.name(), self.0.context.clone(), self.0.depth + 1)
    }

    fn not_an_archive(&self) -> Error {
        Error::NotAnArchive { name: self.name().to_owned(), media_type: self.media_type().to_owned() }
    }

    /// What everything opened from the subject may cost.
    pub(crate) fn context(&self) -> &Context {
        &self.0.context
    }

    /// The bytes, inflated now if they have not been.
    ///
    /// # Errors
    /// As [`Blob::read`].
    pub(crate) fn data(&self) -> Result<Arc<Data>, Error> {
        match &self.0.contents {
            Contents::Ready(data) => Ok(Arc::clone(data)),
            Contents::Packed(packed, slot) => {
                let mut slot = slot.lock().unwrap_or_else(PoisonError::into_inner);
                if let Some(data) = &*slot {
                    return Ok(Arc::clone(data));
                }
                let data = Arc::new(packed.unpack(&self.0.context.budget)?);
                *slot = Some(Arc::clone(&data));
                Ok(data)
            }
        }
    }

    fn hashed<H: sha2::Digest>(&self) -> Result<String, Error> {
        let mut hasher = H::new();
        each_chunk(&*self.data()?, |chunk| {
            hasher.update(chunk);
            true
        })?;
        Ok(hex::encode(&hasher.finalize()[..]))
    }

    fn sniff(&self) -> Result<&'static str, Error> {
        let mut sniffer = Sniffer::new();
        each_chunk(&*self.data()?, |chunk| {
            sniffer.update(chunk);
            !sniffer.is_decided()
        })?;
        Ok(sniffer.finish(self.name()))
    }

    fn digests(&self) -> MutexGuard<'_, BTreeMap<&'static str, Digest>> {
        // A panic elsewhere leaves a map of finished digests, which is still true.
        self.0.digests.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The name in messages about an opened file. They can end up in a report, which holds no machine's paths.
pub(crate) fn file_name(path: &Path) -> String {
    path.file_name().unwrap_or(path.as_os_str()).to_string_lossy().into_owned()
}

/// Hashes a file and finds out what it is, reading it once.
///
/// # Errors
/// As reading it gives.
pub(crate) fn examine(data: &Data, name: &str) -> Result<([u8; 32], &'static str), Error> {
    let (sha256, sniffer) = examine_bytes(data)?;
    Ok((sha256, sniffer.finish(name)))
}

/// The same for bytes that may have several names.
///
/// # Errors
/// As reading it gives.
pub(crate) fn examine_bytes(data: &Data) -> Result<([u8; 32], Sniffer), Error> {
    let mut hasher = Sha256::new();
    let mut sniffer = Sniffer::new();
    each_chunk(data, |chunk| {
        hasher.update(chunk);
        sniffer.update(chunk);
        true
    })?;
    Ok((hasher.finalize().into(), sniffer))
}

/// Goes through all bytes in order, until `take` wants no more.
fn each_chunk(data: &Data, mut take: impl FnMut(&[u8]) -> bool) -> Result<(), Error> {
    let length = usize::try_from(data.size()).unwrap_or(usize::MAX).clamp(1, CHUNK_BYTES);
    let mut buffer = vec![0; length];
    let mut offset = 0;
    loop {
        let filled = data.read_at(&mut buffer, offset)?;
        if filled == 0 || !take(&buffer[..filled]) {
            return Ok(());
        }
        offset += filled as u64;
    }
}

fn archive_type(data: &Data) -> Result<Option<&'static str>, Error> {
    let mut head = [0; 262];
    let filled = data.fill_at(&mut head, 0)?;
    Ok(media::archive_type(&head[..filled]))
}

fn begins_as_zstandard(data: &Data) -> Result<bool, Error> {
    let mut head = [0; 4];
    let filled = data.fill_at(&mut head, 0)?;
    Ok(zstandard::is_one(&head[..filled]))
}

fn unknown(algorithm: &str) -> Error {
    Error::UnknownAlgorithm { algorithm: algorithm.to_owned() }
}
