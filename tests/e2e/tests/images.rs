//! Images and systems through the binary.

use std::collections::BTreeSet;
use std::path::Path;
use std::process::Command;

use chiron_e2e::image::{self, DEBIAN};
use chiron_e2e::{Folder, osv};
use serde_json::Value;

const OWNER: &str = "pkg:deb/debian/python3-demo@1.0-2%2Bdeb12u1?arch=all&distro=debian-12&upstream=demo";

fn component<'r>(report: &'r Value, name: &str) -> &'r Value {
    let components = report["components"].as_array().unwrap();
    components.iter().find(|part| part["name"] == name).unwrap_or_else(|| panic!("no {name} in {components:?}"))
}

fn property<'r>(of: &'r Value, key: &str) -> Option<&'r str> {
    let properties = of["properties"].as_array()?;
    properties.iter().find(|property| property["name"] == key).and_then(|property| property["value"].as_str())
}

fn note<'r>(report: &'r Value, code: &str) -> &'r str {
    let notes = report["notes"].as_array().unwrap();
    let note = notes.iter().find(|note| note["code"] == code);
    note.unwrap_or_else(|| panic!("no note {code} in {notes:?}"))["message"].as_str().unwrap()
}

#[test]
fn an_image_is_read_without_a_flag_and_its_packages_are_the_distributions() {
    let work = Folder::new();
    let upper = image::tar(&[("usr/local/lib/demo-1.0.dist-info/METADATA", "Name: demo\nVersion: 1.0\n")]);
    let lower = image::tar(&DEBIAN);
    let layers = [image::digest(&lower), image::digest(&upper)];
    work.write("some.thing", image::saved(&[lower, upper])).database(&[osv::demo()]);
    let report = work.chiron(&["scan", "some.thing", "--db", "db", "-o", "json"]).with_code(0).json();
    let subject = &report["subjects"][0];
    assert_eq!(property(subject, "chiron:image-platform"), Some("linux/amd64"), "{subject}");
    assert_eq!(property(subject, "chiron:image-name"), Some("demo:1"));
    assert_eq!(property(subject, "chiron:image-layer"), Some(layers[0].as_str()));
    let system = component(&report, "python3-demo");
    assert_eq!(system["purl"], OWNER);
    assert_eq!(system["locations"][0]["path"], "var/lib/dpkg/status");
    assert_eq!(system["locations"][0]["layer"], layers[0].as_str());
    assert!(property(system, "chiron:owns-path").is_none(), "{system}");
    let demos: Vec<_> = report["components"].as_array().unwrap().iter().filter(|part| part["name"] == "demo").collect();
    let owners: BTreeSet<_> = demos.iter().map(|part| property(part, "chiron:owned-by")).collect();
    assert_eq!(owners, [None, Some(OWNER)].into());
    // The one that pip put there is affected, the distribution's is judged as its package.
    let findings = report["findings"].as_array().unwrap();
    assert_eq!(findings.len(), 1, "{findings:?}");
    assert_eq!(findings[0]["locations"][0]["path"], "usr/local/lib/demo-1.0.dist-info/METADATA");
    assert_eq!(findings[0]["locations"][0]["layer"], layers[1].as_str());
    assert!(note(&report, "owned-by-system").starts_with("1 component lies where a package of the system put it"));
    let _ = work
        .chiron(&["scan", "some.thing", "--db", "db"])
        .with_code(0)
        .shows(&["where a package of the system put it"]);
}

#[test]
fn a_folder_that_is_a_systems_root_is_read_as_one() {
    let work = Folder::new();
    for (path, text) in DEBIAN {
        work.write(&format!("root/{path}"), text);
    }
    let report = work.chiron(&["sbom", "root", "-o", "json"]).with_code(0).json();
    assert_eq!(component(&report, "python3-demo")["purl"], OWNER);
    assert_eq!(component(&report, "debian")["kind"], "operating-system");
    assert_eq!(property(component(&report, "demo"), "chiron:owned-by"), Some(OWNER));
    let files = report["files"].as_array().unwrap();
    let lists = files.iter().find(|file| file["path"] == "var/lib/dpkg/info/python3-demo.list").unwrap();
    assert_eq!(lists["status"], "read");
}

#[test]
fn an_image_that_is_broken_is_named_and_denied() {
    let work = Folder::new();
    let mut bytes = image::saved(&[image::tar(&DEBIAN)]);
    let at = bytes.windows(6).position(|window| window == b"1.0-2+").unwrap();
    bytes[at] = b'2';
    work.write("image.tar", bytes).database(&[osv::demo()]);
    let report = work.chiron(&["scan", "image.tar", "--db", "db", "-o", "json"]).json();
    let file = &report["files"][0];
    assert_eq!((file["path"].as_str(), file["status"].as_str()), (Some("image.tar"), Some("failed")));
    let reason = file["reason"].as_str().unwrap();
    assert!(reason.contains("its layer sha256:") && reason.contains("once it is unpacked"), "{reason}");
    assert_eq!(report["components"], Value::Array(Vec::new()));
    let ended = work.chiron(&["scan", "image.tar", "--db", "db", "--fail-on", "high"]);
    assert_ne!(ended.code, 0, "{}", ended.stdout);
}

/// Runs a program of the machine; None, and said so, where it is not installed.
fn tool(work: &Folder, name: &str, arguments: &[&str]) -> Option<String> {
    let output = match Command::new(name).args(arguments).current_dir(work.path(".")).output() {
        Ok(output) => output,
        Err(_) => {
            chiron_e2e::outside::missing(name);
            return None;
        }
    };
    assert!(output.status.success(), "{name} {arguments:?}: {}", String::from_utf8_lossy(&output.stderr));
    Some(String::from_utf8(output.stdout).unwrap())
}

