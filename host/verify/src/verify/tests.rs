use std::collections::BTreeMap;
use std::path::PathBuf;

use chiron_model::digest::Digest;
use chiron_model::statement::{SCAN_PREDICATE, Statement};
use chiron_model::subject::Subject as ModelSubject;
use chiron_trust::bundle::{bundle_blob, bundle_statement};
use chiron_trust::judge::Signer;
use chiron_trust::key::{Algorithm, generate};
use chiron_trust::{Message, PrivateKey};

use super::*;
use crate::request::Expectations;

const SLSA: &str = "https://slsa.dev/provenance/v1";
const BUILDER: &str = "https://ci.example.com/builder";
const SOURCE: &str = "https://github.com/acme/app";

struct Release {
    folder: tempfile::TempDir,
    key: PrivateKey,
}

impl Release {
    fn new() -> Self {
        let made = generate(Algorithm::P256, None).unwrap();
        Self { folder: tempfile::tempdir().unwrap(), key: PrivateKey::from_pem(&made.private_pem).unwrap() }
    }

    fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    fn write(&self, name: &str, bytes: impl AsRef<[u8]>) -> &Self {
        std::fs::create_dir_all(self.path(name).parent().unwrap()).unwrap();
        std::fs::write(self.path(name), bytes).unwrap();
        self
    }

    fn sign(&self, name: &str) -> &Self {
        let bytes = std::fs::read(self.path(name)).unwrap();
        let bundle = bundle_blob(&self.key, Message::of(&bytes)).unwrap();
        self.write(&format!("{name}.sigstore.json"), bundle)
    }

    fn attest(&self, place: &str, about: &str, predicate_type: &str, predicate: &str) -> &Self {
        let bytes = std::fs::read(self.path(about)).unwrap();
        let statement = Statement {
            subjects: vec![ModelSubject {
                name: about.to_owned(),
                media_type: String::new(),
                digests: vec![Digest::sha256_of(&bytes)],
                size: None,
                properties: Vec::new(),
            }],
            predicate_type: predicate_type.to_owned(),
            predicate: predicate.as_bytes().to_vec(),
        };
        let bundle = bundle_statement(&self.key, &statement).unwrap();
        self.write(place, bundle)
    }

    fn request(&self, paths: &[&str], required: &[Check]) -> Request {
        Request {
            paths: paths.iter().map(|path| self.path(path)).collect(),
            required: required.to_vec(),
            others: false,
            missing: Missing::Fails,
            signer: Some(Signer::Key(self.key.public().clone())),
            root: None,
            bundles: Vec::new(),
            predicate_type: None,
            expectations: Expectations {
                builder: Some(BUILDER.to_owned()),
                source: Some(SOURCE.to_owned()),
                parameters: Vec::new(),
            },
        }
    }
}

fn provenance(builder: &str, source: &str) -> String {
    format!(
        r#"{{"buildDefinition":{{"buildType":"b","externalParameters":{{"source":"{source}","workflow":{{"path":"r.yml"}}}}}},
            "runDetails":{{"builder":{{"id":"{builder}"}}}}}}"#
    )
}

/// Outcomes by subject and check, and all reasons as one text.
fn told(account: &Account) -> (BTreeMap<String, Outcome>, String) {
    let mut outcomes = BTreeMap::new();
    let mut reasons = String::new();
    for subject in &account.subjects {
        let name = subject.name.rsplit('/').next().unwrap_or_default();
        for check in &subject.checks {
            outcomes.insert(format!("{name} {}", check.check), check.outcome);
            reasons.push_str(&check.reason);
            reasons.push('\n');
            check.tried.iter().for_each(|tried| reasons.push_str(&tried.reason));
        }
    }
    (outcomes, reasons)
}

#[track_caller]
fn passes(request: &Request) {
    let account = verify(request).unwrap();
    assert!(account.passed, "{account:#?}");
}

