//! Packs: what goes in comes out, is the same wherever it is made, and is judged by what is in it.

use std::process::{Command, Output};

use chiron_e2e::{Folder, osv, pipeline, wheel};

const WHEEL: &str = "demo-2.0-py3-none-any.whl";

/// A release: a wheel that is signed and attested, its report, its SBOM.
fn release() -> Folder {
    let work = Folder::new();
    work.database(&[osv::demo()]).write(&format!("dist/{WHEEL}"), wheel::of("demo", "2.0"));
    let text = pipeline::signed_with("subjects = [\"dist/*.whl\"]", "attest = [\"scan\", \"sbom\"]");
    work.write("pipeline.toml", text);
    let _ = work.chiron(&["key", "generate", "release", "--no-password"]).with_code(0);
    let outputs = ["run", "-o", "json=report.json", "-o", "cyclonedx-json=app.cdx.json"];
    let _ = work.chiron(&outputs).with_code(0);
    work
}

fn create(work: &Folder, output: &str) {
    let all = ["pack", "create", "dist", "-o", output, "--report", "report.json", "--sbom", "app.cdx.json"];
    let ended = work.chiron(&[&all[..], &["--attestation", "attestations"]].concat()).with_code(0);
    ended.says(&["1 subjects, 1 SBOMs, 1 reports, 3 attestations"]);
}

fn run(work: &Folder, program: &str, arguments: &[&str]) -> Output {
    Command::new(program).current_dir(work.path(".")).args(arguments).output().unwrap()
}

#[test]
fn a_pack_is_opened_and_judged_with_and_without_chiron() {
    let work = release();
    create(&work, "release.tar.gz");
    for (name, more) in [("pack", &[][..]), ("bundle", &["-v"])] {
        let ended = work.chiron(&[&[name, "verify", "release.tar.gz", "--key", "release.pub"], more].concat());
        ended.with_code(0).shows(&["ok", &format!("subjects/{WHEEL}"), "verified: 1 of 1"]);
    }
    let attested = ["pack", "verify", "release.tar.gz", "--sbom", "--signatures", "--key", "release.pub", "-o", "json"];
    let report = work.chiron(&attested).with_code(0).json();
    assert_eq!(report["passed"], true);
    assert_eq!(report["subjects"][0]["name"], format!("subjects/{WHEEL}"));
    let text = report.to_string();
    assert!(!text.contains("/tmp") && !text.contains("chiron-pack-"), "{text}");
    // Anybody's tools.
    std::fs::create_dir(work.path("out")).unwrap();
    assert!(run(&work, "tar", &["xzf", "release.tar.gz", "-C", "out"]).status.success());
    let sums = Command::new("sha256sum").current_dir(work.path("out")).args(["-c", "SHA256SUMS"]).output().unwrap();
    assert!(sums.status.success(), "{}", String::from_utf8_lossy(&sums.stderr));
    assert_eq!(String::from_utf8_lossy(&sums.stdout).lines().count(), 7);
    let _ = work.chiron(&["verify", "out/subjects", "--key", "release.pub"]).with_code(0);
    let listed = String::from_utf8(run(&work, "tar", &["tvzf", "release.tar.gz", "--numeric-owner"]).stdout).unwrap();
    for line in listed.lines() {
        assert!(line.starts_with("-rw-r--r-- 0/0") && line.contains("1970-01-01"), "{line}");
    }
}

#[test]
fn the_same_release_gives_the_same_bytes() {
    let work = release();
    for ending in ["tar.gz", "tar.zst"] {
        let (first, second) = (format!("first.{ending}"), format!("second.{ending}"));
        create(&work, &first);
        // Other times, other modes, another folder to stand in, another order.
        let file = work.path(&format!("dist/{WHEEL}"));
        let copy = std::fs::read(&file).unwrap();
        std::fs::remove_file(&file).unwrap();
        std::fs::write(&file, copy).unwrap();
        let [dist, output, attestations, report, sbom] =
            ["dist", &second, "attestations", "report.json", "app.cdx.json"].map(|name| work.path(name));
        let [dist, output, attestations, report, sbom] =
            [&dist, &output, &attestations, &report, &sbom].map(|path| path.to_str().unwrap());
        let arguments =
            ["pack", "create", "--sbom", sbom, "--attestation", attestations, "--report", report, "-o", output, dist];
        let mut command = work.command(&arguments);
        assert!(command.current_dir("/").output().unwrap().status.success());
        let [first, second] = [first, second].map(|name| std::fs::read(work.path(&name)).unwrap());
        assert!(first == second, "{ending}");
    }
    let named = ["pack", "create", "dist", "-o", "third", "--format", "tar.gz"];
    let _ = work.chiron_with(&[("SOURCE_DATE_EPOCH", "1700000000")], &named).with_code(0);
    let listed = String::from_utf8(run(&work, "tar", &["tvzf", "third"]).stdout).unwrap();
    assert!(listed.lines().all(|line| line.contains("2023-11-14")), "{listed}");
    let _ = work.chiron_with(&[("SOURCE_DATE_EPOCH", "soon")], &named).with_code(2);
}

