use std::io::Write as _;
use std::path::{Path, PathBuf};

use chiron_archive::{Limits, Packing};
use chiron_model::digest::Digest;
use chiron_trust::bundle::bundle_blob;
use chiron_trust::judge::Signer;
use chiron_trust::key::{Algorithm, generate};
use chiron_trust::{Message, PrivateKey};

use super::*;
use crate::check::Check;
use crate::request::{Expectations, Missing, Request};

struct Release {
    folder: tempfile::TempDir,
    key: PrivateKey,
}

impl Release {
    /// Two signed wheels, one of them with an SBOM, in `dist`.
    fn new() -> Self {
        let made = generate(Algorithm::P256, None).unwrap();
        let key = PrivateKey::from_pem(&made.private_pem).unwrap();
        let release = Self { folder: tempfile::tempdir().unwrap(), key };
        let release =
            release.write("dist/a.whl", "a").sign("dist/a.whl").write("dist/sub/b.whl", "b").sign("dist/sub/b.whl");
        let a = Digest::sha256_of(b"a").hex().to_owned();
        release.write("app.cdx.json", sbom(&a)).sign("app.cdx.json")
    }

    fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    fn write(self, name: &str, bytes: impl AsRef<[u8]>) -> Self {
        std::fs::create_dir_all(self.path(name).parent().unwrap()).unwrap();
        std::fs::write(self.path(name), bytes).unwrap();
        self
    }

    fn sign(self, name: &str) -> Self {
        let bytes = std::fs::read(self.path(name)).unwrap();
        let bundle = bundle_blob(&self.key, Message::of(&bytes)).unwrap();
        self.write(&format!("{name}.sigstore.json"), bundle)
    }

    fn contents(&self) -> Contents {
        Contents {
            subjects: vec![self.path("dist")],
            sboms: vec![self.path("app.cdx.json")],
            output: self.path("x.tar.gz"),
            ..Contents::default()
        }
    }

    fn packed(&self) -> PathBuf {
        Draft::of(&self.contents()).unwrap().write(Packing::TarGz, 0).unwrap();
        self.path("x.tar.gz")
    }

    fn refused(&self, change: impl FnOnce(&mut Contents)) -> String {
        let mut contents = self.contents();
        change(&mut contents);
        let before = std::fs::read_dir(self.folder.path()).unwrap().count();
        let error = Draft::of(&contents).unwrap_err().to_string();
        assert_eq!(std::fs::read_dir(self.folder.path()).unwrap().count(), before);
        error
    }

    fn request(&self, required: &[Check]) -> Request {
        Request {
            paths: Vec::new(),
            required: required.to_vec(),
            others: false,
            missing: Missing::Fails,
            signer: Some(Signer::Key(self.key.public().clone())),
            root: None,
            bundles: Vec::new(),
            predicate_type: None,
            expectations: Expectations::default(),
        }
    }
}

fn sbom(sha256: &str) -> String {
    format!(
        r#"{{"bomFormat":"CycloneDX","metadata":{{"component":{{"hashes":[{{"alg":"SHA-256","content":"{sha256}"}}]}}}}}}"#
    )
}

/// Names and bytes, in the order of an archive.
type Members = Vec<(String, Vec<u8>)>;

/// The members of a pack, to be changed and put together again by hand.
fn members(pack: &Path) -> Vec<(String, Vec<u8>)> {
    let tree = chiron_archive::Blob::open(pack, &Limits::default()).unwrap().open_tree().unwrap();
    let (entries, _) = tree.entries("**", None, 1000).unwrap();
    let read = |path: String| (path.clone(), tree.open(&path).unwrap().read_all(1 << 20).unwrap());
    entries.into_iter().map(|entry| read(entry.path)).collect()
}

/// A ustar of anything, with correct sums. `kind` is the type flag, `target` a link's.
fn member(name: &str, kind: u8, target: &str, bytes: &[u8]) -> Vec<u8> {
    let mut block = vec![0; 512];
    block[..name.len()].copy_from_slice(name.as_bytes());
    block[100..108].copy_from_slice(b"0000644\0");
    block[124..136].copy_from_slice(format!("{:011o}\0", bytes.len()).as_bytes());
    block[136..148].copy_from_slice(b"00000000000\0");
    block[148..156].copy_from_slice(b"        ");
    block[156] = kind;
    block[157..157 + target.len()].copy_from_slice(target.as_bytes());
    block[257..265].copy_from_slice(b"ustar\x0000");
    let sum: u32 = block.iter().map(|byte| u32::from(*byte)).sum();
    block[148..156].copy_from_slice(format!("{sum:06o}\0 ").as_bytes());
    block.extend_from_slice(bytes);
    block.resize(block.len().next_multiple_of(512), 0);
    block
}

