//! Executables made here byte by byte, and real ones of Go where Go is installed.

mod made;
mod real;

use std::io::Write as _;

use chiron_sdk::fake::{self, FakeBlob};
use chiron_sdk::sbom::Inventory;

use self::made::{Made, elf, elf_by_pointers, fat, macho, pe};
use super::*;
use crate::lockfile::tests::{listed, needs, outcome, property};

/// A list of cargo-auditable: a program, a crate, one that builds it, one from a repository.
const CRATES: &str = r#"{"packages": [
    {"name": "adler", "version": "1.0.2", "source": "crates.io"},
    {"name": "app", "version": "0.1.0", "source": "local", "dependencies": [0, 2, 3], "root": true},
    {"name": "cc", "version": "1.0.0", "source": "crates.io", "kind": "build"},
    {"name": "own", "version": "2.0.0+x", "source": "git"}], "format": 8}"#;

/// A list of modules, as Go writes it.
const MODULES: &str = "path\texample.com/app/cmd\nmod\texample.com/app\tv1.2.3\th1:m=\ndep\tgithub.com/BurntSushi/toml\tv1.3.2\th1:a=\ndep\ta.org/old\tv1.0.0\n=>\tb.org/new\tv1.1.0\th1:b=\ndep\tc.org/own\tv0.0.0\n=>\t./own\t\t\nbuild\t-compiler=gc\n";

fn inventory(bytes: Vec<u8>) -> Inventory {
    let blob = FakeBlob::new(bytes).media_type(CATALOGER.media_types[0]);
    (CATALOGER.read)(&fake::subject("program"), &blob).unwrap()
}

fn packed(json: &str) -> Vec<u8> {
    let mut packer = flate2::write::ZlibEncoder::new(Vec::new(), flate2::Compression::default());
    packer.write_all(json.as_bytes()).unwrap();
    packer.finish().unwrap()
}

/// The list of modules between the lines that Go writes around it.
fn framed(modules: &str) -> String {
    format!("{}{modules}{}", "0".repeat(16), "1".repeat(16))
}

/// Go's information since 1.18.
fn inline(version: &str, modules: &str) -> Vec<u8> {
    let mut bytes = b"\xff Go buildinf:\x08\x02".to_vec();
    bytes.resize(32, 0);
    for text in [version, &framed(modules)] {
        let mut len = text.len();
        while len >= 0x80 {
            bytes.push(u8::try_from(len & 0x7f).unwrap() | 0x80);
            len >>= 7;
        }
        bytes.push(u8::try_from(len).unwrap());
        bytes.extend_from_slice(text.as_bytes());
    }
    bytes
}

const GO: [&str; 5] = [
    "pkg:golang/stdlib@1.22.1 runtime",
    "pkg:golang/github.com/burntsushi/toml@v1.3.2 runtime",
    "pkg:golang/b.org/new@v1.1.0 runtime",
    "c.org/own@v0.0.0 runtime",
    "pkg:golang/example.com/app@v1.2.3 runtime",
];

#[test]
fn the_crates_of_a_rust_program_are_listed_with_their_needs() {
    for made in [
        elf(&[(".text", b"x"), (".dep-v0", &packed(CRATES))]),
        macho(&[(".dep-v0", &packed(CRATES))]),
        pe(&[(".dep-v0", &packed(CRATES))]),
    ] {
        let inventory = inventory(made);
        assert_eq!(outcome(&inventory), "read 4 0");
        assert_eq!(
            listed(&inventory),
            [
                "pkg:cargo/adler@1.0.2 runtime",
                "app@0.1.0 runtime",
                "pkg:cargo/cc@1.0.0 development",
                "own@2.0.0+x runtime"
            ]
        );
        assert_eq!(needs(&inventory).len(), 3);
        assert_eq!(property(&inventory, "app@0.1.0", "chiron:sbom-root"), ["true"]);
        assert_eq!(property(&inventory, "own@2.0.0+x", "chiron:source"), ["git"]);
    }
}

