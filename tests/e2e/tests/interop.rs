//! Bundles across implementations: what we sign, npm accepts; what is recorded, npm, sigstore-python and we judge alike.

use chiron_e2e::sigstore::{judges, npm, python, recorded};
use chiron_e2e::{Folder, osv, pipeline, wheel};

const IDENTITY: &str = "https://ci.example.test/org/repo/.github/workflows/release.yml@refs/heads/main";
const ISSUER: &str = "https://oidc.example.test";

#[test]
fn what_we_sign_npm_accepts_and_what_was_changed_it_refuses_as_we_do() {
    let Some(judges) = judges() else { return };
    for algorithm in ["p256", "ed25519"] {
        let work = Folder::new();
        let name = "dist/demo-2.0-py3-none-any.whl";
        work.database(&[osv::demo()]).write(name, wheel::of("demo", "2.0")).write("pipeline.toml", pipeline::SIGNED);
        let made = ["key", "generate", "release", "--algorithm", algorithm, "--no-password"];
        let _ = work.chiron(&made).with_code(0);
        let _ = work.chiron(&["run"]).with_code(0);
        let (file, key) = (work.path(name), work.path("release.pub"));
        let bundle = work.path(&format!("{name}.sigstore.json"));
        let statement = work.path("attestations/scan.intoto.sigstore.json");
        let root = recorded("trusted_root.json");
        // npm names a hash for every signature over a file, which Ed25519 does not have; openssl judges those (host/trust).
        let blobs = (algorithm == "p256").then_some(&bundle);
        for bundle in blobs.into_iter().chain([&statement]) {
            let (accepted, text) = npm(&judges, bundle, &file, &root, Some(&key));
            assert!(accepted, "{algorithm} {}: {text}", bundle.display());
        }
        let _ = work.chiron(&["verify", name, "--key", "release.pub"]).with_code(0);
        work.write(name, "changed");
        assert!(!npm(&judges, &bundle, &file, &root, Some(&key)).0);
        let _ = work.chiron(&["verify", name, "--key", "release.pub"]).with_code(4);
    }
}

#[test]
fn recorded_bundles_are_judged_alike() {
    let Some(judges) = judges() else { return };
    let work = Folder::new();
    let (file, root) = (recorded("artifact.txt"), recorded("trusted_root.json"));
    for (name, accepted) in [
        ("blob-v1", true),
        ("blob-v1-tsa", true),
        ("blob-v2", true),
        ("provenance-v1", true),
        ("provenance-v2", true),
        ("provenance-v2-dsse", true),
        ("after-expiry", false),
        ("before-validity", false),
        ("in-the-future", false),
    ] {
        let bundle = recorded(&format!("{name}.sigstore.json"));
        let theirs = npm(&judges, &bundle, &file, &root, None);
        assert_eq!(theirs.0, accepted, "npm on {name}: {}", theirs.1);
        let theirs = python(&judges, &bundle, &file, &root, IDENTITY, ISSUER);
        // Of entries of this kind it says that it does not know them.
        let known = name != "provenance-v2-dsse";
        assert_eq!(theirs.0, accepted && known, "python on {name}: {}", theirs.1);
        assert!(known || theirs.1.contains("Unsupported"), "python on {name}: {}", theirs.1);
        let paths = [&file, &bundle, &root].map(|path| path.to_str().unwrap());
        let mut arguments = vec!["verify", paths[0], "--bundle", paths[1], "--trusted-root", paths[2]];
        arguments.extend(["--certificate-identity", IDENTITY, "--certificate-oidc-issuer", ISSUER]);
        let _ = work.chiron(&arguments).with_code(if accepted { 0 } else { 4 });
    }
}
