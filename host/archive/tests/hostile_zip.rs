//! Zips that lie, and what becomes of them.

#![allow(
    clippy::unwrap_used,
    clippy::panic,
    reason = "helpers of tests fail as tests do, but clippy knows only functions marked as tests"
)]

mod forge;

use std::time::Instant;

use chiron_archive::{EntryFault, EntryKind, Error, Limits, NameFault};
use forge::{Member, blob, blob_within, deflated, paths, stored, tree, zip};

fn name_fault(members: &[Member]) -> NameFault {
    match tree(&zip(members)) {
        Err(Error::NameRefused { fault, .. }) => fault,
        other => panic!("{other:?}"),
    }
}

fn entry_fault<T: std::fmt::Debug>(result: Result<T, Error>) -> EntryFault {
    match result {
        Err(Error::Entry { fault, .. }) => fault,
        other => panic!("{other:?}"),
    }
}

fn limit<T: std::fmt::Debug>(result: Result<T, Error>) -> &'static str {
    match result {
        Err(Error::Limit { limit, .. }) => limit,
        other => panic!("{other:?}"),
    }
}

fn is_refused<T: std::fmt::Debug>(result: &Result<T, Error>) -> bool {
    matches!(result, Err(Error::ArchiveRefused { .. }))
}

#[test]
fn reads_what_is_in_order() {
    let big = b"0123456789abcdef".repeat(100_000);
    let tree = tree(&zip(&[
        stored("b/plain.txt", b"plain"),
        deflated("a.txt", &big),
        stored("b/", b""),
        stored("empty", b""),
    ]))
    .unwrap();
    assert_eq!(paths(&tree), ["a.txt", "b", "b/plain.txt", "empty"]);
    let a = tree.open("a.txt").unwrap();
    assert_eq!(a.size(), big.len() as u64);
    assert_eq!(a.read_all(u64::MAX).unwrap(), big);
    assert_eq!(a.read(16, 16).unwrap(), b"0123456789abcdef");
    assert!(a.read(big.len() as u64, 16).unwrap().is_empty());
    assert!(a.read(u64::MAX, 16).unwrap().is_empty());
    assert_eq!(a.read(0, u32::MAX).unwrap().len(), 1 << 20);
    assert_eq!(limit(a.read_all(10)), "max");
    let plain = tree.open("b/plain.txt").unwrap();
    assert_eq!(plain.name(), "plain.txt");
    assert_eq!(plain.media_type(), "text/plain");
    assert_eq!(plain.digest("sha256").unwrap(), chiron_model::digest::Digest::sha256_of(b"plain"));
    assert_eq!(plain.digest("sha512").unwrap().hex().len(), 128);
    assert!(matches!(plain.digest("md5"), Err(Error::UnknownAlgorithm { .. })));
    assert!(tree.open("empty").unwrap().read(0, 10).unwrap().is_empty());
    assert!(matches!(tree.open("b"), Err(Error::WrongKind { .. })));
    assert!(matches!(tree.open("c"), Err(Error::NotFound { .. })));
    for path in ["../a.txt", "/a.txt", "", "b//plain.txt", "b/./plain.txt", "b/\0"] {
        assert!(matches!(tree.open(path), Err(Error::PathRefused { .. })), "{path}");
    }
}

#[test]
fn reads_empty_zip64_and_streamed_archives() {
    assert!(paths(&tree(&zip(&[])).unwrap()).is_empty());
    let member = Member { zip64: true, ..stored("a", b"zip64") };
    let (local, directory) = (forge::local(&member), forge::record(&member, 0));
    let end = forge::end64(1, &directory, local.len() as u64);
    let archive = tree(&[local, directory, end].concat()).unwrap();
    assert_eq!(archive.open("a").unwrap().read(0, 9).unwrap(), b"zip64");
    let streamed = Member { descriptor: true, ..deflated("a", b"streamed") };
    let archive = tree(&zip(&[streamed.clone(), Member { name: b"b".to_vec(), ..streamed }])).unwrap();
    assert_eq!(archive.open("b").unwrap().read(0, 9).unwrap(), b"streamed");
}