#[track_caller]
fn fails(request: &Request, reason: &str) {
    let account = verify(request).unwrap();
    let (outcomes, reasons) = told(&account);
    assert!(!account.passed, "ACCEPTED: {account:#?}");
    assert!(reasons.contains(reason), "expected {reason:?} in {outcomes:?}\n{reasons}");
}

#[test]
fn a_folder_is_verified_file_by_file() {
    let release = Release::new();
    release.write("dist/a.whl", "a").sign("dist/a.whl").write("dist/b/c.whl", "c").sign("dist/b/c.whl");
    let request = release.request(&["dist"], &[Check::Signatures]);
    passes(&request);
    assert_eq!(verify(&request).unwrap().subjects.len(), 2);
    release.write("dist/unsigned.whl", "u");
    fails(&request, "no signature of this file was found");
    std::fs::remove_file(release.path("dist/unsigned.whl")).unwrap();
    release.write("dist/a.whl", "changed");
    fails(&request, "is about a file with the digest");
}

#[test]
fn nothing_to_verify_is_a_failure_and_skipped_is_no_pass() {
    let release = Release::new();
    std::fs::create_dir(release.path("empty")).unwrap();
    for check in Check::ALL {
        assert!(!verify(&release.request(&["empty"], &[check])).unwrap().passed);
        release.write("a.whl", "a");
        fails(&release.request(&["a.whl"], &[check]), "was found");
        let mut lenient = release.request(&["a.whl"], &[check]);
        lenient.missing = Missing::IsSkipped;
        let account = verify(&lenient).unwrap();
        assert!(!account.passed, "skipped was passed");
        assert_eq!(told(&account).0.values().next(), Some(&Outcome::Skipped));
    }
    assert!(verify(&release.request(&["absent"], &[Check::Signatures])).is_err());
}

#[test]
fn links_are_not_followed_and_not_passed_over() {
    let release = Release::new();
    release.write("dist/a.whl", "a").sign("dist/a.whl");
    std::os::unix::fs::symlink("/etc/passwd", release.path("dist/link.whl")).unwrap();
    fails(&release.request(&["dist"], &[Check::Signatures]), "symbolic link");
}

