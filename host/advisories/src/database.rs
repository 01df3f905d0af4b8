//! Asking a database.

mod error;
mod file;
mod installed;
mod records;

use std::fs::File;
use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};

use chiron_model::advisory::{Candidate, DatabaseId, Evaluation, Score, Which};
use chiron_model::digest::Digest;
use chiron_model::ecosystem::{Ecosystem, Installed};
use chiron_model::purl::Purl;
use fst::Map;

pub use self::error::{LookupError, OpenError};
use self::file::{Opened, check_by_reading, damaged, read_header};
pub(crate) use self::installed::standing;
use crate::evaluate::{Asked, evaluate};
use crate::index::header::{Header, Section};
use crate::index::{FILE_NAME, Meta, frame, name_key, unpack};
use crate::map::Part;
use crate::osv::RECORD_BYTES_MAX;
use crate::package::Package;
use crate::row::{Notice, Reach};

/// How much `verify` reads at once: enough to keep the disk busy, nothing beside the process.
const READ_BYTES: usize = 256 * 1024;

/// An open advisory database. Immutable: an import puts another file in its place, and this one stays what it was.
#[derive(Debug)]
pub struct Database {
    id: DatabaseId,
    path: PathBuf,
    /// Only for [`Database::verify`], which reads it from start to end: one reader at a time.
    file: Mutex<File>,
    header: Header,
    ecosystems: Vec<(Ecosystem, u64)>,
    /// Releases of distributions that records are about, sorted.
    releases: Vec<(Ecosystem, Vec<String>)>,
    rows: Part,
    groups: Part,
    raw: Part,
    names: Map<Part>,
    ids: Map<Part>,
    aliases: Map<Part>,
}

impl Database {
    /// Whether a folder holds a database, whole or not: whether it was made by an import.
    #[must_use]
    pub fn is_in(dir: &Path) -> bool {
        dir.join(FILE_NAME).is_file()
    }

    /// Opens the database in `dir` under the operator's name for it.
    ///
    /// Checks the header and the small sections; what is large is checked where it is read, or by
    /// [`Database::verify`].
    ///
    /// # Errors
    /// [`OpenError`] names what is wrong; [`OpenError::Missing`] when there is none.
    pub fn open(dir: &Path, name: &str) -> Result<Self, OpenError> {
        let opened = Opened::new(dir)?;
        let meta: Meta = postcard::from_bytes(opened.part(Section::Meta)?.as_ref())
            .map_err(|_| damaged(&opened.path, Section::Meta))?;
        Ok(Self {
            id: DatabaseId {
                name: name.to_owned(),
                digest: Digest::from_sha256(opened.header.digest).to_string(),
                built_at: meta.built_at,
                records: meta.records,
            },
            ecosystems: known(&meta.ecosystems),
            releases: known(&meta.releases),
            rows: opened.part(Section::Rows)?,
            groups: opened.part(Section::Groups)?,
            raw: opened.part(Section::Raw)?,
            names: opened.fst(Section::Names)?,
            ids: opened.fst(Section::Ids)?,
            aliases: opened.fst(Section::Aliases)?,
            file: Mutex::new(opened.file),
            header: opened.header,
            path: opened.path,
        })
    }

    /// Name, digest, build date and size.
    #[must_use]
    pub fn id(&self) -> &DatabaseId {
        &self.id
    }

    /// The ecosystems it holds records of, and how many. A record about two ecosystems counts in both.
    #[must_use]
    pub fn ecosystems(&self) -> Vec<(Ecosystem, u64)> {
        self.ecosystems.clone()
    }

    /// Whether it holds any record of the ecosystem; if not, finding nothing means nothing.
    #[must_use]
    pub fn covers(&self, ecosystem: Ecosystem) -> bool {
        self.ecosystems.iter().any(|(known, count)| *known == ecosystem && *count > 0)
    }

    /// The purl's ecosystem, where this database can know of its packages; if not, finding nothing means nothing.
    ///
    /// # Errors
    /// Says why not; see [`LookupError::is_not_covered`].
    pub fn coverage(&self, purl: &Purl) -> Result<Ecosystem, LookupError> {
        let ecosystem = Ecosystem::of(purl).ok_or_else(|| unknown(purl))?;
        if !self.covers(ecosystem) {
            return Err(LookupError::NotCovered { ecosystem });
        }
        match Installed::of(purl).and_then(|installed| installed.release) {
            Some(release) if !self.covers_release(ecosystem, &release) => {
                Err(LookupError::ReleaseNotCovered { ecosystem, release })
            }
            _ => Ok(ecosystem),
        }
    }