fn archive(release: &Release, members: &[Vec<u8>]) -> PathBuf {
    let path = release.path("forged.tar.gz");
    let mut gzip = flate2::write::GzEncoder::new(std::fs::File::create(&path).unwrap(), flate2::Compression::fast());
    members.iter().for_each(|member| gzip.write_all(member).unwrap());
    gzip.write_all(&[0; 1024]).unwrap();
    gzip.finish().unwrap();
    path
}

fn files(members: &[(String, Vec<u8>)]) -> Vec<Vec<u8>> {
    members.iter().map(|(name, bytes)| member(name, b'0', "", bytes)).collect()
}

#[track_caller]
fn faulty(release: &Release, pack: &Path, says: &str) {
    let account = verify(pack, &release.request(&[Check::Signatures])).unwrap();
    assert!(!account.passed && account.subjects.is_empty(), "{account:?}");
    assert!(account.faults.iter().any(|fault| fault.contains(says)), "{says}: {:?}", account.faults);
    assert!(!inspect(pack).unwrap().faults.is_empty());
}

#[test]
fn what_was_packed_is_verified_by_the_evidence_in_it() {
    let release = Release::new();
    for packing in Packing::ALL {
        let output = release.path(&format!("y.{packing}"));
        Draft::of(&Contents { output: output.clone(), ..release.contents() }).unwrap().write(packing, 0).unwrap();
        let account = verify(&output, &release.request(&[Check::Signatures])).unwrap();
        assert!(account.passed, "{account:?}");
        let names: Vec<_> = account.subjects.iter().map(|subject| subject.name.as_str()).collect();
        assert_eq!(names, ["subjects/a.whl", "subjects/sub/b.whl"]);
        let evidence = account.subjects[0].checks[0].evidence.as_deref();
        assert_eq!(evidence, Some("subjects/a.whl.sigstore.json"));
    }
    let pack = release.packed();
    // The SBOM in a folder of its own is about one of the two; nobody else has one.
    let account = verify(&pack, &release.request(&[Check::Sbom])).unwrap();
    assert!(account.subjects[0].passed() && !account.subjects[1].passed(), "{account:?}");
    let mut request = release.request(&[Check::Signatures]);
    request.others = true;
    assert!(verify(&pack, &request).unwrap().passed);
    // The pack's own list proves nothing about who made it.
    assert!(!verify(&pack, &release.request(&[Check::Checksums])).unwrap().passed);
    assert!(verify(&pack, &Request { signer: None, ..release.request(&[Check::Checksums]) }).unwrap().passed);
    let other = Release::new();
    assert!(!verify(&pack, &other.request(&[Check::Signatures])).unwrap().passed);
}

#[test]
fn a_pack_without_evidence_fails() {
    let release = Release::new();
    for name in ["dist/a.whl", "dist/sub/b.whl"] {
        std::fs::remove_file(release.path(&format!("{name}.sigstore.json"))).unwrap();
    }
    let account = verify(&release.packed(), &release.request(&[Check::Signatures])).unwrap();
    assert!(!account.passed && account.faults.is_empty(), "{account:?}");
    let reasons: Vec<_> = account.subjects.iter().map(|subject| subject.checks[0].reason.as_str()).collect();
    assert_eq!(reasons, ["no signature of this file was found"; 2]);
    let lenient = Request { missing: Missing::IsSkipped, ..release.request(&[Check::Signatures]) };
    assert!(!verify(&release.packed(), &lenient).unwrap().passed, "skipped is not passed");
}

#[test]
fn evidence_for_one_subject_serves_no_other() {
    let release = Release::new();
    let bundle = std::fs::read(release.path("dist/a.whl.sigstore.json")).unwrap();
    let release = release.write("dist/sub/b.whl.sigstore.json", bundle);
    let account = verify(&release.packed(), &release.request(&[Check::Signatures])).unwrap();
    assert!(account.subjects[0].passed() && !account.subjects[1].passed(), "{account:?}");
}