#[test]
fn a_pack_that_does_not_hold_says_why() {
    let work = release();
    create(&work, "good.tar.gz");
    let _ = work.chiron(&["key", "generate", "other", "--no-password"]).with_code(0);
    let verify = |pack: &str, key: &str| work.chiron(&["pack", "verify", pack, "--key", key]);
    verify("good.tar.gz", "other.pub").with_code(4).shows(&["FAILED", "does not verify with this key"]);
    work.chiron(&["pack", "verify", "good.tar.gz"]).with_code(2).says(&["who has to have signed?"]);
    // Nobody signed.
    std::fs::remove_file(work.path(&format!("dist/{WHEEL}.sigstore.json"))).unwrap();
    let made = work.chiron(&["pack", "create", "dist", "-o", "bare.tar.gz"]).with_code(0);
    made.says(&["nobody signed anything in it"]);
    verify("bare.tar.gz", "release.pub").with_code(4).shows(&["no signature of this file was found"]);
    let lenient = ["pack", "verify", "bare.tar.gz", "--key", "release.pub", "--allow-missing", "-o", "json"];
    assert_eq!(work.chiron(&lenient).with_code(0).json()["passed"], false);
    work.chiron(&["pack", "verify", "bare.tar.gz", "--checksums", "--key", "release.pub"])
        .with_code(4)
        .shows(&["nobody signed the list"]);
    let _ = work.chiron(&["pack", "verify", "bare.tar.gz", "--checksums"]).with_code(0);
    // Something else is in it than its manifest says.
    std::fs::create_dir(work.path("out")).unwrap();
    assert!(run(&work, "tar", &["xzf", "good.tar.gz", "-C", "out"]).status.success());
    work.write(&format!("out/subjects/{WHEEL}"), "another wheel");
    assert!(run(&work, "tar", &["czf", "forged.tar.gz", "-C", "out", "."]).status.success());
    verify("forged.tar.gz", "release.pub").with_code(4).shows(&[
        "FAILED",
        "the manifest says",
        "nothing in it was judged",
    ]);
    let bytes = std::fs::read(work.path("good.tar.gz")).unwrap();
    work.write("cut.tar.gz", &bytes[..bytes.len() / 2]).write("text.tar.gz", "text");
    verify("cut.tar.gz", "release.pub").with_code(4).shows(&["FAILED"]);
    verify("text.tar.gz", "release.pub").with_code(4).shows(&["is not an archive"]);
    let _ = verify("absent.tar.gz", "release.pub").with_code(74);
    let _ = work.chiron(&["pack", "inspect", "absent.tar.gz"]).with_code(74);
}

#[test]
fn what_cannot_be_packed_leaves_nothing_behind() {
    let work = release();
    std::fs::create_dir(work.path("empty")).unwrap();
    work.write("text.json", "{}").write("more/app.cdx.json", work.read("app.cdx.json"));
    let before = work.listing();
    let sbom = "app.cdx.json";
    for (code, arguments, reason) in [
        (2, &["dist", "-o", "x.zip"][..], "does not say how the pack is to be compressed"),
        (2, &["dist", "-o", "x.tar.gz", "--sbom", "text.json"], "is no SBOM"),
        (2, &["dist", "-o", "x.tar.gz", "--attestation", "text.json"], "is no attestation"),
        (2, &["dist", "-o", "x.tar.gz", "--sbom", sbom, "--sbom", "more/app.cdx.json"], "would both be"),
        (2, &["dist", "-o", "dist/x.tar.gz"], "which goes into it"),
        (5, &["empty", "-o", "x.tar.gz"], "nothing to pack"),
        (74, &["absent", "-o", "x.tar.gz"], "failed to read absent"),
        (74, &["dist", "-o", "absent/x.tar.gz"], "absent/x.tar.gz"),
        (0, &["dist", "-o", "x.tar.gz", "--dry-run"], "would write x.tar.gz"),
    ] {
        work.chiron(&[&["pack", "create"], arguments].concat()).with_code(code).says(&[reason]);
        assert_eq!(work.listing(), before, "{arguments:?}");
    }
}

#[test]
fn what_a_pack_says_of_itself_is_shown_and_not_believed() {
    let work = release();
    create(&work, "release.tar.zst");
    let table = work.chiron(&["pack", "inspect", "release.tar.zst"]).with_code(0);
    table.shows(&[
        &format!("subject     subjects/{WHEEL}"),
        "sbom        sboms/app.cdx.json",
        "says: allow for the pipeline release",
        "says it is signed by the key",
        "https://cyclonedx.org/bom",
        "Nothing was verified",
    ]);
    let seen = work.chiron(&["bundle", "inspect", "release.tar.zst", "-o", "json"]).with_code(0).json();
    assert_eq!(seen["verified"], false);
    assert_eq!(seen["faults"].as_array().unwrap().len(), 0);
    let report = seen["members"].as_array().unwrap().iter().find(|member| member["role"] == "report").unwrap();
    assert_eq!(report["report"]["decision"], "allow");
}
