//! Every format that is text, in ways in which files go wrong: other encodings, too much, cycles, hostile words. Each has a named
//! outcome. (Cut off and damaged files: `damaged.rs`; archives and executables: beside their catalogers.)

#![allow(clippy::unwrap_used, clippy::panic, reason = "helpers of tests fail as tests do")]

use chiron_plugin_cyclonedx::CycloneDx;
use chiron_sdk::fake::{self, FakeBlob};
use chiron_sdk::sbom::{Coverage, FileOutcome, Inventory, SbomGenerator as _, Source};

/// One entry of a file, by its number.
type Entry = fn(usize) -> String;

/// Formats that list many packages: a file's name, what stands before its entries, between them and after them.
const LISTS: [(&str, &str, &str, &str, Entry); 17] = [
    ("requirements.txt", "", "\n", "\n", |n| format!("a{n}==1")),
    ("poetry.lock", "", "", "[metadata]\nlock-version = \"2.0\"\n", |n| {
        format!("[[package]]\nname = \"a{n}\"\nversion = \"1\"\n")
    }),
    ("uv.lock", "version = 1\n", "", "", |n| {
        format!("[[package]]\nname = \"a{n}\"\nversion = \"1\"\nsource = {{ registry = \"x\" }}\n")
    }),
    ("Pipfile.lock", "{\"_meta\": {}, \"default\": {", ",", "}}", |n| format!("\"a{n}\": {{\"version\": \"==1\"}}")),
    ("Cargo.lock", "version = 4\n", "", "", |n| {
        let source = "registry+https://github.com/rust-lang/crates.io-index";
        format!("[[package]]\nname = \"a{n}\"\nversion = \"1.0.0\"\nsource = \"{source}\"\n")
    }),
    ("package-lock.json", "{\"lockfileVersion\": 3, \"packages\": {", ",", "}}", |n| {
        format!("\"node_modules/a{n}\": {{\"version\": \"1.0.0\"}}")
    }),
    ("yarn.lock", "# yarn lockfile v1\n", "", "", |n| format!("a{n}@1:\n  version \"1.0.0\"\n\n")),
    ("go.mod", "module x.org/x\n", "", "", |n| format!("require a.org/a{n} v1.0.0\n")),
    ("go.sum", "", "", "", |n| format!("a.org/a{n} v1.0.0 h1:aa=\n")),
    ("gradle.lockfile", "# Gradle\n", "", "", |n| format!("g:a{n}:1=compileClasspath\n")),
    ("pom.xml", "<project><artifactId>x</artifactId><dependencies>", "", "</dependencies></project>", |n| {
        format!("<dependency><groupId>g</groupId><artifactId>a{n}</artifactId><version>1</version></dependency>")
    }),
    ("Gemfile.lock", "GEM\n  specs:\n", "", "", |n| format!("    a{n} (1)\n")),
    ("composer.lock", "{\"packages\": [", ",", "]}", |n| {
        format!("{{\"name\": \"v/a{n}\", \"version\": \"1\", \"notification-url\": \"x\"}}")
    }),
    ("vendor/composer/installed.json", "[", ",", "]", |n| {
        format!("{{\"name\": \"v/a{n}\", \"version\": \"1\", \"notification-url\": \"x\"}}")
    }),
    ("packages.lock.json", "{\"version\": 1, \"dependencies\": {\"net8.0\": {", ",", "}}}", |n| {
        format!("\"a{n}\": {{\"resolved\": \"1\"}}")
    }),
    ("packages.config", "<packages>", "", "</packages>", |n| format!("<package id=\"a{n}\" version=\"1\"/>")),
    ("a.deps.json", "{\"libraries\": {", ",", "}}", |n| format!("\"a{n}/1\": {{\"type\": \"package\"}}")),
];

/// Formats that are about one package: a file's name and a whole file.
const SINGLES: [(&str, &str); 5] = [
    ("a-1.dist-info/METADATA", "Name: a\nVersion: 1\n"),
    ("a-1.dist-info/direct_url.json", "{\"url\": \"https://h.example/a\"}"),
    ("conda-meta/a.json", "{\"name\": \"a\", \"version\": \"1\"}"),
    ("node_modules/a/package.json", "{\"name\": \"a\", \"version\": \"1.0.0\"}"),
    ("specifications/a-1.gemspec", "# stub: a 1 ruby lib\n"),
];

fn file(list: usize, count: usize) -> String {
    let (_, start, between, end, entry) = LISTS[list];
    format!("{start}{}{end}", (0..count).map(entry).collect::<Vec<_>>().join(between))
}

fn inventory(name: &str, bytes: impl Into<Vec<u8>>) -> Inventory {
    let blob = FakeBlob::new(bytes).media_type("text/plain");
    CycloneDx.generate(&fake::subject(name), Source::File(&blob)).unwrap()
}

fn outcome(name: &str, bytes: impl Into<Vec<u8>>) -> FileOutcome {
    inventory(name, bytes).files.remove(0)
}

/// Name and a small whole file of each format.
fn files() -> Vec<(&'static str, String)> {
    let lists = (0..LISTS.len()).map(|at| (LISTS[at].0, file(at, 3)));
    lists.chain(SINGLES.map(|(name, text)| (name, text.to_owned()))).collect()
}

