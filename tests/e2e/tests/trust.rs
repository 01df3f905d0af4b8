//! Trust roots by TUF: repositories made by python-tuf, fetched from servers and folders, and what is done with them. Each attack is
//! refused with its reason, and leaves what was known as it was.

use std::os::unix::fs::PermissionsExt as _;
use std::path::PathBuf;
use std::sync::OnceLock;

use chiron_e2e::services::{self, services, token};
use chiron_e2e::sigstore::recorded;
use chiron_e2e::tuf::{Manner, Mirror, judged, repositories};
use chiron_e2e::{Ended, Folder, osv, wheel};
use serde_json::{Value, json};

const IDENTITY: &str = "https://ci.example.test/org/repo/.github/workflows/release.yml@refs/heads/main";
const ISSUER: &str = "https://oidc.example.test";
const CONFIG: &str = r#"{"mediaType":"application/vnd.dev.sigstore.signingconfig.v0.2+json"}"#;

/// The cases, made once; None where python-tuf is not there.
fn cases() -> Option<PathBuf> {
    static MADE: OnceLock<Option<tempfile::TempDir>> = OnceLock::new();
    let made = MADE.get_or_init(|| {
        let folder = tempfile::tempdir().unwrap();
        repositories(&recorded("trusted_root.json"), CONFIG, folder.path())?;
        Some(folder)
    });
    made.as_ref().map(|made| made.path().to_owned())
}

fn case(name: &str) -> String {
    cases().unwrap().join(name).to_str().unwrap().to_owned()
}

/// `chiron trust update acme` from a case; with the root, where it is the first time.
fn update(work: &Folder, from: &str, more: &[&str]) -> Ended {
    let mirror = if from.contains("://") { from.to_owned() } else { case(from) };
    work.chiron(&[&["trust", "update", "acme", "--mirror", &mirror][..], more].concat())
}

/// A home in which the good repository is known as `acme`.
fn known() -> Option<Folder> {
    let root = cases()?.join("root.json");
    let work = Folder::new();
    let _ = update(&work, "good", &["--root", root.to_str().unwrap()]).with_code(0);
    Some(work)
}

fn store(work: &Folder) -> PathBuf {
    work.home().join(".local/share/chiron/trust/acme.json")
}

fn shown(work: &Folder) -> Value {
    let shown = work.chiron(&["trust", "show", "acme", "-o", "json"]).with_code(0).json();
    shown["roots"][0].clone()
}

/// `chiron verify` of a recorded bundle.
fn verify(work: &Folder, root: &str) -> Ended {
    let (artifact, bundle) = (recorded("artifact.txt"), recorded("blob-v1.sigstore.json"));
    let (artifact, bundle) = (artifact.to_str().unwrap(), bundle.to_str().unwrap());
    let mut arguments = vec!["verify", artifact, "--bundle", bundle, "--trusted-root", root, "--offline"];
    arguments.extend(["--certificate-identity", IDENTITY, "--certificate-oidc-issuer", ISSUER]);
    work.chiron(&arguments)
}