/// Name, version and architecture of every package of a distribution.
fn packages(report: &Value) -> BTreeSet<String> {
    let purls = report["components"].as_array().unwrap().iter().filter_map(|part| part["purl"].as_str());
    let decoded = purls.filter(|purl| purl.starts_with("pkg:deb/")).map(|purl| {
        let (path, qualifiers) = purl.split_once('?').unwrap();
        let path = path.replace("%2B", "+").replace("%3A", ":").replace("%7E", "~");
        let (name, version) = path.rsplit('/').next().unwrap().split_once('@').unwrap();
        let architecture = qualifiers.split('&').find_map(|part| part.strip_prefix("arch=")).unwrap_or_default();
        format!("{name} {version} {architecture}")
    });
    decoded.collect()
}

#[test]
fn every_form_that_real_tools_write_holds_the_packages_that_dpkg_lists() {
    let work = Folder::new();
    let query = ["-W", "-f", "${db:Status-Status} ${Package} ${Version} ${Architecture}\n"];
    let Some(listed) = tool(&work, "dpkg-query", &query) else { return };
    let expected: BTreeSet<_> =
        listed.lines().filter_map(|line| line.strip_prefix("installed ").map(str::to_owned)).collect();
    assert!(!expected.is_empty());
    if tool(&work, "umoci", &["init", "--layout", "img"]).is_none() || tool(&work, "skopeo", &["--version"]).is_none() {
        return;
    }
    let _ = tool(&work, "umoci", &["new", "--image", "img:v1"]);
    let _ = tool(&work, "umoci", &["unpack", "--rootless", "--image", "img:v1", "bundle"]);
    for (from, to) in [("/var/lib/dpkg/status", "var/lib/dpkg/status"), ("/etc/os-release", "etc/os-release")] {
        let to = work.path("bundle/rootfs").join(to);
        std::fs::create_dir_all(to.parent().unwrap()).unwrap();
        std::fs::copy(from, to).unwrap();
    }
    let info = work.path("bundle/rootfs/var/lib/dpkg/info");
    std::fs::create_dir_all(&info).unwrap();
    let lists = std::fs::read_dir("/var/lib/dpkg/info").unwrap().map(|entry| entry.unwrap().path());
    for list in lists.filter(|path| path.extension().is_some_and(|extension| extension == "list")) {
        std::fs::copy(&list, info.join(list.file_name().unwrap())).unwrap();
    }
    std::fs::write(work.path("bundle/rootfs/etc/deleted"), "x").unwrap();
    let _ = tool(&work, "umoci", &["repack", "--image", "img:v1", "bundle"]);
    std::fs::remove_file(work.path("bundle/rootfs/etc/deleted")).unwrap();
    std::fs::remove_dir_all(work.path("bundle")).unwrap();
    let _ = tool(&work, "umoci", &["unpack", "--rootless", "--image", "img:v1", "bundle"]);
    std::fs::remove_file(work.path("bundle/rootfs/etc/deleted")).unwrap();
    std::fs::create_dir(work.path("bundle/rootfs/etc/deleted")).unwrap();
    std::fs::write(work.path("bundle/rootfs/etc/deleted/file"), "x").unwrap();
    let _ = tool(&work, "umoci", &["repack", "--image", "img:v2", "bundle"]);
    let two = work.chiron(&["sbom", "img", "-o", "json"]).json();
    assert!(two["files"][0]["reason"].as_str().unwrap().contains("it holds 2 images for linux/"), "{}", two["files"]);
    for (arguments, subject) in [
        (["copy", "-q", "oci:img:v2", "docker-archive:saved.tar:demo:v2"].as_slice(), "saved.tar"),
        (&["copy", "-q", "oci:img:v2", "oci-archive:archive"], "archive"),
        (&["copy", "-q", "oci:img:v2", "oci:layout:v2"], "layout"),
        (&["copy", "-q", "--dest-compress-format", "zstd", "oci:img:v2", "oci:zstd:v2"], "zstd"),
    ] {
        let _ = tool(&work, "skopeo", arguments);
        let report = work.chiron(&["sbom", subject, "-o", "json"]).with_code(0).json();
        let found = packages(&report);
        assert_eq!(found, expected, "{subject}");
        let lacking = report["files"].as_array().unwrap().iter().filter(|file| file["status"] != "read");
        let lacking: Vec<_> = lacking.collect();
        // What nobody reads of it is counted in one line.
        assert_eq!(lacking.len(), 1, "{subject}: {lacking:?}");
        compare_with_syft(&work, subject, &found);
    }
}

/// Every package that Syft finds, where it is installed, is found here.
fn compare_with_syft(work: &Folder, subject: &str, found: &BTreeSet<String>) {
    let source = if Path::new(&work.path(subject)).is_dir() { "oci-dir" } else { "docker-archive" };
    if subject == "archive" || subject == "zstd" {
        return;
    }
    let Some(text) = tool(work, "syft", &["scan", &format!("{source}:{subject}"), "-o", "json", "-q"]) else { return };
    let theirs: Value = serde_json::from_str(&text).unwrap();
    for package in theirs["artifacts"].as_array().unwrap().iter().filter(|package| package["type"] == "deb") {
        let text = |value: &Value| value.as_str().unwrap().to_owned();
        let name = text(&package["name"]);
        let line = format!("{name} {} {}", text(&package["version"]), text(&package["metadata"]["architecture"]));
        assert!(found.contains(&line), "{subject}: Syft finds {line}");
    }
}