#[test]
fn the_modules_of_a_go_program_are_listed_in_every_format() {
    let build = inline("go1.22.1", MODULES);
    let files = [
        elf(&[(".go.buildinfo", &build)]),
        macho(&[("__go_buildinfo", &build)]),
        pe(&[(".text", b"x"), (".data", &[vec![0; 4096], build.clone()].concat())]),
        fat(&[macho(&[("__go_buildinfo", &build)]), macho(&[("__go_buildinfo", &build)])]),
        elf_by_pointers(Made { wide: true, big_endian: false }, "go1.22.1", &framed(MODULES)),
        elf_by_pointers(Made { wide: true, big_endian: true }, "go1.22.1", &framed(MODULES)),
        elf_by_pointers(Made { wide: false, big_endian: false }, "go1.22.1", &framed(MODULES)),
        elf_by_pointers(Made { wide: false, big_endian: true }, "go1.22.1", &framed(MODULES)),
    ];
    for (number, file) in files.into_iter().enumerate() {
        let inventory = inventory(file);
        assert_eq!(outcome(&inventory), "read 5 0", "{number}");
        assert_eq!(listed(&inventory), GO, "{number}");
        assert_eq!(needs(&inventory).len(), 4, "{number}");
    }
}

#[test]
fn what_replaces_a_module_is_said_and_a_folder_has_no_purl() {
    let inventory = inventory(elf(&[(".go.buildinfo", &inline("go1.22.1", MODULES))]));
    assert_eq!(property(&inventory, "pkg:golang/b.org/new@v1.1.0", "chiron:note"), ["replaces a.org/old v1.0.0"]);
    assert_eq!(property(&inventory, "c.org/own@v0.0.0", "chiron:source"), ["./own"]);
    let toml = property(&inventory, "pkg:golang/github.com/burntsushi/toml@v1.3.2", "chiron:archive-digest");
    assert_eq!(toml, ["h1:a="]);
    assert_eq!(inventory.components[1].name, "github.com/BurntSushi/toml");
}

#[test]
fn a_program_from_a_working_copy_has_no_version() {
    let modules = "path\ta.org/a\nmod\ta.org/a\t(devel)\t\ndep\tb.org/b\t(devel)\t\n";
    let inventory = inventory(elf(&[(".go.buildinfo", &inline("devel go1.24-abc", modules))]));
    assert_eq!(listed(&inventory), ["pkg:golang/stdlib runtime", "b.org/b@ runtime", "a.org/a@ runtime"]);
    assert_eq!(outcome(&inventory), "read 3 0: 1 of 3 packages are not pinned to a version");
}