#[test]
fn a_repository_is_fetched_shown_and_verified_by_without_a_connection() {
    let Some(cases) = cases() else { return };
    let (root, work) = (case("root.json"), Folder::new());
    let mirror = Mirror::start(&cases.join("good"), Manner::Good);
    verify(&work, "tuf:acme").with_code(2).says(&["nothing of the TUF repository `acme`", "chiron trust update acme"]);
    update(&work, &mirror.base, &[]).with_code(2).says(&["no root is given to begin with", "--root root.json"]);
    let dry = update(&work, &mirror.base, &["--root", &root, "--dry-run"]).with_code(0);
    dry.says(&["would update acme", &mirror.base]);
    update(&work, &mirror.base, &["--root", &root, "--offline"]).with_code(2).says(&["--offline", "file:///"]);
    assert!(mirror.seen().is_empty() && !store(&work).exists());

    let told = update(&work, &mirror.base, &["--root", &root]).with_code(0);
    told.says(&["acme: updated", "root 1, timestamp 1, snapshot 1, targets 1", "--trusted-root tuf:acme"]);
    let asked = mirror.seen();
    assert_eq!(asked[..4], ["2.root.json", "timestamp.json", "1.snapshot.json", "1.targets.json"]);
    // The trust root and the signing configuration, by digest, and nothing else.
    assert_eq!(asked.len(), 6, "{asked:?}");
    let mode = |path: PathBuf| std::fs::metadata(path).unwrap().permissions().mode() & 0o777;
    assert_eq!(mode(store(&work).parent().unwrap().to_owned()), 0o700);
    assert_eq!(mode(store(&work)) & 0o022, 0);

    verify(&work, "tuf:acme").with_code(0).shows(&["ok", "verified: 1 of 1"]);
    verify(&work, "tuf-expired:acme").with_code(0).shows(&["ok"]);
    assert!(mirror.seen().is_empty());
    // Nothing is taken where nobody asked for it: the embedded root does not know these logs.
    let embedded = ["verify", "--certificate-identity", IDENTITY, "--certificate-oidc-issuer", ISSUER, "--bundle"];
    let (artifact, bundle) = (recorded("artifact.txt"), recorded("blob-v1.sigstore.json"));
    let embedded = [&embedded[..], &[bundle.to_str().unwrap(), artifact.to_str().unwrap()]].concat();
    work.chiron(&embedded).with_code(4).shows(&["FAILED"]);

    let facts = shown(&work);
    assert_eq!((&facts["name"], &facts["expired"]), (&"tuf:acme".into(), &false.into()));
    assert_eq!(facts["roles"]["root"], json!({ "version": 1, "expires": "2099-01-01T00:00:00Z", "expired": false }));
    let kinds: Vec<_> = facts["vouchers"].as_array().unwrap().iter().map(|voucher| &voucher["kind"]).collect();
    assert!(kinds.contains(&&"certificate-authority".into()) && kinds.contains(&&"timestamp-authority".into()));
    work.chiron(&["trust", "show"]).with_code(0).shows(&[
        "embedded",
        "https://rekor.sigstore.dev",
        "tuf:acme",
        "root      version 1, until 2099-01-01T00:00:00Z",
        "signing_config.v0.2.json, trusted_root.json",
    ]);
    let printed = work.chiron(&["trust", "print", "acme"]).with_code(0);
    assert_eq!(printed.stdout, std::fs::read_to_string(recorded("trusted_root.json")).unwrap());
    let config = work.chiron(&["trust", "print", "acme", "--target", "signing_config.v0.2.json"]).with_code(0);
    assert_eq!(config.stdout, CONFIG);
    work.chiron(&["trust", "print", "acme", "--target", "artifact.pub"])
        .with_code(2)
        .says(&["lists no `artifact.pub`"]);

    // Mirror and root are remembered; what is the same is not sent again.
    let again = work.chiron(&["trust", "update", "acme", "-v"]).with_code(0);
    again.says(&["asking", "2.root.json", "nothing is new"]);
    assert_eq!(mirror.seen(), ["2.root.json", "timestamp.json"]);
    assert_eq!(work.chiron(&["trust", "update", "acme", "-q"]).with_code(0).stderr, "");

    work.chiron(&["trust", "remove", "acme", "--dry-run"]).with_code(0).says(&["would remove"]);
    work.chiron(&["trust", "remove", "acme"]).with_code(0).says(&["removed"]);
    work.chiron(&["trust", "remove", "acme"]).with_code(2).says(&["there is no"]);
    verify(&work, "tuf:acme").with_code(2).says(&["nothing of the TUF repository"]);
}