    /// The records about a package, sorted by id, and what each says about the purl's version.
    ///
    /// # Errors
    /// When the database cannot know ([`LookupError::is_not_covered`]) or is damaged.
    pub fn lookup(&self, purl: &Purl, which: Which) -> Result<Vec<Candidate>, LookupError> {
        let ecosystem = self.coverage(purl)?;
        if let Some(package) = Package::of(purl) {
            return self.lookup_installed(&package, which);
        }
        let name = ecosystem.canonical_name(&purl.full_name());
        let Some(value) = self.names.get(name_key(ecosystem, &name)) else {
            return Ok(Vec::new());
        };
        let (mut place, count) = unpack(value);
        let asked = Asked::new(ecosystem, purl.version());
        let mut candidates = Vec::new();
        for _ in 0..count {
            let (payload, next) = self.frame(&self.rows, place, || format!("a record about {name}"))?;
            place = next;
            let damaged = |_| LookupError::Damaged { what: format!("a record about {name}") };
            let (reach, rest) = postcard::take_from_bytes::<Reach<&str>>(payload).map_err(damaged)?;
            if reach.withdrawn && !which.withdrawn {
                continue;
            }
            let evaluation = evaluate(&asked, &reach.entries);
            if wants(which, &evaluation) {
                let notice = postcard::from_bytes::<Notice<&str>>(rest).map_err(damaged)?;
                candidates.push(self.candidate(&notice, reach.withdrawn, evaluation));
            }
        }
        Ok(candidates)
    }

    /// A whole record as it was published (OSV JSON); None where there is none of that id.
    ///
    /// # Errors
    /// [`LookupError::Damaged`].
    pub fn raw(&self, id: &str) -> Result<Option<Vec<u8>>, LookupError> {
        let Some(place) = self.ids.get(id) else {
            return Ok(None);
        };
        let what = || format!("the record {id}");
        let (payload, _) = self.frame(&self.raw, place, what)?;
        zstd::bulk::decompress(payload, RECORD_BYTES_MAX).map(Some).map_err(|_| LookupError::Damaged { what: what() })
    }

    /// Every id of the alias group of `id`, itself among them, sorted. An id that nothing is known of is alone.
    ///
    /// Aliases are symmetric and transitive (OSV schema, `aliases`); `related` and `upstream` do not count.
    ///
    /// # Errors
    /// [`LookupError::Damaged`].
    pub fn alias_group(&self, id: &str) -> Result<Vec<String>, LookupError> {
        let Some(place) = self.aliases.get(id) else {
            return Ok(vec![id.to_owned()]);
        };
        let what = || format!("the alias group of {id}");
        let (payload, _) = self.frame(&self.groups, place, what)?;
        postcard::from_bytes(payload).map_err(|_| LookupError::Damaged { what: what() })
    }

    /// Reads the whole file and compares every byte with the digest. By reading, not through the map, so that a
    /// large database does not fill the process's memory.
    ///
    /// # Errors
    /// [`OpenError::Damaged`] names the part; [`OpenError::Unreadable`] when reading fails.
    pub fn verify(&self) -> Result<(), OpenError> {
        // A reader that panicked left nothing but a position, which is set anew.
        let mut file = self.file.lock().unwrap_or_else(PoisonError::into_inner);
        if read_header(&self.path, &mut file)? != self.header {
            return Err(OpenError::Damaged { path: self.path.clone(), what: "the header".to_owned() });
        }
        let mut buffer = vec![0; READ_BYTES];
        for section in Section::ALL {
            check_by_reading(&self.path, &mut file, &self.header, section, &mut buffer)?;
        }
        Ok(())
    }

    fn frame<'a>(
        &self,
        section: &'a Part,
        place: u64,
        what: impl Fn() -> String,
    ) -> Result<(&'a [u8], u64), LookupError> {
        frame::open(section.as_ref(), place).ok_or_else(|| LookupError::Damaged { what: what() })
    }

    fn candidate(&self, notice: &Notice<&str>, withdrawn: bool, evaluation: Evaluation) -> Candidate {
        let owned = |key: &str, value: Option<&str>| value.map(|value| (key.to_owned(), value.to_owned()));
        Candidate {
            database: self.id.name.clone(),
            id: notice.id.to_owned(),
            aliases: notice.aliases.iter().map(|&alias| alias.to_owned()).collect(),
            modified: notice.modified.to_owned(),
            withdrawn,
            category: notice.category.to_owned(),
            summary: notice.summary.to_owned(),
            scores: notice
                .ratings
                .iter()
                .map(|rating| Score {
                    system: rating.system.to_owned(),
                    vector: rating.vector.to_owned(),
                    value: rating.value,
                })
                .collect(),
            evaluation,
            properties: [owned("published", notice.published), owned("chiron:url", notice.url)]
                .into_iter()
                .flatten()
                .chain(notice.facts.iter().map(|&(key, value)| (key.to_owned(), value.to_owned())))
                .collect(),
        }
    }
}

fn known<T: Clone>(of_each: &[(String, T)]) -> Vec<(Ecosystem, T)> {
    of_each.iter().filter_map(|(name, what)| Some((Ecosystem::from_osv_name(name)?, what.clone()))).collect()
}

fn unknown(purl: &Purl) -> LookupError {
    let kind = purl.kind().to_owned();
    match kind.as_str() {
        "deb" | "apk" | "rpm" => {
            let distribution = purl.namespace().or_else(|| purl.qualifier("distro")).map(str::to_owned);
            LookupError::UnknownDistribution { kind, distribution }
        }
        _ => LookupError::UnknownEcosystem { kind },
    }
}

fn wants(which: Which, evaluation: &Evaluation) -> bool {
    match evaluation {
        Evaluation::Affected(_) => which.affected,
        Evaluation::Unaffected { .. } => which.unaffected,
        Evaluation::Unknown(_) => which.unknown,
    }
}