#[test]
fn attestations_in_a_folder_of_their_own_are_found() {
    let release = Release::new();
    std::fs::create_dir(release.path("signed")).unwrap();
    for (from, to) in [("dist/a.whl", "signed/one"), ("dist/sub/b.whl", "signed/two")] {
        std::fs::rename(release.path(&format!("{from}.sigstore.json")), release.path(&format!("{to}.sigstore.json")))
            .unwrap();
    }
    let contents = Contents { attestations: vec![release.path("signed")], ..release.contents() };
    Draft::of(&contents).unwrap().write(Packing::TarGz, 0).unwrap();
    let account = verify(&release.path("x.tar.gz"), &release.request(&[Check::Signatures])).unwrap();
    assert!(account.passed, "{account:?}");
    assert_eq!(account.subjects[1].checks[0].evidence.as_deref(), Some("attestations/two.sigstore.json"));
}

#[test]
fn what_is_not_what_it_is_given_as_is_refused() {
    let release =
        Release::new().write("text.json", "{}").write("empty.json", "").write("other/app.cdx.json", sbom("x"));
    assert!(release.refused(|contents| contents.sboms = vec![release.path("text.json")]).contains("is no SBOM"));
    assert!(release.refused(|contents| contents.reports = vec![release.path("empty.json")]).contains("is no report"));
    let attested = |path: &str| {
        let path = release.path(path);
        release.refused(|contents| contents.attestations = vec![path])
    };
    assert!(attested("text.json").contains("is no attestation"));
    assert!(attested("other").contains("holds no bundle"));
    let both = release.refused(|contents| contents.sboms.push(release.path("other/app.cdx.json")));
    assert!(both.contains("would both be `sboms/app.cdx.json`"), "{both}");
    let twice = release.refused(|contents| contents.subjects.push(release.path("dist/a.whl")));
    assert!(twice.contains("would both be `subjects/a.whl`"), "{twice}");
    assert!(release.refused(|contents| contents.subjects = vec![release.path("gone")]).contains("failed to read"));
    let itself = release.refused(|contents| contents.output = release.path("dist/sub/x.tar.gz"));
    assert!(itself.contains("goes into it"), "{itself}");
    std::os::unix::fs::symlink("a.whl", release.path("dist/link.whl")).unwrap();
    assert!(release.refused(|_| ()).contains("symbolic link"));
    std::fs::remove_file(release.path("dist/link.whl")).unwrap();
    let release = release.write("dist/a.whl.cdx.json", "no json");
    assert!(release.refused(|_| ()).contains("is no SBOM"));
    assert!(matches!(Draft::of(&Contents::default()), Err(PackError::Empty)));
}

#[test]
fn members_that_are_wrong_missing_or_too_many_are_named() {
    let release = Release::new();
    let good = members(&release.packed());
    let account = verify(&archive(&release, &files(&good)), &release.request(&[Check::Signatures])).unwrap();
    assert!(account.passed, "put together by others: {account:?}");
    let place = |name: &str| good.iter().position(|(member, _)| member == name).unwrap();
    let forged = |change: &dyn Fn(&mut Members), says: &str| {
        let mut members = good.clone();
        change(&mut members);
        faulty(&release, &archive(&release, &files(&members)), says);
    };
    forged(&|all| all[place("subjects/a.whl")].1 = b"x".to_vec(), "`subjects/a.whl` has the SHA-256");
    forged(&|all| all[place("subjects/a.whl")].1 = b"long".to_vec(), "`subjects/a.whl` has 4 bytes");
    forged(
        &|all| drop(all.remove(place("subjects/a.whl"))),
        "`subjects/a.whl` is in the manifest, and not in the pack",
    );
    forged(&|all| drop(all.remove(place("subjects/a.whl.sigstore.json"))), "and not in the pack");
    forged(&|all| all.push(("subjects/evil.whl".into(), b"e".to_vec())), "`subjects/evil.whl` is in the pack, and not");
    forged(&|all| all.push(("evil".into(), b"e".to_vec())), "`evil` is in the pack, and not in its manifest");
    forged(&|all| drop(all.remove(place("manifest.json"))), "manifest.json: it is not in the pack");
    forged(&|all| drop(all.remove(place("SHA256SUMS"))), "SHA256SUMS: it is not in the pack");
    forged(&|all| all[place("SHA256SUMS")].1.clear(), "SHA256SUMS: it does not say what the manifest says");
    forged(&|all| all[place("SHA256SUMS")].1 = b"hello".to_vec(), "SHA256SUMS: line 1");
    let manifest = |from: &str, to: &str, says: &str| {
        let change = |all: &mut Vec<(String, Vec<u8>)>| {
            let bytes = &mut all[place("manifest.json")].1;
            let text = String::from_utf8(bytes.clone()).unwrap();
            assert!(text.contains(from), "{from}");
            *bytes = text.replacen(from, to, 1).into_bytes();
        };
        forged(&change, says);
    };
    manifest("chiron-pack/0.1", "chiron-pack/9", "`chiron-pack/0.1` is read here");
    manifest("\"schema\"", "\"more\": 1, \"schema\"", "unknown field `more`");
    manifest("\"role\": \"subject\"", "\"role\": \"report\"", "cannot be in a pack as `report`");
    manifest("\"role\": \"sbom\"", "\"role\": \"subject\"", "cannot be in a pack as `subject`");
    manifest("subjects/a.whl\"", "subjects/sub/b.whl\"", "stands twice, or out of order");
    manifest("{", "[", "manifest.json: ");
}