#[test]
fn what_is_newer_is_taken_and_keys_are_replaced() {
    let Some(work) = known() else { return };
    update(&work, "newer", &[]).with_code(0).says(&["acme: updated", "timestamp 2"]);
    let printed = work.chiron(&["trust", "print", "acme"]).with_code(0);
    assert_eq!(printed.stdout, std::fs::read_to_string(recorded("trusted_root.json")).unwrap() + "\n");
    update(&work, "rotated", &[]).with_code(0).says(&["root 2, timestamp 3"]);
    verify(&work, "tuf:acme").with_code(0).shows(&["ok"]);
    update(&work, "rotated", &[]).with_code(0).says(&["nothing is new"]);
    // The old keys sign nothing any more.
    update(&work, "newer", &[]).with_code(4).says(&["the timestamp metadata has 0 of the 1 signatures"]);
    assert_eq!(shown(&work)["roles"]["root"]["version"], 2);
}

#[test]
fn other_ways_to_lay_a_repository_out_are_taken() {
    if cases().is_none() {
        return;
    }
    for name in ["sha512", "delegated", "no-services"] {
        let work = known().unwrap();
        update(&work, name, &[]).with_code(0).says(&["timestamp 2"]);
        verify(&work, "tuf:acme").with_code(0).shows(&["ok"]);
        // As another update finds it.
        update(&work, name, &[]).with_code(0).says(&["nothing is new"]);
    }
    let work = known().unwrap();
    let late = Mirror::start(&cases().unwrap().join("newer"), Manner::Late);
    update(&work, &late.base, &[]).with_code(0).says(&["acme: updated"]);
}

#[test]
fn each_attack_is_refused_with_its_reason_and_leaves_what_was_known() {
    let Some(work) = known() else { return };
    let _ = update(&work, "newer", &[]).with_code(0);
    let before = std::fs::read(store(&work)).unwrap();
    for (name, code, says) in [
        ("good", 4, "the timestamp metadata is version 1, and version 2 was seen before: it is rolled back"),
        ("snapshot-back", 4, "the snapshot (via timestamp) metadata is version 1, and version 2 was seen before"),
        ("targets-back", 4, "the targets.json (via snapshot) metadata is version 1, and version 2 was seen before"),
        ("few-new", 4, "the root metadata has 1 of the 2 signatures that it needs"),
        ("few-old", 4, "the root metadata has 1 of the 2 signatures that it needs"),
        ("strangers", 4, "the root metadata has 0 of the 2 signatures that it needs"),
        ("gap", 4, "after version 1 of the root comes version 3"),
        ("expired-root", 4, "the root metadata expired at"),
    ] {
        let refused = update(&work, name, &[]).with_code(code);
        refused.says(&["error: acme:", says]);
        assert_eq!(std::fs::read(store(&work)).unwrap(), before, "{name}");
    }
    let names: Vec<_> = std::fs::read_dir(store(&work).parent().unwrap()).unwrap().collect();
    assert_eq!(names.len(), 2, "the store and its lock: {names:?}");
    verify(&work, "tuf:acme").with_code(0).shows(&["ok"]);
}

#[test]
fn what_never_was_good_is_refused_with_its_reason() {
    let Some(work) = known() else { return };
    let root = case("root.json");
    for (name, code, says) in [
        ("expired-timestamp", 4, "the timestamp metadata expired at"),
        ("expired-snapshot", 4, "the snapshot metadata expired at"),
        ("expired-targets", 4, "the targets metadata expired at"),
        ("mixed-snapshot", 4, "a file is not what the signed metadata says: snapshot.json"),
        ("mixed-targets", 4, "a file is not what the signed metadata says: targets.json"),
        ("wrong-key", 4, "the timestamp metadata has 0 of the 1 signatures"),
        ("wrong-role", 4, "the snapshot metadata has 0 of the 1 signatures"),
        ("tampered", 4, "trusted_root.json: sha256 mismatch"),
        ("longer", 4, "trusted_root.json is longer than"),
        ("shorter", 4, "trusted_root.json: length"),
        ("sha512-tampered", 4, "trusted_root.json: sha512 mismatch"),
        ("md5", 4, "no supported hash algorithm"),
        ("endless", 4, "timestamp.json is longer than 16384 bytes"),
        ("huge", 4, "exceeds configured max 1048576"),
        ("elsewhere", 2, "the TUF repository lists no `trusted_root.json`"),
        (
            "nonsense",
            4,
            "the `trusted_root.json` of the TUF repository cannot be used: the trust root cannot be used: its media type",
        ),
        ("no-timestamp", 74, "the mirror gives no timestamp.json: there is no such file"),
    ] {
        // A target that is known is not fetched again: whoever has it already meets no other.
        let fresh = Folder::new();
        update(&fresh, name, &["--root", &root]).with_code(code).says(&["error: acme:", says]);
        assert!(!store(&fresh).exists(), "{name}");
    }
    let other = case("other.root.json");
    update(&work, "good", &["--root", &other])
        .with_code(2)
        .says(&["began with another root", "chiron trust remove acme"]);
    let fresh = Folder::new();
    let first = |root: &str| update(&fresh, "good", &["--root", &case(root)]);
    first("few.root.json").with_code(4).says(&["cannot be used", "1 of the 2 signatures"]);
    first("twice.root.json").with_code(4).says(&["cannot be used", "duplicate signature key id"]);
    first("other.root.json").with_code(4).says(&["the timestamp metadata has 0 of the 1 signatures"]);
    first("good/timestamp.json").with_code(4).says(&["the root that is given to begin with cannot be used"]);
    assert!(!store(&fresh).exists());
}