#[test]
fn whole_files_are_read() {
    for (name, text) in files() {
        let outcome = outcome(name, text);
        // A pom.xml is never the whole truth: what its dependencies need stands elsewhere.
        let is_read = outcome.coverage == Coverage::Read || name == "pom.xml";
        assert!(is_read && outcome.entries_read > 0, "{name}: {outcome:?}");
    }
}

#[test]
fn other_encodings_are_refused_by_name() {
    for (name, text) in files() {
        let wide: Vec<u8> = text.encode_utf16().flat_map(u16::to_le_bytes).collect();
        for bytes in [[b"\xff\xfe".to_vec(), wide.clone()].concat(), wide] {
            let outcome = outcome(name, bytes);
            assert_eq!(outcome.coverage, Coverage::Failed, "{name}: {outcome:?}");
            assert!(outcome.reason.is_some_and(|reason| !reason.is_empty()), "{name}");
        }
        // Metadata of old packages is in Latin-1 at times, and what is read of it is ASCII.
        if !name.ends_with("METADATA") {
            let latin = [text.into_bytes(), b"\xe9".to_vec()].concat();
            let reason = outcome(name, latin).reason.unwrap();
            assert!(reason.contains("not UTF-8"), "{name}: {reason}");
        }
    }
}

#[test]
fn a_hundred_thousand_entries_are_read() {
    for (at, (name, ..)) in LISTS.iter().enumerate() {
        let inventory = inventory(name, file(at, 100_000));
        let outcome = &inventory.files[0];
        assert!(outcome.entries_read >= 100_000, "{name}: {outcome:?}");
        assert_eq!(outcome.entries_read, inventory.components.len() as u64, "{name}");
    }
}

#[test]
fn a_line_of_a_hundred_megabytes_is_refused_by_its_size() {
    let line = vec![b'a'; 100 << 20];
    for (name, _) in files() {
        let outcome = outcome(name, line.clone());
        assert_eq!(outcome.coverage, Coverage::Failed, "{name}: {outcome:?}");
        assert!(
            outcome.reason.as_deref().unwrap().starts_with("104857600 bytes, more than the"),
            "{name}: {outcome:?}"
        );
    }
}

#[test]
fn a_line_within_the_limit_that_never_ends_has_an_outcome_too() {
    for (name, _) in files() {
        let outcome = outcome(name, vec![b'a'; 20 << 20]);
        let is_explained = outcome.coverage != Coverage::Read && outcome.reason.is_some();
        assert!(is_explained, "{name}: {outcome:?}");
    }
}

#[test]
fn packages_that_need_each_other_or_themselves_end() {
    let cycles = [
        ("Gemfile.lock", "GEM\n  specs:\n    a (1)\n      b\n    b (1)\n      a\n      b\n", 3),
        (
            "packages.lock.json",
            "{\"version\": 1, \"dependencies\": {\"x\": {\"a\": {\"resolved\": \"1\", \"dependencies\": {\"b\": \"1\"}}, \"b\": {\"resolved\": \"1\", \"dependencies\": {\"a\": \"1\", \"b\": \"1\"}}}}}",
            3,
        ),
        (
            "a.deps.json",
            "{\"targets\": {\"x\": {\"a/1\": {\"dependencies\": {\"a\": \"1\"}}}}, \"libraries\": {\"a/1\": {\"type\": \"package\"}}}",
            1,
        ),
        (
            "vendor/composer/installed.json",
            "[{\"name\": \"v/a\", \"version\": \"1\", \"notification-url\": \"x\", \"require\": {\"v/a\": \"1\"}}]",
            1,
        ),
    ];
    for (name, text, relations) in cycles {
        let inventory = inventory(name, text);
        assert_eq!((inventory.files[0].coverage, inventory.relations.len()), (Coverage::Read, relations), "{name}");
    }
}

/// Names that act somewhere: on a terminal, in a page, in a path, in a spreadsheet, in a template.
const HOSTILE: [&str; 9] = [
    "\u{1b}[2J",
    "a\u{202e}b",
    "<script>alert(1)</script>",
    "../../etc/passwd",
    "=cmd|'/c calc'!A1",
    "${jndi:ldap://h.example/a}",
    "{{7*7}}",
    "pkg:npm/other@1?x=y#z",
    "a\0b",
];

#[test]
fn hostile_words_never_break_a_purl() {
    for (at, (name, ..)) in LISTS.iter().enumerate() {
        for hostile in HOSTILE {
            let text = file(at, 3).replacen("a1", hostile, 1);
            let inventory = inventory(name, text);
            let outcome = &inventory.files[0];
            assert!(outcome.coverage == Coverage::Read || outcome.reason.is_some(), "{name} {hostile:?}");
            for purl in inventory.components.iter().filter_map(|component| component.purl.as_deref()) {
                let is_plain = purl.bytes().all(|byte| byte.is_ascii_graphic() && !b"<>\"'{}$|`\\".contains(&byte));
                // What it says of itself in the middle of a name is encoded there, and no second version.
                assert!(
                    is_plain && purl.starts_with("pkg:") && purl.matches('@').count() <= 1,
                    "{name} {hostile:?}: {purl}"
                );
            }
        }
    }
}