#[test]
fn refuses_names_as_a_whole_archive() {
    let one = |name: &[u8]| name_fault(&[stored("good", b""), stored(name, b"x")]);
    assert_eq!(one(b"../evil"), NameFault::Parent);
    assert_eq!(one(b"a/../../evil"), NameFault::Parent);
    assert_eq!(one(b"/etc/passwd"), NameFault::Absolute);
    assert_eq!(one(b"C:\\evil"), NameFault::Backslash);
    assert_eq!(one(b"C:evil"), NameFault::Drive);
    assert_eq!(one(b"..\\evil"), NameFault::Backslash);
    assert_eq!(one(b"a\0.txt"), NameFault::Control);
    assert_eq!(one(b"a\x1b[2J"), NameFault::Control);
    assert_eq!(one(b"caf\x82"), NameFault::NotUtf8);
    assert_eq!(one(b""), NameFault::Empty);
    assert_eq!(one(&b"a".repeat(5000)), NameFault::TooLong);
    let mut extra = vec![0x75, 0x70, 10, 0, 1, 0, 0, 0, 0];
    extra.extend(b"other");
    assert_eq!(name_fault(&[Member { extra, ..stored("name", b"") }]), NameFault::TwoNames);
}

#[test]
fn refuses_two_members_of_one_name() {
    let twice = |a: &str, b: &str| entry_fault(tree(&zip(&[stored(a, b"1"), stored("m", b""), stored(b, b"2")])));
    assert_eq!(twice("a", "a"), EntryFault::Duplicate);
    assert_eq!(twice("a", "./a"), EntryFault::Duplicate);
    assert_eq!(twice("a", "a/b"), EntryFault::HasChildren);
    assert_eq!(entry_fault(tree(&zip(&[stored("a", b"1"), stored("a/", b"")]))), EntryFault::Duplicate);
    assert_eq!(entry_fault(tree(&zip(&[stored("a/", b"1")]))), EntryFault::DirectoryWithData);
    // "a-b" sorts between "a" and "a/b" by bytes.
    let hidden = zip(&[stored("a", b""), stored("a-b", b""), stored("a/b", b"")]);
    assert_eq!(entry_fault(tree(&hidden)), EntryFault::HasChildren);
    assert!(tree(&zip(&[stored("a/", b""), stored("a/", b""), stored("a/b", b"")])).is_ok());
}

#[test]
fn links_are_named_and_not_followed() {
    let link = Member { mode: 0o120_777, ..stored("link", b"/etc/passwd") };
    let archive = tree(&zip(&[link, stored("a", b"a")])).unwrap();
    let (entries, _) = archive.entries("link", None, 1).unwrap();
    assert_eq!(entries[0].kind, EntryKind::Symlink);
    assert_eq!(archive.read_link("link").unwrap(), "/etc/passwd");
    assert!(matches!(archive.open("link"), Err(Error::WrongKind { .. })));
    assert!(matches!(archive.read_link("a"), Err(Error::WrongKind { .. })));
    let through = [Member { mode: 0o120_777, ..stored("d", b"/tmp") }, stored("d/x", b"")];
    assert_eq!(entry_fault(tree(&zip(&through))), EntryFault::HasChildren);
}

#[test]
fn a_bomb_is_refused_before_it_goes_off() {
    let zeros = vec![0; 64 << 20];
    let bomb = blob(&zip(&[deflated("zeros", &zeros), stored("good", b"good")])).open_tree().unwrap();
    assert_eq!(limit(bomb.open("zeros")), "ratio_max");
    assert_eq!(bomb.open("good").unwrap().read(0, 9).unwrap(), b"good");
    // The same, saying that it is small: found out after one buffer.
    let liar = Member { size: 100, ..deflated("zeros", &zeros) };
    let liar = tree(&zip(&[liar])).unwrap().open("zeros").unwrap();
    let started = Instant::now();
    assert_eq!(entry_fault(liar.read(0, 10)), EntryFault::Size { declared: 100 });
    assert!(started.elapsed().as_millis() < 500);
    let limits = Limits { entry_bytes_max: 1000, total_bytes_max: 1500, ..Limits::default() };
    let noise: Vec<u8> = (0..1001u32).map(|n| (n.wrapping_mul(2_654_435_761) >> 24) as u8).collect();
    let large = blob_within(&zip(&[deflated("a", &noise)]), &limits).open_tree().unwrap();
    assert_eq!(limit(large.open("a")), "entry_bytes_max");
    let many = zip(&[stored("a", &noise), stored("b", &noise)]);
    assert_eq!(limit(blob_within(&many, &limits).open_tree()), "total_bytes_max");
}