#[test]
fn python_tuf_says_the_same_of_every_case() {
    let Some(cases) = cases() else { return };
    let root = case("root.json");
    for before in [None, Some("newer")] {
        for (name, verdict) in judged(&cases, before) {
            // Ours refuses more: digests that prove nothing, and targets that are no trust root or too large for one.
            if matches!(name.as_str(), "md5" | "huge" | "nonsense") {
                continue;
            }
            let work = Folder::new();
            if let Some(before) = before {
                let _ = update(&work, before, &["--root", &root]).with_code(0);
            }
            let ended = update(&work, &name, &["--root", &root]);
            // One that has what the timestamp names asks for nothing: the services are a target that python-tuf was not asked for.
            assert_eq!(ended.code == 0, verdict.is_null(), "{name} after {before:?}: python-tuf {verdict}, {ended:?}");
        }
    }
}

#[test]
fn a_server_that_fails_lies_or_never_ends_is_named() {
    let Some(work) = known() else { return };
    let good = cases().unwrap().join("newer");
    let before = std::fs::read(store(&work)).unwrap();
    for (manner, code, says) in [
        (Manner::Broken, 74, "2.root.json: it answers 500: it is out of order (asked 3 times)"),
        (Manner::Elsewhere, 74, "it redirects to https://elsewhere.example"),
        (Manner::Endless, 4, "timestamp.json is longer than 16384 bytes"),
    ] {
        let mirror = Mirror::start(&good, manner);
        update(&work, &mirror.base, &[]).with_code(code).says(&["error: acme:", says]);
    }
    let nobody = format!("http://127.0.0.1:{}", services::free());
    update(&work, &nobody, &[]).with_code(74).says(&["failed to connect", "asked 3 times", "--mirror"]);
    assert_eq!(std::fs::read(store(&work)).unwrap(), before);
    for (mirror, says) in [
        ("http://tuf.example/", "--plaintext-unsafe"),
        ("ftp://tuf.example/", "--mirror takes"),
        ("https://169.254.169.254/", "cannot be a mirror"),
        ("no/such/folder", "--mirror takes"),
    ] {
        work.chiron(&["trust", "update", "acme", "--mirror", mirror]).with_code(2).says(&[says]);
    }
    let proxied = [("HTTPS_PROXY", nobody.as_str()), ("HTTP_PROXY", nobody.as_str())];
    let ended = work.chiron_with(&proxied, &["trust", "update", "acme", "--mirror", "https://tuf.example/"]);
    ended.with_code(74).says(&["error: acme:", "the mirror gives no 2.root.json"]);
}