#[test]
fn hostile_archives_are_refused_before_anything_is_judged() {
    let release = Release::new();
    let good = files(&members(&release.packed()));
    let with = |extra: Vec<u8>| archive(&release, &[good.clone(), vec![extra]].concat());
    faulty(&release, &with(member("../evil", b'0', "", b"e")), "leads out of the tree");
    faulty(&release, &with(member("/evil", b'0', "", b"e")), "the name is absolute");
    faulty(&release, &with(member("subjects/a.whl", b'0', "", b"a")), "its name stands twice");
    faulty(&release, &with(member("subjects/link", b'2', "/etc/passwd", b"")), "symbolic link");
    faulty(&release, &with(member("subjects/link", b'1', "subjects/a.whl", b"")), "hard link");
    faulty(&release, &with(member("subjects/a.whl/below", b'0', "", b"a")), "has members below it");
    // Zeros by the gigabyte in a few megabytes: refused by the ratio, whatever is inside.
    let path = release.path("forged.tar.gz");
    let mut gzip = flate2::write::GzEncoder::new(std::fs::File::create(&path).unwrap(), flate2::Compression::best());
    let zeros = vec![0; 1 << 20];
    gzip.write_all(&member("subjects/bomb", b'0', "", &[])).unwrap();
    for _ in 0..16 {
        gzip.write_all(&zeros).unwrap();
    }
    gzip.finish().unwrap();
    let refused = verify(&path, &release.request(&[Check::Signatures])).unwrap();
    assert!(refused.faults.iter().any(|fault| fault.contains("ratio_max")), "{:?}", refused.faults);
    let pack = std::fs::read(release.packed()).unwrap();
    for cut in [0, 10, pack.len() / 2, pack.len() - 1] {
        std::fs::write(&path, &pack[..cut]).unwrap();
        let refused = verify(&path, &release.request(&[Check::Signatures])).unwrap();
        assert!(!refused.passed && !refused.faults.is_empty(), "cut at {cut}");
    }
    std::fs::write(&path, "no archive").unwrap();
    faulty(&release, &path, "is not an archive");
    assert!(matches!(verify(&release.path("gone"), &release.request(&[])), Err(PackError::Unreadable { .. })));
}

#[test]
fn what_is_seen_is_what_the_pack_says_of_itself() {
    let report = r#"{"schema":"chiron-report/0.1","pipeline":"p","verdict":{"decision":"deny","judged":true}}"#;
    let release = Release::new().write("r.json", report).write("r.sarif", "{}");
    let reports = vec![release.path("r.json"), release.path("r.sarif")];
    Draft::of(&Contents { reports, ..release.contents() }).unwrap().write(Packing::TarGz, 0).unwrap();
    let seen = inspect(&release.path("x.tar.gz")).unwrap();
    assert!(!seen.verified && seen.faults.is_empty(), "{seen:?}");
    let find = |path: &str| seen.members.iter().find(|member| member.path == path).unwrap();
    assert_eq!(find("subjects/a.whl.sigstore.json").signers[0].key.as_deref(), Some(release.key.public().key_id()));
    let said = ReportSeen { pipeline: "p".into(), decision: "deny".into(), judged: true };
    assert_eq!(find("reports/r.json").report, Some(said));
    assert_eq!((find("reports/r.sarif").role, &find("reports/r.sarif").report), (Some(Role::Report), &None));
    assert_eq!(find("subjects/a.whl").digest, Some(Digest::sha256_of(b"a").to_string()));
}
