//! Container images: an OCI layout as a folder or in a tar, and what `docker save` writes; seen as the files that a
//! container would see.
//!
//! A layer is unpacked once, into memory or an unlinked temporary file, and files are windows into it. Nothing is written
//! by name, so that no name, link or mode in a layer can do harm; the merged view ([`merge`]) is a list in memory. Every
//! blob is held against the digest by which it is named, and every layer against the one that the configuration names.
//!
//! What lower layers have and upper ones delete is not seen: it does not run. What is not looked at besides is in
//! [`Image::set_aside`].

mod candidate;
mod document;
mod layer;
mod merge;
mod path;
mod store;

use std::collections::BTreeMap;
use std::sync::Arc;

use chiron_model::digest::Digest;
use chiron_model::text::{cut, inert, one_line};
use rayon::prelude::*;

use crate::blob::{Blob, examine_bytes};
use crate::data::Data;
use crate::directory::shown;
use crate::error::Error;
use crate::index::{Place, Row};
use crate::media::types;
use crate::name;
use crate::snapshot::{FileEntry, LinkEntry, Snapshot, Source, Unreadable};
use crate::tree::{Entry, EntryKind, Tree};
use candidate::{Candidates, Layer};
use merge::{Merge, Node, Nodes, What};
use store::Store;

/// A container image, its layers laid over each other.
#[derive(Debug)]
pub struct Image {
    /// Digest of its configuration.
    pub id: Digest,
    /// Digest of its manifest, where it has one: `docker save` wrote none for long.
    pub manifest: Option<Digest>,
    /// Operating system, architecture and variant: `linux/arm/v7`.
    pub platform: String,
    /// As tags and annotations call it, sorted.
    pub names: Vec<String>,
    /// What else lies beside it and was not looked at, in words.
    pub set_aside: Vec<String>,
    /// The layers' digests, unpacked, from the lowest up.
    pub layers: Vec<Digest>,
    /// Every regular file, sorted by path.
    pub files: Vec<FileEntry>,
    /// Every symlink, sorted by path.
    pub links: Vec<LinkEntry>,
    /// Devices and FIFOs, sorted.
    pub others: Vec<String>,
    /// What no file could be made of, sorted by path.
    pub unreadable: Vec<Unreadable>,
    tree: Tree,
    /// Layer of each file and link, by path.
    layer_of: BTreeMap<String, usize>,
}

/// The platform of this machine, as images name it.
#[must_use]
pub fn this_platform() -> String {
    let architecture = match std::env::consts::ARCH {
        "x86_64" => "amd64",
        "x86" => "386",
        "aarch64" => "arm64",
        "powerpc64" if cfg!(target_endian = "little") => "ppc64le",
        "powerpc64" => "ppc64",
        "loongarch64" => "loong64",
        other => other,
    };
    format!("linux/{architecture}")
}

impl Image {
    /// Reads the image that a subject holds; None where it holds none. Of several the only one for `platform` is read.
    ///
    /// # Errors
    /// [`Error::ArchiveRefused`], [`Error::NameRefused`] and [`Error::Entry`] for an image that is broken, or not what its
    /// digests say; [`Error::Limit`]; as reading gives.
    pub fn of(snapshot: &Snapshot, name: &str, platform: &str) -> Result<Option<Self>, Error> {
        let Some((tree, form)) = find(snapshot)? else {
            return Ok(None);
        };
        let (store, context) = (Store { tree: &tree, name }, tree.context().clone());
        let mut candidates = Candidates::default();
        if form != Form::Saved {
            candidates.add_index(&store)?;
        }
        if form != Form::Layout {
            candidates.add_saved(&store)?;
        }
        let (chosen, set_aside) = candidates.choose(&store, platform)?;
        let layers = chosen.layers(&store)?;
        let unpacked = unpack(&store, &layers)?;
        let mut merge = Merge::new(name, &context.limits);
        for (number, data) in unpacked.iter().enumerate() {
            merge.apply(number, data, &format!("layer {} of {name}", layers[number].1))?;
        }
        let view = View::of(merge.finish(), &unpacked)?;
        let layers = layers.into_iter().map(|(_, id)| id).collect();
        Ok(Some(Self {
            id: chosen.id,
            manifest: chosen.manifest,
            platform: line(&chosen.platform),
            names: chosen.names.iter().map(|name| line(name)).collect(),
            set_aside: set_aside.iter().map(|words| line(words)).collect(),
            layers,
            files: view.files,
            links: view.links,
            others: view.others,
            unreadable: view.unreadable,
            tree: Tree::of_image(view.rows, unpacked, name, context.clone()),
            layer_of: view.layer_of,
        }))
    }

