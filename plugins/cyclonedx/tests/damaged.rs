//! Files of every kind that is text, cut off and damaged at every byte.

#![allow(
    clippy::unwrap_used,
    clippy::panic,
    reason = "helpers of tests fail as tests do, but clippy knows only functions marked as tests"
)]

use chiron_plugin_cyclonedx::CycloneDx;
use chiron_sdk::fake::{self, FakeBlob};
use chiron_sdk::sbom::{Coverage, Inventory, SbomGenerator, Source};

/// A small whole file of each kind.
const WHOLE: [(&str, &str); 26] = [
    (
        "requirements.txt",
        "-r x.txt\na[b]==1.0 \\\n  --hash=sha256:aa ; os_name=='nt'\ngit+https://u@h/x#egg=c\nd @ ./d-1-py3-none-any.whl # é\n",
    ),
    (
        "poetry.lock",
        "[[package]]\nname = \"a\"\nversion = \"1\"\nfiles = [{file = \"f\", hash = \"sha256:aa\"}]\n[package.dependencies]\nb = \"*\"\n[package.source]\ntype = \"git\"\nurl = \"https://u@h/x\"\n[metadata]\nlock-version = \"2.1\"\n",
    ),
    (
        "uv.lock",
        "version = 1\n[[package]]\nname = \"a\"\nsource = { virtual = \".\" }\ndependencies = [{ name = \"b\" }]\n[package.dev-dependencies]\ndev = [{ name = \"b\" }]\n[[package]]\nname = \"b\"\nversion = \"1\"\nsource = { registry = \"x\" }\n",
    ),
    (
        "pdm.lock",
        "[metadata]\nlock_version = \"4.5\"\n[[package]]\nname = \"a\"\nversion = \"1\"\ngroups = [\"dev\"]\ndependencies = [\"b>=1; x\"]\n",
    ),
    (
        "pylock.toml",
        "lock-version = \"1.0\"\n[[packages]]\nname = \"a\"\nvcs = { type = \"git\", url = \"u\" }\nmarker = \"m\"\n[[packages]]\nname = \"b\"\nsdist = { hashes = { sha256 = \"aa\" } }\n",
    ),
    (
        "Pipfile.lock",
        "{\"_meta\": {}, \"default\": {\"a\": {\"version\": \"==1\", \"hashes\": [\"sha256:aa\"]},\n\"b\": {\"git\": \"https://u@h/x\", \"ref\": \"r\"}}}",
    ),
    (
        "Cargo.lock",
        "version = 4\n[[package]]\nname = \"a\"\nversion = \"1.0.0\"\ndependencies = [\"b 1.0.0 (git+https://h/b)\"]\n[[package]]\nname = \"b\"\nversion = \"1.0.0\"\nsource = \"git+https://h/b#c\"\nchecksum = \"aa\"\n",
    ),
    (
        "a-1.dist-info/METADATA",
        "Name: a\nVersion: 1\nLicense: x\n y\nClassifier: License :: z\nRequires-Dist: b\n\nbody\n",
    ),
    (
        "bom.json",
        "{\"bomFormat\": \"CycloneDX\", \"specVersion\": \"1.6\", \"components\": [{\"type\": \"library\", \"name\": \"a\"}]}",
    ),
    (
        "pom.xml",
        "<project><parent><groupId>p</groupId><version>1</version></parent><artifactId>a</artifactId><properties><v>2</v></properties><dependencies><dependency><groupId>g</groupId><artifactId>b</artifactId><version>${v}</version></dependency></dependencies></project>",
    ),
    ("gradle.lockfile", "# Gradle\na:b:1=compileClasspath,testX\nempty=\n"),
    ("packages.config", "<packages><package id=\"a\" version=\"1&amp;2\" targetFramework=\"x\"/></packages>"),
    (
        "a.deps.json",
        "{\"targets\": {\"x\": {\"A/1\": {\"dependencies\": {\"B\": \"2\"}}}}, \"libraries\": {\"A/1\": {\"type\": \"project\"}, \"B/2\": {\"type\": \"package\"}}}",
    ),
    (
        "packages.lock.json",
        "{\"version\": 1, \"dependencies\": {\"net6.0\": {\"A\": {\"resolved\": \"1\", \"dependencies\": {\"A\": \"1\"}}}}}",
    ),
    (
        "node_modules/a/package.json",
        "{\"name\": \"@o/a\", \"version\": \"1.0.0\", \"license\": \"MIT\", \"_resolved\": \"o/r#1\"}",
    ),
    ("specifications/a-1.gemspec", "# stub: a 1.0 x86-linux lib\ns.name = \"a\"\n"),
    (
        "Gemfile.lock",
        "GIT\n  remote: https://h/g\n  revision: 0\n  specs:\n    g (1.0)\n      n\nGEM\n  specs:\n    n (1-x)\n\nCHECKSUMS\n  n (1-x) sha256=a\n",
    ),
    (
        "composer.lock",
        "{\"packages\": [{\"name\": \"a/b\", \"version\": \"1\", \"source\": {\"type\": \"git\", \"url\": \"u\"}, \"require\": {\"a/b\": \"1\"}}], \"packages-dev\": []}",
    ),
    (
        "vendor/composer/installed.json",
        "{\"packages\": [{\"name\": \"a/b\", \"version\": \"1\"}], \"dev-package-names\": [\"a/b\"]}",
    ),
    (
        "conda-meta/a.json",
        "{\"name\": \"a\", \"version\": \"1\", \"channel\": \"https://c/x/noarch\", \"subdir\": \"noarch\"}",
    ),
    (
        "a-1.dist-info/direct_url.json",
        "{\"url\": \"https://u@h/a\", \"vcs_info\": {\"vcs\": \"git\", \"commit_id\": \"c\"}}",
    ),
    ("go.mod", "module a.org/a\nrequire (\n\tb.org/b v1.0.0 // indirect\n)\nreplace b.org/b => ./b\n"),
    ("go.sum", "b.org/b v1.0.0 h1:aa=\nb.org/b v1.0.0/go.mod h1:bb=\n"),
    (
        "bom.xml",
        "<?xml version=\"1.0\"?><bom xmlns=\"http://cyclonedx.org/schema/bom/1.6\"><components><component type=\"library\" bom-ref=\"r\"><name>a&amp;</name><hashes><hash alg=\"MD5\">3942447fac867ae5cdb3229b658f4d48</hash></hashes></component></components><dependencies><dependency ref=\"r\"/></dependencies></bom>",
    ),
    (
        "a.spdx.json",
        "{\"spdxVersion\": \"SPDX-2.3\", \"packages\": [{\"SPDXID\": \"SPDXRef-a\", \"name\": \"a\", \"externalRefs\": [{\"referenceType\": \"purl\", \"referenceLocator\": \"pkg:npm/a@1\"}]}], \"files\": [{}], \"relationships\": [{\"spdxElementId\": \"SPDXRef-a\", \"relationshipType\": \"DEPENDS_ON\", \"relatedSpdxElement\": \"SPDXRef-a\"}]}",
    ),
    (
        "a.spdx",
        "SPDXVersion: SPDX-2.3\n# c\nPackageName: a\nSPDXID: SPDXRef-a\nPackageComment: <text>x\ny</text>\nExternalRef: PACKAGE-MANAGER purl pkg:npm/a@1\nFileName: f\nLicenseID: LicenseRef-1\nRelationship: SPDXRef-a DEPENDS_ON SPDXRef-a\n",
    ),
];