#[test]
fn a_statement_against_a_file_endorses_nothing() {
    let release = Release::new();
    release.write("a.whl", "a");
    let named = |place: &str| {
        let mut request = release.request(&["a.whl"], &[Check::Signatures]);
        request.bundles = vec![release.path(place)];
        request
    };
    release.attest("s.json", "a.whl", SCAN_PREDICATE, r#"{"decision":"deny","judged":true}"#);
    fails(&named("s.json"), "`decision`: `deny`");
    release.attest("s.json", "a.whl", SCAN_PREDICATE, r#"{"decision":"allow","judged":false}"#);
    fails(&named("s.json"), "could not judge");
    release.attest("s.json", "a.whl", SCAN_PREDICATE, r#"{"decision":"allow","judged":true}"#);
    passes(&named("s.json"));
    release.attest("s.json", "a.whl", "https://slsa.dev/verification_summary/v1", r#"{"verificationResult":"FAILED"}"#);
    fails(&named("s.json"), "FAILED");
    // Beside the file, a statement of any kind does not count as its signature.
    release.attest("a.whl.x.sigstore.json", "a.whl", "https://example.com/x", "{}");
    fails(&release.request(&["a.whl"], &[Check::Signatures]), "no signature");
}

#[test]
fn the_right_key_over_another_predicate_or_subject_is_refused() {
    let release = Release::new();
    release.write("a.whl", "a").write("b.whl", "b");
    release.attest("s.json", "a.whl", "https://example.com/one", "{}");
    let mut request = release.request(&["a.whl"], &[Check::Signatures]);
    request.bundles = vec![release.path("s.json")];
    request.predicate_type = Some("https://example.com/one".to_owned());
    passes(&request);
    request.predicate_type = Some("https://example.com/two".to_owned());
    fails(&request, "`https://example.com/two` was asked for");
    request.predicate_type = None;
    request.paths = vec![release.path("b.whl")];
    fails(&request, "and not about this file");
    request.bundles = vec![release.path("b.whl")];
    fails(&request, "cannot be read");
}

#[test]
fn what_is_only_called_evidence_is_judged_like_any_file() {
    let release = Release::new();
    release.write("dist/a.whl", "a").sign("dist/a.whl").write("dist/a.whl.cdx.json", "{}").write("dist/SHA256SUMS", "");
    let request = release.request(&["dist"], &[Check::Signatures]);
    passes(&request);
    for name in
        ["evil.cdx.json", "evil.sigstore.json", "evil.bundle", "evil.sha256", ".sigstore.json", "sub/a.whl.sigstore"]
    {
        let path = format!("dist/{name}");
        release.write(&path, "payload");
        fails(&request, "no signature of this file");
        std::fs::remove_file(release.path(&path)).unwrap();
    }
    passes(&request);
}

#[test]
fn a_bundle_that_was_named_has_to_hold_for_some_file() {
    let release = Release::new();
    release.write("a.whl", "a").sign("a.whl").write("b.whl", "b").sign("b.whl");
    let mut request = release.request(&["a.whl"], &[Check::Signatures]);
    request.bundles = vec![release.path("a.whl.sigstore.json")];
    passes(&request);
    request.bundles.push(release.path("b.whl.sigstore.json"));
    fails(&request, "holds for none of the files");
    request.paths.push(release.path("b.whl"));
    passes(&request);
}

#[test]
fn provenance_binds_subject_builder_source_and_parameters() {
    let release = Release::new();
    release.write("a.whl", "a").write("b.whl", "b");
    let place = "a.whl.provenance.sigstore.json";
    let mut request = release.request(&["a.whl"], &[Check::Provenance]);
    let attest = |predicate: &str| {
        release.attest(place, "a.whl", SLSA, predicate);
    };
    attest(&provenance(&format!("{BUILDER}@v1"), &format!("git+{SOURCE}@refs/heads/main")));
    passes(&request);
    request.expectations.parameters = vec![("workflow.path".to_owned(), "r.yml".to_owned())];
    passes(&request);
    request.expectations.parameters = vec![("workflow.path".to_owned(), "evil.yml".to_owned())];
    fails(&request, "the parameter `workflow.path` is `r.yml`");
    request.expectations.parameters.clear();
    for (predicate, reason) in [
        (provenance("https://evil.example/builder", SOURCE), "built by"),
        (provenance(&format!("{BUILDER}-evil"), SOURCE), "built by"),
        (provenance(BUILDER, "https://github.com/evil/app"), "built from"),
        (provenance(BUILDER, SOURCE).replace("\"id\"", "\"name\""), "no `runDetails.builder.id`"),
        (provenance(BUILDER, SOURCE).replace("buildType", "kind"), "no `buildDefinition.buildType`"),
        (provenance(BUILDER, SOURCE).replace("\"source\"", "\"other\""), "does not say from which source"),
        ("{}".to_owned(), "the provenance has no"),
    ] {
        attest(&predicate);
        fails(&request, reason);
    }
    // A dependency is no source.
    let dependencies = |uris: &str| {
        provenance(BUILDER, SOURCE)
            .replace("\"source\"", "\"other\"")
            .replace("\"buildType\":\"b\"", &format!("\"buildType\":\"b\",\"resolvedDependencies\":[{uris}]"))
    };
    attest(&dependencies(&format!(r#"{{"uri":"git+{SOURCE}@refs/heads/main"}}"#)));
    passes(&request);
    attest(&dependencies(&format!(r#"{{"uri":"git+{SOURCE}"}},{{"uri":"git+https://github.com/evil/app"}}"#)));
    fails(&request, "built from");
    release.attest(place, "b.whl", SLSA, &provenance(BUILDER, SOURCE));
    fails(&request, "and not about this file");
    attest(&provenance(BUILDER, SOURCE));
    request.expectations.source = None;
    fails(&request, "no source was given");
}

#[test]
fn older_provenance_is_read_too() {
    let release = Release::new();
    release.write("a.whl", "a");
    let predicate = format!(
        r#"{{"buildType":"b","builder":{{"id":"{BUILDER}"}},"invocation":{{"configSource":{{"uri":"git+{SOURCE}@refs/tags/v1"}}}}}}"#
    );
    let place = "a.whl.provenance.sigstore.json";
    release.attest(place, "a.whl", "https://slsa.dev/provenance/v0.2", &predicate);
    passes(&release.request(&["a.whl"], &[Check::Provenance]));
}

fn cyclonedx(sha256: &str) -> String {
    format!(
        r#"{{"bomFormat":"CycloneDX","specVersion":"1.6","metadata":{{"component":{{"type":"file","name":"a.whl",
            "hashes":[{{"alg":"SHA-1","content":"00"}},{{"alg":"SHA-256","content":"{sha256}"}}]}}}}}}"#
    )
}

#[test]
fn an_sbom_is_about_this_file_and_signed() {
    let release = Release::new();
    let own = Digest::sha256_of(b"a").hex().to_owned();
    release.write("a.whl", "a").write("a.whl.cdx.json", cyclonedx(&own));
    let mut request = release.request(&["a.whl"], &[Check::Sbom]);
    fails(&request, "nobody signed it");
    request.signer = None;
    passes(&request);
    request.signer = Some(Signer::Key(release.key.public().clone()));
    release.sign("a.whl.cdx.json");
    passes(&request);
    release.write("a.whl.cdx.json", cyclonedx(&own).replace("1.6", "1.5"));
    fails(&request, "its signature does not hold");
    for (document, reason) in [
        (cyclonedx(&"0".repeat(64)), "another digest"),
        (cyclonedx(&own).replace("SHA-256", "MD5"), "another digest than this file, or none"),
        (cyclonedx(&own).replace("metadata", "meta"), "does not say what it describes"),
        ("{}".to_owned(), "neither CycloneDX nor SPDX"),
        ("[".repeat(1000), "nested deeper"),
    ] {
        release.write("a.whl.cdx.json", document).sign("a.whl.cdx.json");
        fails(&request, reason);
    }
    // Of two digests, one is another file's.
    let two =
        cyclonedx(&own).replace("\"SHA-1\",\"content\":\"00\"", &format!("\"SHA-512\",\"content\":\"{own}{own}\""));
    release.write("a.whl.cdx.json", two).sign("a.whl.cdx.json");
    fails(&request, "another digest");
}

#[test]
fn spdx_and_attested_sboms_are_bound_too() {
    let release = Release::new();
    let own = Digest::sha256_of(b"a").hex().to_owned();
    let spdx = |sha256: &str, described: &str| {
        format!(
            r#"{{"spdxVersion":"SPDX-2.3","relationships":[{{"spdxElementId":"SPDXRef-DOCUMENT","relationshipType":"DESCRIBES",
                "relatedSpdxElement":"{described}"}}],"packages":[{{"SPDXID":"SPDXRef-a","checksums":[{{"algorithm":"SHA256",
                "checksumValue":"{sha256}"}}]}},{{"SPDXID":"SPDXRef-b"}}]}}"#
        )
    };
    release.write("a.whl", "a").write("a.whl.spdx.json", spdx(&own, "SPDXRef-a")).sign("a.whl.spdx.json");
    let request = release.request(&["a.whl"], &[Check::Sbom]);
    passes(&request);
    release.write("a.whl.spdx.json", spdx(&own, "SPDXRef-b")).sign("a.whl.spdx.json");
    fails(&request, "another digest than this file, or none");
    std::fs::remove_file(release.path("a.whl.spdx.json")).unwrap();
    let place = "a.whl.sbom.sigstore.json";
    release.attest(place, "a.whl", "https://cyclonedx.org/bom", &cyclonedx(&own));
    passes(&request);
    release.attest(place, "a.whl", "https://cyclonedx.org/bom", "{}");
    fails(&request, "neither CycloneDX nor SPDX");
    let other = Release::new();
    release.attest(place, "a.whl", "https://spdx.dev/Document/v2.3", &spdx(&own, "SPDXRef-a"));
    passes(&request);
    let mut foreign = release.request(&["a.whl"], &[Check::Sbom]);
    foreign.signer = Some(Signer::Key(other.key.public().clone()));
    fails(&foreign, "does not verify with this key");
}