    /// The merged layers.
    #[must_use]
    pub fn tree(&self) -> Tree {
        self.tree.clone()
    }

    /// One file.
    ///
    /// # Errors
    /// As [`Tree::open`].
    pub fn blob(&self, path: &str) -> Result<Blob, Error> {
        self.tree.open(path)
    }

    /// The layer that put a file or link there; for a path inside an archive, the layer of the archive.
    #[must_use]
    pub fn layer(&self, path: &str) -> Option<&Digest> {
        let mut path = path;
        loop {
            if let Some(&number) = self.layer_of.get(path) {
                return self.layers.get(number);
            }
            path = path.rsplit_once('/')?.0;
        }
    }
}

/// Marks a folder or archive as an OCI layout.
const LAYOUT: &str = "oci-layout";

/// Where `docker save` lists its images.
const SAVED: &str = "manifest.json";

/// What lists the images.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Form {
    /// `index.json`.
    Layout,
    /// `manifest.json`.
    Saved,
    /// Both, as Docker writes since its version 25: whoever loads it may go by either, so both are read.
    Both,
}

/// The folder or archive, if an image is in it.
fn find(snapshot: &Snapshot) -> Result<Option<(Tree, Form)>, Error> {
    match snapshot.source()? {
        // `manifest.json` alone says nothing in a folder: half of the web has one.
        Source::Directory(tree) => Ok(is_layout(&tree).then_some((tree, Form::Layout))),
        Source::File(blob) => match snapshot.media_type.as_str() {
            types::TAR => archive(&blob),
            types::GZIP if begins_like_an_image(&blob)? => archive(&blob),
            _ => Ok(None),
        },
    }
}

fn archive(blob: &Blob) -> Result<Option<(Tree, Form)>, Error> {
    let tree = match blob.open_tree() {
        Ok(tree) => tree,
        // Another kind of archive: whoever reads those says what is wrong with it.
        Err(_) if !begins_like_an_image(blob)? => return Ok(None),
        Err(error) => return Err(error),
    };
    let form = match (is_layout(&tree), is_saved(&tree)) {
        (true, true) => Form::Both,
        (true, false) => Form::Layout,
        (false, true) => Form::Saved,
        (false, false) => return Ok(None),
    };
    Ok(Some((tree, form)))
}

fn is_layout(tree: &Tree) -> bool {
    tree.has_file(LAYOUT) && tree.has_file("index.json")
}

/// Whether the list of images is one: other archives have a file of that name, too.
fn is_saved(tree: &Tree) -> bool {
    let saved = tree.open(SAVED).and_then(|blob| blob.read(0, 4096)).unwrap_or_default();
    let head = String::from_utf8_lossy(&saved);
    head.trim_start().starts_with('[') && (head.contains("\"Layers\"") || head.contains("\"Config\""))
}

/// Whether the first member is one that image archives begin with. It is asked before a compressed archive is inflated, and
/// about one that cannot be read to its end.
fn begins_like_an_image(blob: &Blob) -> Result<bool, Error> {
    use std::io::Read as _;
    let mut head = [0; 512];
    let data = blob.data()?;
    let length = if blob.media_type() == types::GZIP {
        let decoder = flate2::read::MultiGzDecoder::new(crate::data::Reader::new(&data));
        let mut bytes = Vec::new();
        // A corrupt one begins like nothing.
        let _ = decoder.take(512).read_to_end(&mut bytes);
        head[..bytes.len()].copy_from_slice(&bytes);
        bytes.len()
    } else {
        data.fill_at(&mut head, 0)?
    };
    let name = head[..length.min(100)].split(|byte| *byte == 0).next().unwrap_or_default();
    let name = String::from_utf8_lossy(name);
    let first = name.trim_start_matches("./").split('/').next().unwrap_or_default();
    let stem = first.split('.').next().unwrap_or_default();
    let stem = stem.strip_prefix("sha256:").unwrap_or(stem);
    Ok(matches!(first, "blobs" | "oci-layout" | "index.json" | "manifest.json" | "repositories")
        || Digest::new("sha256", stem).is_ok())
}

