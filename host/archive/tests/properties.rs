//! No bytes make this crate panic, and what it reads is what was written.

#![allow(
    clippy::unwrap_used,
    clippy::panic,
    reason = "helpers of tests fail as tests do, but clippy knows only functions marked as tests"
)]

mod forge;

use std::io::{Cursor, Write as _};

use chiron_archive::Tree;
use forge::{blob, deflated, gzip, stored, tar, tar_member, zip};
use proptest::prelude::*;

/// Goes through everything that can be done with a tree.
fn exercise(tree: &Tree) {
    let (entries, _) = tree.entries("**", None, 100).unwrap();
    for entry in entries {
        let _ = tree.read_link(&entry.path);
        if let Ok(blob) = tree.open(&entry.path) {
            let _ = blob.media_type();
            let _ = blob.digest("sha384");
            let _ = blob.read(3, 100);
            let _ = blob.open_tree();
        }
    }
}

fn good_archives() -> Vec<Vec<u8>> {
    let text = b"some text ".repeat(20);
    let inner = zip(&[deflated("x", &text)]);
    let streamed = forge::Member { descriptor: true, ..deflated("s", &text) };
    let tarball = tar(&[
        tar_member(b"x", b'x', b"", b"12 path=p/q\n"),
        tar_member(b"a", b'0', b"", &text),
        tar_member(b"l", b'2', b"a", b""),
    ]);
    let wide = forge::Member { zip64: true, ..stored("w", &text) };
    let (local, directory) = (forge::local(&wide), forge::record(&wide, 0));
    let end = forge::end64(1, &directory, local.len() as u64);
    vec![
        zip(&[deflated("a", &text), stored("b.zip", &inner), streamed]),
        gzip(&tarball),
        tarball,
        [local, directory, end].concat(),
    ]
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 300, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn arbitrary_bytes_never_panic(magic in 0..4usize, bytes in proptest::collection::vec(any::<u8>(), 0..800)) {
        let mut all = [b"".as_slice(), b"PK\x03\x04", b"\x1f\x8b\x08", b"PK\x05\x06"][magic].to_vec();
        all.extend(bytes);
        if let Ok(tree) = blob(&all).open_tree() {
            exercise(&tree);
        }
    }

    #[test]
    fn mutated_archives_never_panic(
        which in 0..4usize,
        changes in proptest::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 1..6),
        cut in proptest::option::of(any::<prop::sample::Index>()),
    ) {
        let mut bytes = good_archives().swap_remove(which);
        for (at, byte) in changes {
            let at = at.index(bytes.len());
            bytes[at] = byte;
        }
        if let Some(cut) = cut {
            bytes.truncate(cut.index(bytes.len()));
        }
        if let Ok(tree) = blob(&bytes).open_tree() {
            exercise(&tree);
        }
    }

    #[test]
    fn reads_what_the_zip_crate_writes(
        members in proptest::collection::btree_map("[a-z]{1,8}", proptest::collection::vec(any::<u8>(), 0..3000), 0..8),
        compress in any::<bool>(),
    ) {
        let method = if compress { ::zip::CompressionMethod::Deflated } else { ::zip::CompressionMethod::Stored };
        let options = ::zip::write::SimpleFileOptions::default().compression_method(method);
        let mut writer = ::zip::ZipWriter::new(Cursor::new(Vec::new()));
        for (name, bytes) in &members {
            writer.start_file(name.as_str(), options).unwrap();
            writer.write_all(bytes).unwrap();
        }
        let tree = blob(&writer.finish().unwrap().into_inner()).open_tree().unwrap();
        let (entries, _) = tree.entries("*", None, 100).unwrap();
        prop_assert_eq!(entries.len(), members.len());
        for (name, bytes) in &members {
            prop_assert_eq!(&tree.open(name).unwrap().read_all(10_000).unwrap(), bytes);
        }
    }

    #[test]
    fn windows_make_up_the_whole(bytes in proptest::collection::vec(any::<u8>(), 0..2000), window in 1..300u32) {
        let tree = blob(&zip(&[deflated("a", &bytes)])).open_tree().unwrap();
        let member = tree.open("a").unwrap();
        let mut read = Vec::new();
        loop {
            let part = member.read(read.len() as u64, window).unwrap();
            if part.is_empty() {
                break;
            }
            read.extend(part);
        }
        prop_assert_eq!(read, bytes);
    }
}
