//! Layers laid over each other, as a runtime would (OCI Image Format Specification 1.1, "Applying Changesets").
//!
//! An archive in which a name stands twice is refused elsewhere, because readers disagree about it. Here they do not: a
//! runtime unpacks in order, so that the last of two entries is what a container sees, and that is what is judged.

use std::collections::{BTreeMap, BTreeSet};
use std::ops::Bound;

use super::path::{self, Entry};
use crate::data::Data;
use crate::error::Error;
use crate::index::name_refused;
use crate::limits::Limits;
use crate::tar::{self, Ending, Member, MemberKind};

/// Links on the way to one entry, as Linux counts them (`MAXSYMLINKS`).
const HOPS_MAX: u32 = 40;

/// Links followed over all entries: each costs a walk over a path.
const ALL_HOPS_MAX: u64 = 1_000_000;

/// Longest link target, in bytes: Linux's `PATH_MAX`.
const TARGET_BYTES_MAX: usize = 4096;

/// What lies at a path.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum What {
    Directory,
    /// Bytes of a layer: its number, offset and size.
    File(usize, u64, u64),
    /// With its target.
    Link(Vec<u8>),
    /// A device or FIFO.
    Other,
    /// Why nobody can say.
    Unreadable(String),
}

/// An entry of the merged view.
#[derive(Clone, Debug)]
pub(super) struct Node {
    /// The layer that put it there.
    pub(super) layer: usize,
    pub(super) what: What,
}

/// What the layers so far leave to be seen, by path.
pub(super) type Nodes = BTreeMap<Vec<u8>, Node>;

/// Lays layers over each other.
pub(super) struct Merge<'a> {
    image: &'a str,
    limits: &'a Limits,
    nodes: Nodes,
    members: u64,
    names_bytes: u64,
    hops: u64,
}

impl<'a> Merge<'a> {
    pub(super) fn new(image: &'a str, limits: &'a Limits) -> Self {
        Self { image, limits, nodes: Nodes::new(), members: 0, names_bytes: 0, hops: 0 }
    }

    /// Lays the next layer, a plain tar, over what is there.
    ///
    /// # Errors
    /// [`Error::ArchiveRefused`] when it is no tar; [`Error::NameRefused`] for names that lead out; [`Error::Limit`].
    pub(super) fn apply(&mut self, number: usize, data: &Data, name: &str) -> Result<(), Error> {
        // As many members as a folder may have files: an image is one.
        let limits = Limits { entries_max: self.limits.files_max, ..self.limits.clone() };
        let mut layer = Layer { number, name, hidden: BTreeSet::new() };
        tar::walk(data, name, &limits, Ending::Anywhere, |member| self.member(&mut layer, member))
    }

    pub(super) fn finish(self) -> Nodes {
        self.nodes
    }

    fn member(&mut self, layer: &mut Layer<'_>, member: Member) -> Result<(), Error> {
        self.members += 1;
        self.hold(self.members, "files_max", self.limits.files_max)?;
        let refused = |fault| name_refused(layer.name, self.limits, &member.name, fault);
        let entry = path::parse(&member.name, self.limits.name_bytes_max).map_err(refused)?;
        match entry {
            Entry::Root | Entry::Ignored => Ok(()),
            Entry::Hidden(path) => self.hide(layer, &path, Depth::Whole),
            Entry::Opaque(path) => self.hide(layer, &path, Depth::Below),
            Entry::Path(path) => self.put(layer, &path, member),
        }
    }

    /// A white-out: what lower layers have there is gone. What its own layer has there stays, wherever it stands.
    fn hide(&mut self, layer: &mut Layer<'_>, path: &[u8], depth: Depth) -> Result<(), Error> {
        let found = match depth {
            Depth::Whole => self.resolve_parent(path)?,
            Depth::Below => self.resolve(path)?,
        };
        // A second one would find the same, and cost as much.
        if let Some(path) = found
            && layer.hidden.insert((path.clone(), depth))
        {
            self.remove(&path, depth, |node| node.layer < layer.number);
        }
        Ok(())
    }

    fn put(&mut self, layer: &Layer<'_>, path: &[u8], member: Member) -> Result<(), Error> {
        let Some(place) = self.resolve_parent(path)? else {
            let what = What::Unreadable("the links on the way to it lead round in circles".to_owned());
            return self.insert(path.to_vec(), Node { layer: layer.number, what });
        };
        self.make_parents(&place, layer.number)?;
        let what = self.what(layer, member)?;
        let both_directories =
            what == What::Directory && self.nodes.get(&place).is_some_and(|node| node.what == What::Directory);
        if !both_directories {
            self.remove(&place, Depth::Below, |_| true);
        }
        self.insert(place, Node { layer: layer.number, what })
    }

    fn what(&mut self, layer: &Layer<'_>, member: Member) -> Result<What, Error> {
        Ok(match member.kind {
            MemberKind::Directory => What::Directory,
            MemberKind::File => What::File(layer.number, member.position, member.size),
            MemberKind::Symlink(target) if target.len() > TARGET_BYTES_MAX => {
                What::Unreadable("its link target is too long".to_owned())
            }
            MemberKind::Symlink(target) => What::Link(target),
            MemberKind::Sparse => What::Unreadable("it is a sparse file".to_owned()),
            MemberKind::Other => What::Other,
            MemberKind::HardLink(target) => self.repeated(layer, &target)?,
        })
    }