#[test]
fn metadata_whose_time_is_over_is_refused_until_the_operator_says_otherwise() {
    let Some(work) = known() else { return };
    // A machine that was not updated for long: everything is as it was fetched, and over.
    let mut kept: Value = serde_json::from_slice(&std::fs::read(store(&work)).unwrap()).unwrap();
    let old = |name: &str| std::fs::read_to_string(case(&format!("expired-timestamp/{name}"))).unwrap();
    kept["kept"]["timestamp"] = old("timestamp.json").into();
    kept["kept"]["snapshot"] = old("2.snapshot.json").into();
    kept["kept"]["targets"] = old("2.targets.json").into();
    std::fs::write(store(&work), kept.to_string()).unwrap();
    let refused = verify(&work, "tuf:acme").with_code(4);
    refused.says(&["the timestamp metadata expired at", "`chiron trust update acme`", "`tuf-expired:acme`"]);
    verify(&work, "tuf-expired:acme").with_code(0).shows(&["ok"]);
    assert_eq!(shown(&work)["expired"], true);
    work.chiron(&["trust", "show", "acme"])
        .with_code(0)
        .shows(&["timestamp version 2, EXPIRED", "chiron trust update acme"]);
    let _ = work.chiron(&["trust", "print", "acme"]).with_code(4);
    let _ = work.chiron(&["trust", "print", "acme", "--expired"]).with_code(0);
    // It still says what was seen: an older one is no way out, a newer one is.
    update(&work, "good", &[]).with_code(4).says(&["it is rolled back"]);
    update(&work, "rotated", &[]).with_code(0).says(&["timestamp 3"]);
    verify(&work, "tuf:acme").with_code(0).shows(&["ok"]);
}

#[test]
fn a_store_is_believed_for_its_signatures_and_not_for_lying_there() {
    let Some(work) = known() else { return };
    let good = std::fs::read_to_string(store(&work)).unwrap();
    let mut longer: Value = serde_json::from_str(&good).unwrap();
    let root = longer["kept"]["files"]["trusted_root.json"].as_str().unwrap().to_owned();
    longer["kept"]["files"]["trusted_root.json"] = (root.clone() + " ").into();
    let mut bent: Value = serde_json::from_str(&good).unwrap();
    bent["kept"]["files"]["trusted_root.json"] = root.replacen('{', "[", 1).into();
    for (store_now, says) in [
        (longer.to_string(), "trusted_root.json is longer than"),
        (bent.to_string(), "trusted_root.json: sha256 mismatch"),
        (good.replace("2099-01-01", "2199-01-01"), "0 of the 2 signatures"),
        (good.replace("chiron-tuf-store/1", "chiron-tuf-store/9"), "its form is"),
        (good[..good.len() / 2].to_owned(), "is damaged"),
    ] {
        std::fs::write(store(&work), store_now).unwrap();
        for root in ["tuf:acme", "tuf-expired:acme"] {
            verify(&work, root).with_code(4).says(&[says]);
        }
    }
    // The signatures of another repository's first root.
    let mut kept: Value = serde_json::from_str(&good).unwrap();
    kept["begin"] = std::fs::read_to_string(case("other.root.json")).unwrap().into();
    std::fs::write(store(&work), kept.to_string()).unwrap();
    verify(&work, "tuf:acme").with_code(4).says(&["0 of the 1 signatures"]);
    // Under the name of a repository that is known, nobody begins with a root of their own.
    std::fs::write(store(&work).with_file_name("sigstore.json"), &good).unwrap();
    verify(&work, "tuf").with_code(2).says(&["begins with the root that is part of Chiron"]);
    std::fs::write(store(&work), &good).unwrap();
    std::fs::set_permissions(store(&work), std::fs::Permissions::from_mode(0o666)).unwrap();
    verify(&work, "tuf:acme").with_code(4).says(&["can be written by others"]);
    std::fs::set_permissions(store(&work), std::fs::Permissions::from_mode(0o600)).unwrap();
    let _ = verify(&work, "tuf:acme").with_code(0);
    verify(&work, "tuf:../acme").with_code(2).says(&["names no TUF repository"]);
}