/// The layers as plain tars, side by side; one that an image names twice is unpacked once.
fn unpack(store: &Store<'_>, layers: &[(&Layer, Digest)]) -> Result<Vec<Arc<Data>>, Error> {
    let proven = layers.par_iter().map(|(layer, id)| {
        let blob = match layer {
            Layer::Blob(descriptor) => store.blob(descriptor)?,
            Layer::Member(path) => store.member(path)?,
        };
        Ok((id, blob))
    });
    let proven = proven.collect::<Result<Vec<_>, Error>>()?;
    let distinct: BTreeMap<&Digest, &Blob> = proven.iter().map(|(id, blob)| (*id, blob)).collect();
    let unpacked = distinct.into_par_iter().map(|(id, blob)| Ok((id, layer::unpack(blob, id, store.name)?)));
    let unpacked = unpacked.collect::<Result<BTreeMap<_, _>, Error>>()?;
    Ok(layers.iter().filter_map(|(_, id)| unpacked.get(id).map(Arc::clone)).collect())
}

/// What is seen of the merged layers.
#[derive(Default)]
struct View {
    rows: Vec<Row>,
    files: Vec<FileEntry>,
    links: Vec<LinkEntry>,
    others: Vec<String>,
    unreadable: Vec<Unreadable>,
    layer_of: BTreeMap<String, usize>,
}

/// SHA-256 and media type of the file at a path.
type Known = BTreeMap<Vec<u8>, ([u8; 32], &'static str)>;

impl View {
    fn of(nodes: Nodes, layers: &[Arc<Data>]) -> Result<Self, Error> {
        let known = examine(&nodes, layers)?;
        let mut view = Self::default();
        for (raw, node) in nodes {
            view.add(&raw, node, &known);
        }
        // The map sorts by bytes, as trees do; names that are no text are in neither.
        Ok(view)
    }

    fn add(&mut self, raw: &[u8], node: Node, known: &Known) {
        let fault = match std::str::from_utf8(raw) {
            Err(_) => Some(name::NameFault::NotUtf8),
            Ok(path) => name::check(path, u32::MAX).err(),
        };
        let path = shown(raw);
        if let Some(fault) = fault {
            self.unreadable.push(Unreadable { path, reason: fault.to_string() });
            return;
        }
        match (node.what, known.get(raw)) {
            (What::Directory, _) => self.row(path, EntryKind::Directory, 0, Place::Nowhere),
            (What::Other, _) => {
                self.others.push(path.clone());
                self.row(path, EntryKind::Other, 0, Place::Nowhere);
            }
            (What::Link(target), _) => {
                self.layer_of.insert(path.clone(), node.layer);
                let target = String::from_utf8_lossy(&target).into_owned();
                self.links.push(LinkEntry { path: path.clone(), target: target.clone() });
                self.row(path, EntryKind::Symlink, 0, Place::Link(target));
            }
            (What::File(layer, offset, size), Some(&(sha256, media_type))) => {
                self.layer_of.insert(path.clone(), node.layer);
                let digest = Digest::from_sha256(sha256);
                let media = media_type.to_owned();
                self.files.push(FileEntry { path: path.clone(), size, sha256: digest, media_type: media });
                self.row(path, EntryKind::File, size, Place::Layer(layer, offset, size, sha256, media_type));
            }
            (What::File(..), None) => self.unreadable.push(Unreadable { path, reason: "it was not read".to_owned() }),
            (What::Unreadable(reason), _) => self.unreadable.push(Unreadable { path, reason }),
        }
    }

    fn row(&mut self, path: String, kind: EntryKind, size: u64, place: Place) {
        let entry = Entry { path, kind, size };
        self.rows.push(Row { entry, place });
    }
}

/// Hashes every file once and finds out what it is: a thousand hard links to one file cost as much as one.
fn examine(nodes: &Nodes, layers: &[Arc<Data>]) -> Result<Known, Error> {
    let mut places: BTreeMap<(usize, u64, u64), Vec<&Vec<u8>>> = BTreeMap::new();
    for (path, node) in nodes {
        if let What::File(layer, offset, size) = node.what {
            places.entry((layer, offset, size)).or_default().push(path);
        }
    }
    let look = |((layer, offset, size), paths): ((usize, u64, u64), Vec<&Vec<u8>>)| {
        let Some(data) = layers.get(layer) else {
            return Ok(Vec::new());
        };
        let (sha256, sniffer) = examine_bytes(&Data::Window(Arc::clone(data), offset, size))?;
        let named = |path: &Vec<u8>| (path.clone(), (sha256, sniffer.finish(&String::from_utf8_lossy(path))));
        Ok(paths.into_iter().map(named).collect())
    };
    let known = places.into_par_iter().map(look).collect::<Result<Vec<Vec<_>>, Error>>()?;
    Ok(known.into_iter().flatten().collect())
}

/// A text of the image, as it may stand in a report.
fn line(text: &str) -> String {
    cut(&one_line(&inert(text)), 500).into_owned()
}