#[test]
fn what_says_nothing_is_unsupported_and_what_is_malformed_fails_by_name() {
    let huge_table = {
        let mut bytes = elf(&[(".text", b"x")]);
        bytes[60..62].copy_from_slice(&0xfff0_u16.to_le_bytes());
        bytes
    };
    let beyond = {
        let mut bytes = elf(&[(".text", b"x")]);
        bytes[40..48].copy_from_slice(&u64::MAX.to_le_bytes());
        bytes
    };
    let bomb = packed(&" ".repeat(40 << 20));
    let long = [&inline("go1.22.1", "")[..32], &[0xff, 0xff, 0xff, 0xff, 0x7f]].concat();
    let endless = [&inline("go1.22.1", "")[..32], &[0xff; 12]].concat();
    let table: [(Vec<u8>, &str); 17] = [
        (elf(&[]), "unsupported 0 0: an executable that does not say"),
        (elf(&[(".text", b"x")]), "unsupported 0 0: an executable that does not say"),
        (pe(&[(".data", &[0; 100])]), "unsupported 0 0"),
        (macho(&[]), "unsupported 0 0"),
        (b"\x7fELF\x02\x01".to_vec(), "failed 0 0: a header ends too early"),
        (b"MZ".to_vec(), "failed 0 0: a header ends too early"),
        (b"\xca\xfe\xba\xbe\0\0\0\x1e".to_vec(), "failed 0 0: made for 30 processors, more than the 16"),
        (huge_table, "failed 0 0: the table of sections (4193280 bytes"),
        (beyond, "failed 0 0: the table of sections"),
        (elf(&[(".dep-v0", b"plain")]), "failed 0 0: `.dep-v0` is not text in zlib"),
        (elf(&[(".dep-v0", &packed("[]"))]), "failed 0 0: `.dep-v0` is not cargo-auditable's list"),
        (elf(&[(".dep-v0", &bomb)]), "failed 0 0: `.dep-v0` unpacks to more than 33554432 bytes"),
        (
            elf(&[(
                ".dep-v0",
                &packed(
                    r#"{"packages": [{"name": "a b", "version": "1", "source": "crates.io"}, {"name": "c", "version": "1", "source": "x", "dependencies": [0, 1, 9]}]}"#,
                ),
            )]),
            "partly 1 2: `a b` is no name or version of a crate; `c@1` needs entry 9 of 2",
        ),
        (elf(&[(".go.buildinfo", &inline("", ""))]), "failed 0 0: Go's build information has no version"),
        (elf(&[(".go.buildinfo", &long)]), "failed 0 0: a text of 34359738367 bytes in Go's build information"),
        (
            elf(&[(".go.buildinfo", &endless)]),
            "failed 0 0: the length of a text in Go's build information does not end",
        ),
        (
            elf(&[(".go.buildinfo", &inline("go1.22.1", "path\tx y\ndep\t../x\tv1\ndep\ta.org/a\tlatest\n"))]),
            "partly 1 3: `../x` is no path of a module; `latest` of `a.org/a` is no version; Go's list of modules names no main",
        ),
    ];
    for (bytes, expected) in table {
        let got = outcome(&inventory(bytes));
        assert!(got.contains(expected), "{got}, not {expected}");
    }
}

/// A file of which the host can give nothing.
struct Unreadable(PluginError);

impl Blob for Unreadable {
    fn size(&self) -> u64 {
        100
    }

    fn media_type(&self) -> String {
        CATALOGER.media_types[0].to_owned()
    }

    fn digest(&self, _: &str) -> Result<chiron_sdk::Digest, PluginError> {
        Err(self.0.clone())
    }

    fn read(&self, _: u64, _: u32) -> Result<Vec<u8>, PluginError> {
        Err(self.0.clone())
    }

    fn open_tree(&self) -> Result<Box<dyn chiron_sdk::content::Tree>, PluginError> {
        Err(self.0.clone())
    }
}

#[test]
fn a_cancelled_run_is_an_error_and_what_the_host_cannot_read_is_an_outcome() {
    let read = |error: PluginError| (CATALOGER.read)(&fake::subject("program"), &Unreadable(error));
    assert_eq!(read(PluginError::Cancelled).unwrap_err(), PluginError::Cancelled);
    let changed = read(PluginError::BadInput("changed while it was read".to_owned())).unwrap();
    assert_eq!(outcome(&changed), "failed 0 0: changed while it was read");
}

#[test]
fn an_executable_cut_off_or_damaged_anywhere_has_one_outcome() {
    let build = inline("go1.22.1", MODULES);
    let files = [
        elf(&[(".dep-v0", &packed(CRATES)), (".go.buildinfo", &build)]),
        elf_by_pointers(Made { wide: false, big_endian: true }, "go1.22.1", &framed(MODULES)),
        pe(&[(".data", &build)]),
        macho(&[("__go_buildinfo", &build), (".dep-v0", &packed(CRATES))]),
    ];
    for whole in files {
        for at in 0..whole.len() {
            for byte in [0, 1, 0x7f, 0xff] {
                let mut damaged = whole.clone();
                damaged[at] = byte;
                let _ = outcome(&inventory(damaged));
            }
            let _ = outcome(&inventory(whole[..at].to_vec()));
        }
    }
}