#[test]
fn checksums_are_complete_and_unambiguous() {
    let release = Release::new();
    let line = |name: &str, bytes: &[u8]| format!("{}  {name}\n", Digest::sha256_of(bytes).hex());
    release.write("dist/a.whl", "a").write("dist/sub/b.whl", "b");
    let sums = line("a.whl", b"a") + &line("sub/b.whl", b"b");
    release.write("dist/SHA256SUMS", &sums);
    // Nobody in particular has to have signed.
    let mut request = release.request(&["dist"], &[Check::Checksums]);
    request.signer = None;
    passes(&request);
    for (text, reason) in [
        (line("a.whl", b"a"), "no list of checksums names b.whl"),
        (sums.clone() + &line("gone.whl", b"g"), "it is not there"),
        (sums.clone() + &line("a.whl", b"x"), "second time"),
        (line("a.whl", b"x") + &line("sub/b.whl", b"b"), "and the file has"),
        (sums.clone() + "hello\n", "line 3 is not in the form"),
        (String::new(), "no list of checksums names"),
    ] {
        release.write("dist/SHA256SUMS", text);
        fails(&request, reason);
    }
    // Where a signer is asked for, a list that nobody signed is no evidence of theirs.
    let asked = release.request(&["dist"], &[Check::Checksums]);
    release.write("dist/SHA256SUMS", &sums);
    fails(&asked, "nobody signed the list");
    let lenient = Request { missing: Missing::IsSkipped, ..release.request(&["dist"], &[Check::Checksums]) };
    let (outcomes, _) = told(&verify(&lenient).unwrap());
    assert!(outcomes.values().all(|outcome| *outcome == Outcome::Skipped), "{outcomes:?}");
    release.sign("dist/SHA256SUMS");
    passes(&asked);
    passes(&request);
    let other = Release::new();
    let mut foreign = release.request(&["dist"], &[Check::Checksums]);
    foreign.signer = Some(Signer::Key(other.key.public().clone()));
    fails(&foreign, "the list is signed, and that does not hold");
    // One file's own list.
    std::fs::remove_file(release.path("dist/SHA256SUMS")).unwrap();
    release.write("dist/a.whl.sha256", Digest::sha256_of(b"a").hex());
    let alone = release.request(&["dist/a.whl"], &[Check::Checksums]);
    fails(&alone, "nobody signed the list");
    passes(&Request { signer: None, ..alone });
}

#[test]
fn without_being_asked_the_others_are_checked_where_they_can_be() {
    let release = Release::new();
    release.write("a.whl", "a").sign("a.whl");
    let mut request = release.request(&["a.whl"], &[Check::Signatures]);
    request.others = true;
    passes(&request);
    let outcomes = told(&verify(&request).unwrap()).0;
    assert_eq!(outcomes["a.whl signatures"], Outcome::Passed);
    assert_eq!(outcomes.values().filter(|outcome| **outcome == Outcome::Skipped).count(), 3);
    // An unsigned list that nobody asked for is no reason to fail, and none to pass.
    release.write("SHA256SUMS", format!("{}  a.whl\n", Digest::sha256_of(b"a").hex()));
    passes(&request);
    assert_eq!(told(&verify(&request).unwrap()).0["a.whl checksums"], Outcome::Skipped);
    // A wrong list that nobody asked for is wrong all the same.
    release.write("SHA256SUMS", format!("{}  a.whl\n", "0".repeat(64)));
    fails(&request, "and the file has");
}
