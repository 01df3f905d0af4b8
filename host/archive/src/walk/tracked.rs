//! The paths that git tracks, from its index (gitformat-index(5), versions 2 to 4).

use std::fs::File;
use std::io::Read as _;
use std::path::Path;

/// Largest index, in bytes. That of a tree with 500,000 files is about 60 MiB.
const INDEX_BYTES_MAX: u64 = 128 << 20;

/// Bytes of one entry before its hash: two times, device, inode, mode, owner, group, size.
const STAT_BYTES: usize = 40;

/// Bytes of a hash: SHA-1, SHA-256.
const HASHES: [usize; 2] = [20, 32];

/// Paths, sorted by their bytes.
#[derive(Debug, Default)]
pub(super) struct Tracked(Vec<Vec<u8>>);

impl Tracked {
    /// Reads an index. None for one that cannot be read; one that is not there tracks nothing.
    pub(super) fn read(path: &Path) -> Option<Self> {
        let Ok(found) = path.symlink_metadata() else {
            return Some(Self::default());
        };
        if !found.is_file() || found.len() > INDEX_BYTES_MAX {
            return None;
        }
        let mut bytes = Vec::new();
        File::open(path).ok()?.take(INDEX_BYTES_MAX).read_to_end(&mut bytes).ok()?;
        Self::parse(&bytes)
    }

    pub(super) fn parse(bytes: &[u8]) -> Option<Self> {
        HASHES.into_iter().find_map(|hash| paths(bytes, hash)).map(|mut paths| {
            paths.sort_unstable();
            Self(paths)
        })
    }

    /// Whether this very path is tracked.
    pub(super) fn has(&self, path: &[u8]) -> bool {
        self.0.binary_search_by(|tracked| tracked.as_slice().cmp(path)).is_ok()
    }

    /// Whether something below this folder is.
    pub(super) fn has_below(&self, folder: &[u8]) -> bool {
        let below = [folder, b"/"].concat();
        let at = self.0.partition_point(|tracked| *tracked < below);
        // A submodule is tracked as the folder itself.
        self.0.get(at).is_some_and(|tracked| tracked.starts_with(&below)) || self.has(folder)
    }
}

/// All paths, for one length of hashes; None where the bytes contradict themselves.
fn paths(bytes: &[u8], hash: usize) -> Option<Vec<Vec<u8>>> {
    let number = |at: usize| Some(u32::from_be_bytes(bytes.get(at..at + 4)?.try_into().ok()?));
    if bytes.get(..4)? != b"DIRC" {
        return None;
    }
    let (version, count) = (number(4)?, number(8)?);
    if !(2..=4).contains(&version) {
        return None;
    }
    let (mut at, mut all, mut last) = (12, Vec::new(), Vec::new());
    for _ in 0..count {
        let begin = at;
        at += STAT_BYTES + hash;
        let flags = u16::from_be_bytes(bytes.get(at..at + 2)?.try_into().ok()?);
        // The extended flag (version 3): two more bytes.
        at += if flags & 0x4000 == 0 { 2 } else { 4 };
        if version == 4 {
            let (strip, length) = offset(bytes.get(at..)?)?;
            at += length;
            last.truncate(last.len().checked_sub(strip)?);
        } else {
            last.clear();
        }
        let name = bytes.get(at..)?;
        let end = name.iter().position(|&byte| byte == 0)?;
        last.extend_from_slice(&name[..end]);
        at += end + 1;
        if version != 4 {
            // One to eight NULs bring an entry to a multiple of eight.
            at = begin + (at - begin).next_multiple_of(8);
        }
        let told = usize::from(flags & 0x0fff);
        if last.is_empty() || (told < 0x0fff && told != last.len()) {
            return None;
        }
        all.push(last.clone());
    }
    Some(all)
}

/// A number of variable width, as offsets in packs have it; and its bytes.
fn offset(bytes: &[u8]) -> Option<(usize, usize)> {
    let mut value = usize::from(bytes.first()? & 0x7f);
    let mut at = 0;
    while bytes.get(at)? & 0x80 != 0 {
        at += 1;
        value = value.checked_add(1)?.checked_mul(128)? | usize::from(bytes.get(at)? & 0x7f);
    }
    Some((value, at + 1))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn index(version: u32, paths: &[&str]) -> Vec<u8> {
        let mut bytes = [b"DIRC".as_slice(), &version.to_be_bytes(), &(paths.len() as u32).to_be_bytes()].concat();
        let mut last = "";
        for path in paths {
            let begin = bytes.len();
            bytes.extend([0; STAT_BYTES + 20]);
            bytes.extend((path.len() as u16).to_be_bytes());
            if version == 4 {
                let same = path.bytes().zip(last.bytes()).take_while(|(a, b)| a == b).count();
                bytes.push((last.len() - same) as u8);
                bytes.extend(path[same..].bytes().chain([0]));
            } else {
                bytes.extend(path.bytes().chain([0]));
                let length = (bytes.len() - begin).next_multiple_of(8);
                bytes.resize(begin + length, 0);
            }
            last = path;
        }
        bytes
    }

    #[test]
    fn all_versions_give_the_same_paths() {
        let paths = ["a.txt", "lib/b.rs", "lib/c/d.rs", "library"];
        for version in 2..=4 {
            let tracked = Tracked::parse(&index(version, &paths)).unwrap();
            assert!(paths.iter().all(|path| tracked.has(path.as_bytes())), "{version}");
            assert!(tracked.has_below(b"lib") && tracked.has_below(b"lib/c"));
            assert!(!tracked.has(b"lib") && !tracked.has_below(b"li") && !tracked.has_below(b"a.txt/x"));
        }
    }

    #[test]
    fn broken_bytes_are_no_index() {
        let whole = index(2, &["a", "b/c"]);
        for cut in 0..whole.len() - 8 {
            assert!(Tracked::parse(&whole[..cut]).is_none(), "{cut}");
        }
        assert!(Tracked::parse(b"DIRC\0\0\0\x05\0\0\0\0").is_none());
        assert!(Tracked::parse(b"DIRC\0\0\0\x04\xff\xff\xff\xff").is_none());
    }
}