#[test]
fn refuses_overlapping_members() {
    // Fifield: every directory record counts one kernel.
    let kernel = deflated("a", &vec![0; 100_000]);
    let (local, first) = (forge::local(&kernel), forge::record(&kernel, 0));
    let again = forge::record(&Member { name: b"b".to_vec(), ..kernel.clone() }, 0);
    let directory = [first, again].concat();
    let end = forge::end(2, &directory, local.len() as u32, &[]);
    let found = entry_fault(tree(&[local, directory, end].concat()));
    assert!(matches!(found, EntryFault::HeadersDisagree { field: "name" }), "{found:?}");
    // Quoted local headers: the first member's data holds the second's header, as it should be.
    let inner = stored("b", b"kernel");
    let outer = stored("a", &forge::local(&inner));
    let local = forge::local(&outer);
    let at = (local.len() - forge::local(&inner).len()) as u32;
    let directory = [forge::record(&outer, 0), forge::record(&inner, at)].concat();
    let end = forge::end(2, &directory, local.len() as u32, &[]);
    assert_eq!(entry_fault(tree(&[local, directory, end].concat())), EntryFault::Overlap);
}

#[test]
fn refuses_bytes_that_belong_to_nobody() {
    let good = zip(&[stored("a", b"a")]);
    assert!(is_refused(&tree(&[good.clone(), b"trailing".to_vec()].concat())));
    assert!(is_refused(&tree(&[good.clone(), vec![0; 70_000]].concat())));
    // A member that only a streaming reader sees.
    let (a, hidden) = (stored("a", b"a"), stored("hidden", b"h"));
    let body = [forge::local(&a), forge::local(&hidden)].concat();
    let directory = forge::record(&a, 0);
    let end = forge::end(1, &directory, body.len() as u32, &[]);
    assert!(is_refused(&tree(&[body, directory, end].concat())));
    let body = [forge::local(&hidden), forge::local(&a)].concat();
    let directory = forge::record(&a, forge::local(&hidden).len() as u32);
    let end = forge::end(1, &directory, body.len() as u32, &[]);
    assert!(matches!(entry_fault(tree(&[body, directory, end].concat())), EntryFault::Gap { .. }));
}

#[test]
fn refuses_two_end_records() {
    let inner = zip(&[stored("b", b"b")]);
    let a = stored("a", b"a");
    let (body, directory) = (forge::local(&a), forge::record(&a, 0));
    let end = forge::end(1, &directory, body.len() as u32, &inner);
    assert!(is_refused(&tree(&[body, directory, end].concat())));
}

#[test]
fn refuses_headers_that_disagree() {
    let other = Member { local_name: Some(b"bbb".to_vec()), ..stored("aaa", b"x") };
    assert_eq!(entry_fault(tree(&zip(&[other]))), EntryFault::HeadersDisagree { field: "name" });
    for (at, field) in [(8, "compression method"), (6, "encryption"), (18, "size"), (14, "checksum")] {
        let mut bytes = zip(&[stored("aaa", b"x")]);
        bytes[at] ^= 1;
        assert_eq!(entry_fault(tree(&bytes)), EntryFault::HeadersDisagree { field });
    }
}

#[test]
fn a_bad_member_is_refused_by_name_and_the_others_are_read() {
    let archive = tree(&zip(&[
        Member { flags: 1, ..stored("encrypted", b"x") },
        Member { method: 14, ..stored("lzma", b"x") },
        Member { crc: 7, ..stored("crc-stored", b"x") },
        Member { crc: 7, ..deflated("crc", b"x") },
        Member { size: 5, ..deflated("longer", b"x") },
        Member { stored: b"\x07garbage".to_vec(), ..deflated("corrupt", b"x") },
        Member { stored: [forge::deflate(b"x"), b"tail".to_vec()].concat(), ..deflated("tail", b"x") },
        stored("good", b"good"),
    ]))
    .unwrap();
    let fault = |path: &str| entry_fault(archive.open(path).and_then(|blob| blob.read(0, 10)));
    assert_eq!(fault("encrypted"), EntryFault::Encrypted);
    assert_eq!(fault("lzma"), EntryFault::Method { method: 14 });
    assert_eq!(fault("crc-stored"), EntryFault::Checksum);
    assert_eq!(fault("crc"), EntryFault::Checksum);
    assert_eq!(fault("longer"), EntryFault::Size { declared: 5 });
    assert!(matches!(fault("corrupt"), EntryFault::Corrupt { .. }));
    assert!(matches!(fault("tail"), EntryFault::Corrupt { .. }));
    assert_eq!(archive.open("good").unwrap().read(0, 10).unwrap(), b"good");
    assert_eq!(archive.open("crc").unwrap().media_type(), "application/octet-stream");
}