    /// A hard link is the file that its target is by now, whatever becomes of that one later.
    fn repeated(&mut self, layer: &Layer<'_>, target: &[u8]) -> Result<What, Error> {
        let refused = |fault| name_refused(layer.name, self.limits, target, fault);
        let entry = path::parse(target, self.limits.name_bytes_max).map_err(refused)?;
        let found = match entry {
            Entry::Path(target) => self.resolve_parent(&target)?.and_then(|place| self.nodes.get(&place)),
            Entry::Root | Entry::Ignored | Entry::Hidden(_) | Entry::Opaque(_) => None,
        };
        Ok(match found.map(|node| &node.what) {
            Some(What::Directory) => What::Unreadable("it is a hard link to a directory".to_owned()),
            Some(what) => what.clone(),
            None => What::Unreadable("it is a hard link to something that is not there".to_owned()),
        })
    }

    /// Where an entry comes to lie: links among the folders on its way are followed inside the image, as a runtime does that
    /// unpacks into a root of its own. None when they lead round in circles.
    fn resolve_parent(&mut self, path: &[u8]) -> Result<Option<Vec<u8>>, Error> {
        let (parent, last) = path::split(path);
        let Some(mut place) = self.resolve(parent)? else {
            return Ok(None);
        };
        path::push(&mut place, last);
        Ok(Some(place).filter(|place| place.len() <= self.limits.name_bytes_max as usize))
    }

    fn resolve(&mut self, path: &[u8]) -> Result<Option<Vec<u8>>, Error> {
        let mut place: Vec<u8> = Vec::with_capacity(path.len());
        // Segments still to be walked, the next one last.
        let mut ahead: Vec<Vec<u8>> = path::segments(path).rev().map(<[u8]>::to_vec).collect();
        let mut hops = 0;
        while let Some(segment) = ahead.pop() {
            if segment == b".." {
                path::pop(&mut place);
                continue;
            }
            let length = place.len();
            path::push(&mut place, &segment);
            if place.len() > self.limits.name_bytes_max as usize {
                return Ok(None);
            }
            let Some(What::Link(target)) = self.nodes.get(&place).map(|node| &node.what) else {
                continue;
            };
            // Its target is seen from the folder it lies in, or from the root of the image.
            place.truncate(if target.starts_with(b"/") { 0 } else { length });
            ahead.extend(path::segments(target).rev().map(<[u8]>::to_vec));
            hops += 1;
            self.hops += 1;
            if self.hops > ALL_HOPS_MAX {
                return Err(Error::refused(self.image, format!("its links are followed over {ALL_HOPS_MAX} times")));
            }
            if hops > HOPS_MAX {
                return Ok(None);
            }
        }
        Ok(Some(place))
    }

    /// Folders that no entry names are there all the same; whatever else is in their place gives way.
    fn make_parents(&mut self, path: &[u8], layer: usize) -> Result<(), Error> {
        for parent in path::parents(path) {
            let there = self.nodes.get(parent).map(|node| &node.what);
            if there != Some(&What::Directory) {
                self.insert(parent.to_vec(), Node { layer, what: What::Directory })?;
            }
        }
        Ok(())
    }

    fn insert(&mut self, path: Vec<u8>, node: Node) -> Result<(), Error> {
        self.names_bytes += path.len() as u64;
        self.hold(self.names_bytes, "names_bytes_max", self.limits.names_bytes_max)?;
        self.nodes.insert(path, node);
        self.hold(self.nodes.len() as u64, "files_max", self.limits.files_max)
    }

    fn remove(&mut self, path: &[u8], depth: Depth, which: impl Fn(&Node) -> bool) {
        // Everything below a path lies between it with a slash and it with the character after the slash.
        let (from, to) = match path {
            b"" => (Bound::Unbounded, Bound::Unbounded),
            path => (Bound::Excluded([path, b"/"].concat()), Bound::Excluded([path, b"0"].concat())),
        };
        let below = self.nodes.range((from, to)).filter(|(_, node)| which(node)).map(|(path, _)| path.clone());
        let gone: Vec<_> = below.collect();
        for path in gone {
            self.nodes.remove(&path);
        }
        if depth == Depth::Whole && self.nodes.get(path).is_some_and(which) {
            self.nodes.remove(path);
        }
    }

    fn hold(&self, value: u64, limit: &'static str, max: u64) -> Result<(), Error> {
        if value > max { Err(Error::limit(self.image, limit, max)) } else { Ok(()) }
    }
}

/// The layer that is being applied.
struct Layer<'a> {
    number: usize,
    name: &'a str,
    /// White-outs that have been applied.
    hidden: BTreeSet<(Vec<u8>, Depth)>,
}

/// How much of a path goes.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Depth {
    /// What is below it.
    Below,
    /// And the path itself.
    Whole,
}
