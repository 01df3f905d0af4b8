//! Tars and tar.gz, good and bad.

#![allow(
    clippy::unwrap_used,
    clippy::panic,
    reason = "helpers of tests fail as tests do, but clippy knows only functions marked as tests"
)]

mod forge;

use chiron_archive::{EntryFault, EntryKind, Error, Limits, NameFault};
use forge::{blob, blob_within, gzip, paths, seal, tar, tar_member, tree};

fn file(name: &[u8], bytes: &[u8]) -> Vec<u8> {
    tar_member(name, b'0', b"", bytes)
}

fn pax(records: &[(&str, &str)]) -> Vec<u8> {
    let mut bytes = String::new();
    for (key, value) in records {
        // One or two digits of length, as the record needs.
        let length = key.len() + value.len() + 3;
        let length = length + if length + 1 > 9 { 2 } else { 1 };
        bytes.push_str(&format!("{length} {key}={value}\n"));
    }
    tar_member(b"PaxHeaders/x", b'x', b"", bytes.as_bytes())
}

#[test]
fn reads_plain_and_compressed() {
    let bytes = tar(&[
        tar_member(b"./", b'5', b"", b""),
        tar_member(b"./pkg/", b'5', b"", b""),
        file(b"./pkg/PKG-INFO", b"Name: pkg"),
        tar_member(b"link", b'2', b"../out", b""),
        tar_member(b"hard", b'1', b"pkg/PKG-INFO", b""),
        pax(&[("path", "pkg/a-name-from-pax"), ("mtime", "1.5")]),
        file(b"short", b"pax"),
        tar_member(b"././@LongLink", b'L', b"", b"pkg/a-name-from-gnu\0"),
        file(b"short", b"gnu"),
    ]);
    for bytes in [bytes.clone(), gzip(&bytes)] {
        let tree = tree(&bytes).unwrap();
        assert_eq!(paths(&tree), ["hard", "link", "pkg", "pkg/PKG-INFO", "pkg/a-name-from-gnu", "pkg/a-name-from-pax"]);
        let (entries, _) = tree.entries("{hard,link}", None, 10).unwrap();
        assert_eq!((entries[0].kind, entries[1].kind), (EntryKind::Other, EntryKind::Symlink));
        assert_eq!(tree.read_link("link").unwrap(), "../out");
        assert_eq!(tree.open("pkg/PKG-INFO").unwrap().read(6, 100).unwrap(), b"pkg");
        assert_eq!(tree.open("pkg/a-name-from-gnu").unwrap().read(0, 100).unwrap(), b"gnu");
        assert_eq!(tree.open("pkg/a-name-from-pax").unwrap().read(0, 100).unwrap(), b"pax");
    }
}

#[test]
fn holds_names_to_the_same_rules() {
    for (name, expected) in [
        (b"../x".as_slice(), NameFault::Parent),
        (b"/x", NameFault::Absolute),
        (b"a\\x", NameFault::Backslash),
        (b"a\xffx", NameFault::NotUtf8),
    ] {
        match tree(&tar(&[file(name, b"")])) {
            Err(Error::NameRefused { fault, .. }) => assert_eq!(fault, expected),
            other => panic!("{other:?}"),
        }
    }
    let twice = tree(&tar(&[file(b"a", b"1"), file(b"a", b"2")]));
    assert!(matches!(twice, Err(Error::Entry { fault: EntryFault::Duplicate, .. })));
    let through = tree(&tar(&[tar_member(b"a", b'2', b"/etc", b""), file(b"a/passwd", b"2")]));
    assert!(matches!(through, Err(Error::Entry { fault: EntryFault::HasChildren, .. })));
    let both = [pax(&[("path", "p")]), tar_member(b"l", b'L', b"", b"q\0"), file(b"a", b"")];
    assert!(matches!(tree(&tar(&both)), Err(Error::NameRefused { fault: NameFault::TwoNames, .. })));
}

#[test]
fn refuses_what_readers_disagree_about() {
    let size = tree(&tar(&[pax(&[("size", "0")]), file(b"a", b"not empty")]));
    assert!(matches!(size, Err(Error::Entry { fault: EntryFault::HeadersDisagree { field: "size" }, .. })));
    let sparse = tree(&tar(&[pax(&[("GNU.sparse.major", "1")]), file(b"a", b"")]));
    assert!(matches!(sparse, Err(Error::Entry { fault: EntryFault::Sparse, .. })));
    let device = tree(&tar(&[tar_member(b"a", b'5', b"", b"data")]));
    assert!(matches!(device, Err(Error::Entry { .. })));
    let good = tar(&[file(b"a", b"a")]);
    let refused = |bytes: &[u8]| matches!(tree(bytes), Err(Error::ArchiveRefused { .. }));
    assert!(refused(&[good.clone(), good.clone()].concat()));
    assert!(refused(&tar(&[tar_member(b"x", b'L', b"", &vec![b'a'; 70_000]), file(b"a", b"")])));
    assert!(refused(&tar(&[tar_member(b"x", b'x', b"", b"99 path=a\n"), file(b"a", b"")])));
    let mut broken = good.clone();
    broken[0] ^= 1;
    assert!(refused(&broken));
    let mut endless = file(b"a", b"");
    endless[124..136].copy_from_slice(&[0x80, 0, 0, 0, 0x7f, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff]);
    seal(&mut endless);
    assert!(refused(&tar(&[endless])));
}

#[test]
fn refuses_tars_cut_off_anywhere() {
    let whole = tar(&[file(b"a", &[7; 2000]), file(b"b", b"b")]);
    let packed = gzip(&whole);
    for sixteenth in 0..15 {
        assert!(tree(&whole[..whole.len() * sixteenth / 16]).is_err(), "{sixteenth}/16");
        assert!(tree(&packed[..packed.len() * sixteenth / 16]).is_err(), "gzip {sixteenth}/16");
    }
}

#[test]
fn a_gzip_bomb_and_a_gzip_of_no_tar_are_refused() {
    let bomb = gzip(&vec![0; 64 << 20]);
    assert!(matches!(blob(&bomb).open_tree(), Err(Error::Limit { limit: "ratio_max", .. })));
    let limits = Limits { total_bytes_max: 1000, ..Limits::default() };
    let large = gzip(&tar(&[file(b"a", b"a")]));
    assert!(matches!(blob_within(&large, &limits).open_tree(), Err(Error::Limit { limit: "total_bytes_max", .. })));
    assert!(matches!(tree(&gzip(b"text")), Err(Error::NotAnArchive { .. })));
    assert!(matches!(tree(b"text"), Err(Error::NotAnArchive { .. })));
    assert!(matches!(tree(b""), Err(Error::NotAnArchive { .. })));
    assert!(tree(&[gzip(&tar(&[file(b"a", b"a")])), b"tail".to_vec()].concat()).is_err());
}