#[test]
fn a_million_members_cost_little() {
    let (mut body, mut directory) = (Vec::new(), Vec::new());
    for n in 0..1_000_000u32 {
        let member = stored(format!("{n:07}"), b"");
        directory.extend(forge::record(&member, body.len() as u32));
        body.extend(forge::local(&member));
    }
    let real = [body.clone(), directory.clone(), forge::end64(1_000_000, &directory, body.len() as u64)].concat();
    let blobs = [real, [body.clone(), directory.clone(), forge::end64(3, &directory, body.len() as u64)].concat()]
        .map(|b| blob(&b));
    for blob in blobs {
        let started = Instant::now();
        assert_eq!(limit(blob.open_tree()), "entries_max");
        assert!(started.elapsed().as_secs() < 5, "{:?}", started.elapsed());
    }
    // Names that are no members count too.
    let limits = Limits { entries_max: 3, ..Limits::default() };
    let mut roots = zip(&vec![stored("./", b""); 4]);
    let at = roots.len() - 14;
    roots[at..at + 4].copy_from_slice(&[1, 0, 1, 0]);
    assert_eq!(limit(blob_within(&roots, &limits).open_tree()), "entries_max");
    // Says a million, has one.
    let one = stored("a", b"");
    let (body, directory) = (forge::local(&one), forge::record(&one, 0));
    let lie = [body.clone(), directory.clone(), forge::end64(1_000_000, &directory, body.len() as u64)].concat();
    assert_eq!(limit(tree(&lie)), "entries_max");
    let lie = [body.clone(), directory.clone(), forge::end(7, &directory, body.len() as u32, &[])].concat();
    assert!(is_refused(&tree(&lie)));
}

#[test]
fn refuses_archives_cut_off_anywhere() {
    let whole = zip(&[deflated("a", &b"some text ".repeat(50)), stored("b", b"more")]);
    for sixteenth in 0..16 {
        let cut = &whole[..whole.len() * sixteenth / 16];
        assert!(tree(cut).is_err(), "{sixteenth}/16");
    }
    for length in whole.len() - 30..whole.len() {
        assert!(tree(&whole[..length]).is_err(), "{length}");
    }
}

#[test]
fn archives_in_archives_end_at_the_limit() {
    let mut bytes = zip(&[stored("leaf", b"leaf")]);
    for _ in 0..3 {
        bytes = zip(&[deflated("inner.zip", &bytes)]);
    }
    let mut blob = blob(&bytes);
    for _ in 0..3 {
        blob = blob.open_tree().unwrap().open("inner.zip").unwrap();
        assert_eq!(blob.media_type(), "application/zip");
    }
    assert_eq!(limit(blob.open_tree()), "depth_max");
}

#[test]
fn globs_and_pages() {
    let names = ["a.py", "p/a.py", "p/q/a.py", "p/q/b.txt", "x-1.dist-info/METADATA"];
    let archive = tree(&zip(&names.map(|name| stored(name, b"")))).unwrap();
    let list = |glob: &str| {
        let (entries, _) = archive.entries(glob, None, 100).unwrap();
        entries.into_iter().map(|entry| entry.path).collect::<Vec<_>>()
    };
    assert_eq!(list("*.py"), ["a.py"]);
    assert_eq!(list("**/*.py"), ["a.py", "p/a.py", "p/q/a.py"]);
    assert_eq!(list("p/?/{a,b}.*"), ["p/q/a.py", "p/q/b.txt"]);
    assert_eq!(list("*.dist-info/METADATA"), ["x-1.dist-info/METADATA"]);
    let (mut seen, mut cursor) = (Vec::new(), None);
    loop {
        let (page, next) = archive.entries("**/*.py", cursor.as_deref(), 0).unwrap();
        assert_eq!(page.len(), 1);
        seen.extend(page.into_iter().map(|entry| entry.path));
        match next {
            Some(next) => cursor = Some(next),
            None => break,
        }
    }
    assert_eq!(seen, list("**/*.py"));
    assert!(matches!(archive.entries("[", None, 1), Err(Error::Glob { .. })));
    // Short enough, and nested deeper than a regular expression may be.
    let nested = format!("{}{}", "{a,".repeat(128), "}".repeat(128));
    assert!(matches!(archive.entries(&nested, None, 1), Err(Error::Glob { .. })));
    assert!(matches!(archive.entries(&"a".repeat(513), None, 1), Err(Error::Glob { .. })));
}