#[test]
fn nothing_is_fetched_into_a_folder_that_would_not_be_read() {
    let Some(cases) = cases() else { return };
    let root = cases.join("root.json");
    let work = Folder::new();
    let folder = store(&work).parent().unwrap().to_owned();
    std::fs::create_dir_all(&folder).unwrap();
    std::fs::set_permissions(&folder, std::fs::Permissions::from_mode(0o775)).unwrap();
    update(&work, "good", &["--root", root.to_str().unwrap()])
        .with_code(4)
        .says(&["can be written by others", "chmod"]);
    assert!(!store(&work).exists());
    verify(&work, "tuf:acme").with_code(4).says(&["can be written by others"]);
    std::fs::set_permissions(&folder, std::fs::Permissions::from_mode(0o755)).unwrap();
    let _ = update(&work, "good", &["--root", root.to_str().unwrap()]).with_code(0);
}

#[test]
fn a_repository_is_named_by_its_mirror_where_nobody_names_it() {
    let Some(cases) = cases() else { return };
    let work = Folder::new();
    let mirror = Mirror::start(&cases.join("good"), Manner::Good);
    let root = case("root.json");
    let name = mirror.base.trim_start_matches("http://").replace(':', "-");
    let told = work.chiron(&["trust", "update", "--mirror", &mirror.base, "--root", &root]).with_code(0);
    told.says(&[&format!("--trusted-root tuf:{name}")]);
    verify(&work, &format!("tuf:{name}")).with_code(0).shows(&["ok"]);
    work.chiron(&["trust", "update", "--root", &root]).with_code(2).says(&["where is the repository"]);
    // A mirror of somebody else is none of Sigstore's.
    let sigstore = work.chiron(&["trust", "update", "--mirror", &mirror.base]);
    sigstore.with_code(4).says(&["sigstore: the timestamp metadata has 0 of the 1 signatures"]);
    let given = work.chiron(&["trust", "update", "sigstore", "--mirror", &mirror.base, "--root", &root]);
    given.with_code(2).says(&["begins with the root that is part of Chiron, and with no other"]);
}

#[test]
fn updates_side_by_side_come_one_after_the_other() {
    let Some(work) = known() else { return };
    let updates: Vec<_> = (0..6)
        .map(|index| {
            let mirror = case(if index % 2 == 0 { "newer" } else { "good" });
            work.command(&["trust", "update", "acme", "--mirror", &mirror]).output_later()
        })
        .collect();
    for update in updates {
        let ended = Ended::of(&update.wait_with_output().unwrap());
        // Whoever comes after a newer one is told so.
        assert!(ended.code == 0 || (ended.code == 4 && ended.stderr.contains("rolled back")), "{ended:?}");
        let _ = verify(&work, "tuf:acme").with_code(0);
    }
    assert_eq!(shown(&work)["roles"]["timestamp"]["version"], 2);
}

/// A command that runs while others do.
trait Later {
    fn output_later(&mut self) -> std::process::Child;
}

impl Later for std::process::Command {
    fn output_later(&mut self) -> std::process::Child {
        self.stdout(std::process::Stdio::piped()).stderr(std::process::Stdio::piped()).spawn().unwrap()
    }
}