/// Bytes that mean something to one of the formats, or to none.
const DAMAGE: &[u8] = b"\"'[]{}=,:;#@\\/-.\n\0\xff\xc3 9a";

fn inventory(name: &str, bytes: Vec<u8>) -> Inventory {
    CycloneDx.generate(&fake::subject(name), Source::File(&FakeBlob::new(bytes).media_type("text/plain"))).unwrap()
}

/// One outcome for one file; what failed has a reason and no components; ids are unique, and relations lead to them.
fn check(name: &str, bytes: &[u8]) {
    let inventory = inventory(name, bytes.to_vec());
    let shown = String::from_utf8_lossy(bytes);
    let [outcome] = inventory.files.as_slice() else { panic!("{name}: {shown}") };
    let explained = outcome.coverage == Coverage::Read || outcome.reason.is_some();
    assert!(explained && (outcome.coverage != Coverage::Failed || inventory.components.is_empty()), "{name}: {shown}");
    assert_eq!(outcome.coverage == Coverage::Partly, outcome.entries_dropped > 0, "{name}: {shown}");
    let mut ids: Vec<_> = inventory.components.iter().map(|component| component.id.as_str()).collect();
    ids.sort_unstable();
    let known = |id: &str| ids.binary_search(&id).is_ok();
    let mut relations = inventory.relations.iter().filter(|relation| relation.kind != "includes");
    assert!(relations.all(|relation| known(&relation.source) && known(&relation.target)), "{shown}");
    let count = ids.len();
    ids.dedup();
    assert_eq!(ids.len(), count, "{name}: {shown}");
}

#[test]
fn whole_files_are_read() {
    for (name, text) in WHOLE {
        let inventory = inventory(name, text.into());
        assert!(!inventory.components.is_empty(), "{name}: {:?}", inventory.files);
    }
}

#[test]
fn a_file_cut_off_anywhere_has_one_outcome() {
    for (name, text) in WHOLE {
        for end in 0..text.len() {
            check(name, &text.as_bytes()[..end]);
        }
    }
}

#[test]
fn a_file_damaged_anywhere_has_one_outcome() {
    for (name, text) in WHOLE {
        for at in 0..text.len() {
            for byte in DAMAGE {
                let mut bytes = text.as_bytes().to_vec();
                bytes[at] = *byte;
                check(name, &bytes);
            }
        }
    }
}