#[test]
fn a_pipeline_names_repositories_too() {
    if cases().is_none() {
        return;
    }
    let work = known().unwrap();
    let (artifact, bundle) = (recorded("artifact.txt"), recorded("blob-v1.sigstore.json"));
    let pipeline = |root: &str| {
        format!(
            "[pipeline]\nname = \"p\"\nsubjects = [\"artifact.txt\"]\non_empty = \"pass\"\n[[step]]\nid = \"sbom\"\nuses = \"cyclonedx\"\n\
             [verify]\nbefore_run = true\ntrusted_root = \"{root}\"\ncertificate_identity = \"{IDENTITY}\"\n\
             certificate_oidc_issuer = \"{ISSUER}\"\n"
        )
    };
    work.write("artifact.txt", std::fs::read(artifact).unwrap());
    work.write("artifact.txt.sigstore.json", std::fs::read(bundle).unwrap());
    work.write("pipeline.toml", pipeline("tuf:acme"));
    let report = work.chiron(&["run", "-o", "json", "--offline"]).with_code(0).json();
    let notes = report["notes"].as_array().unwrap();
    let note = notes.iter().find(|note| note["code"] == "subjects-verified").unwrap();
    let digest = shown(&work)["digest"].as_str().unwrap().to_owned();
    assert!(note["message"].as_str().unwrap().contains(&digest), "{note}");
    work.chiron(&["verify", "-p", "pipeline.toml"]).with_code(0).shows(&["ok"]);
    // As of a time after which nothing of it holds.
    let late = work.chiron(&["run", "--at", "2199-01-01T00:00:00Z"]);
    assert_ne!(late.code, 0);
    late.says(&["the root metadata expired at 2099-01-01T00:00:00Z"]);
    work.write("pipeline.toml", pipeline("tuf-expired:acme"));
    let _ = work.chiron(&["run", "--at", "2199-01-01T00:00:00Z"]).with_code(0);
    work.write("pipeline.toml", pipeline("tuf:../acme"));
    work.chiron(&["run"]).with_code(2).says(&["pipeline.toml:10", "names no TUF repository"]);
}

#[test]
fn what_is_signed_with_a_repository_is_verified_by_it() {
    let Some(services) = services() else { return };
    let folder = tempfile::tempdir().unwrap();
    let config = services.config(0, 0, 2, Some(0));
    if repositories(&services.root(), &config, folder.path()).is_none() {
        return;
    }
    const WHEEL: &str = "dist/demo-2.0-py3-none-any.whl";
    let work = Folder::new();
    let mirror = Mirror::start(&folder.path().join("good"), Manner::Good);
    let root = folder.path().join("root.json");
    let update = ["trust", "update", "acme", "--mirror", &mirror.base, "--root", root.to_str().unwrap()];
    let _ = work.chiron(&update).with_code(0);
    let _ = mirror.seen();
    work.database(&[osv::demo()]).write(WHEEL, wheel::of("demo", "2.0")).write(
        "pipeline.toml",
        "[pipeline]\nname = \"release\"\nsubjects = [\"dist/*.whl\"]\n[[step]]\nid = \"sbom\"\nuses = \"cyclonedx\"\n\
         [[step]]\nid = \"scan\"\nuses = \"osv\"\n[[step]]\nid = \"sign\"\nuses = \"cosign\"\n[step.bind]\nkeys.signing = \"release\"\n\
         [databases.main]\npath = \"db\"\n[keys.release.keyless]\nsigning_config = \"tuf:acme\"\ntrusted_root = \"tuf:acme\"\n\
         plaintext_unsafe = true\nprivate_addresses = true\nproxy = \"none\"\n",
    );
    let token = token(600, &json!({}));
    let report = work.chiron_with(&[("SIGSTORE_ID_TOKEN", &token)], &["run", "-o", "json"]).with_code(0).json();
    let settings = report["settings"].as_array().unwrap();
    let named = settings.iter().find(|setting| setting["key"] == "keys.release.keyless.trusted_root").unwrap();
    assert_eq!(named["value"], shown(&work)["digest"]);
    let verify = |root: &str| {
        let mut arguments = vec!["verify", WHEEL, "--offline", "--trusted-root", root];
        arguments.extend(["--certificate-identity", services::IDENTITY, "--certificate-oidc-issuer", services::ISSUER]);
        work.chiron(&arguments)
    };
    let _ = verify("tuf:acme").with_code(0);
    let _ = verify(services.root().to_str().unwrap()).with_code(0);
    assert!(mirror.seen().is_empty());
    work.write(WHEEL, "changed");
    let _ = verify("tuf:acme").with_code(4);
    // Of a repository that is not known nothing is signed.
    let _ = work.chiron(&["trust", "remove", "acme"]).with_code(0);
    let ended = work.chiron_with(&[("SIGSTORE_ID_TOKEN", &token)], &["run"]);
    assert_ne!(ended.code, 0);
    ended.says(&["nothing of the TUF repository `acme`", "chiron trust update acme"]);
}
