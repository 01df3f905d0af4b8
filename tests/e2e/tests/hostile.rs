//! Bad input: a named outcome for that file, and the rest of the run goes on.

use std::collections::BTreeMap;

use chiron_e2e::zip::{self, Member, deflated, stored};
use chiron_e2e::{Ended, FORMATS, Folder, binary, bom, osv, wheel};
use serde_json::{Value, json};

/// The most that a run over hostile input may hold in memory, in KiB. Measured: about 25 MiB with compiled plugins cached.
const PEAK_KIB_MAX: u64 = 300 * 1024;

/// A folder `in` with a good wheel that is vulnerable, and a database that knows it.
fn folder() -> Folder {
    let work = Folder::new();
    work.database(&[osv::demo()]).write("in/demo-1.0-py3-none-any.whl", wheel::of("demo", "1.0"));
    work
}

/// Scans `in`, and holds what must be true of every run over hostile input.
fn scan(work: &Folder) -> Value {
    let arguments = ["scan", "in", "--db", "db", "-o", "json=report.json"];
    let ended = match binary::measured(work.home(), &work.path("peak")) {
        Some(mut command) => Ended::of(&command.current_dir(work.path(".")).args(arguments).output().unwrap()),
        None => work.chiron(&arguments),
    };
    let ended = ended.with_code(0);
    assert!(!ended.stderr.contains("panicked"), "{}", ended.stderr);
    if work.has("peak") {
        let peak: u64 = work.read("peak").lines().last().unwrap().trim().parse().unwrap();
        assert!(peak < PEAK_KIB_MAX, "{peak} KiB");
    }
    let report: Value = serde_json::from_str(&work.read("report.json")).unwrap();
    let good = report["findings"].as_array().unwrap().iter().any(|finding| finding["id"] == "PYSEC-2024-1");
    assert!(good, "the good wheel beside it is judged: {:#}", report["files"]);
    assert_eq!(report["verdict"]["judged"], true);
    report
}

/// Status and reason by path.
fn files(report: &Value) -> BTreeMap<String, (String, String)> {
    let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    report["files"]
        .as_array()
        .unwrap()
        .iter()
        .map(|file| (text(&file["path"]), (text(&file["status"]), text(&file["reason"]))))
        .collect()
}

fn names(report: &Value) -> Vec<&str> {
    report["components"].as_array().unwrap().iter().map(|component| component["name"].as_str().unwrap()).collect()
}

fn link(name: &str, target: &str) -> Member {
    Member { mode: 0o120_777, ..stored(name, target.as_bytes()) }
}

fn evil(more: Vec<Member>) -> Vec<u8> {
    wheel::with("evil", "1", more)
}

#[test]
fn a_broken_wheel_fails_by_name_and_the_good_one_beside_it_is_judged() {
    let work = folder();
    let whole = evil(Vec::new());
    let twice = |name: &str| vec![stored(name, b"a"), stored(name, b"b")];
    let table: Vec<(&str, Vec<u8>, &str)> = vec![
        ("truncated", whole[..whole.len() / 2].to_vec(), ""),
        ("cut", whole[..whole.len() - 1].to_vec(), ""),
        ("empty", Vec::new(), ""),
        ("text", b"not a zip at all".to_vec(), ""),
        ("traversal", evil(vec![stored("../../etc/passwd", b"x")]), "../../etc/passwd"),
        ("absolute", evil(vec![stored("/etc/passwd", b"x")]), "/etc/passwd"),
        ("backslash", evil(vec![stored("..\\evil", b"x")]), "evil"),
        ("duplicate", evil(twice("a.py")), "stands twice"),
        ("duplicate-metadata", evil(vec![wheel::metadata("evil", "1")]), "stands twice"),
        ("non-utf8", evil(vec![stored(b"caf\xe9.py", b"x")]), "UTF-8"),
        ("no-metadata", zip::of(&[stored("evil.py", b"x")]), "no METADATA"),
        ("two-metadata", evil(vec![wheel::metadata("other", "2")]), "more than one METADATA"),
        ("no-name", zip::of(&[stored("evil-1.dist-info/METADATA", b"Metadata-Version: 2.1\nVersion: 1\n")]), "Name"),
        (
            "no-version",
            zip::of(&[stored("evil-1.dist-info/METADATA", b"Metadata-Version: 2.1\nName: evil\n")]),
            "Version",
        ),
        ("encrypted", zip::of(&[Member { flags: 1, ..wheel::metadata("evil", "1") }]), "encrypted"),
        ("method", zip::of(&[Member { method: 99, ..wheel::metadata("evil", "1") }]), "99"),
        ("checksum", zip::of(&[Member { crc: 7, ..wheel::metadata("evil", "1") }]), "CRC-32"),
        ("longer", zip::of(&[Member { size: 10, ..wheel::metadata("evil", "1") }]), "10 bytes"),
        ("metadata-is-a-link", zip::of(&[link("evil-1.dist-info/METADATA", "/etc/passwd")]), "METADATA"),
        ("metadata-bomb", zip::of(&[deflated("evil-1.dist-info/METADATA", &vec![b' '; 100_000_000])]), ""),
    ];
    for (name, bytes, _) in &table {
        work.write(&format!("in/{name}-1-py3-none-any.whl"), bytes);
    }
    let report = scan(&work);
    let files = files(&report);
    for (name, _, words) in &table {
        let (status, reason) = &files[&format!("{name}-1-py3-none-any.whl")];
        assert_eq!(status, "failed", "{name}: {reason}");
        assert!(!reason.is_empty() && reason.contains(words), "{name}: {reason:?} does not say {words:?}");
    }
    assert_eq!(names(&report), ["demo"]);
}

#[test]
fn what_is_only_odd_in_a_wheel_does_not_hide_its_package() {
    let work = folder();
    work.write("in/link-1-py3-none-any.whl", wheel::with("link", "1", vec![link("link/data", "../../../etc/passwd")]))
        .write(
            "in/bomb-1-py3-none-any.whl",
            wheel::with("bomb", "1", vec![deflated("bomb/zeros", &vec![0; 50_000_000])]),
        );
    let report = scan(&work);
    let files = files(&report);
    for name in ["link", "bomb"] {
        let (status, reason) = &files[&format!("{name}-1-py3-none-any.whl")];
        let found = names(&report).contains(&name);
        assert!(
            (status == "read" && found) || (status == "failed" && !reason.is_empty() && !found),
            "{name}: {status} {reason}"
        );
    }
}

#[test]
fn a_million_members_are_refused_by_the_limit_in_the_plan() {
    let work = folder();
    work.write("in/million-1-py3-none-any.whl", zip::of_a_million());
    let report = scan(&work);
    let (status, reason) = &files(&report)["million-1-py3-none-any.whl"];
    assert_eq!(status, "failed");
    assert!(reason.contains("entries_max = 100000"), "{reason}");
}

#[test]
fn a_broken_document_fails_by_name_and_the_good_wheel_beside_it_is_judged() {
    let work = folder();
    let deep = format!(
        "{{\"bomFormat\": \"CycloneDX\", \"specVersion\": \"1.5\", \"components\": {}{}}}",
        "[".repeat(100_000),
        "]".repeat(100_000)
    );
    let nested = (0..2_000).fold(bom::component("x", "pkg:pypi/leaf@1"), |inner, number| {
        json!({ "type": "library", "bom-ref": format!("n{number}"), "name": format!("n{number}"), "version": "1", "components": [inner] })
    });
    let table: Vec<(&str, Vec<u8>)> = vec![
        ("deep", deep.into_bytes()),
        ("nested", bom::with(vec![nested]).into_bytes()),
        ("truncated", bom::of(&["pkg:pypi/x@1"]).as_bytes()[..40].to_vec()),
        ("wrong-types", br#"{"bomFormat": "CycloneDX", "specVersion": "1.5", "components": "all of them"}"#.to_vec()),
        ("no-components", br#"{"bomFormat": "CycloneDX", "specVersion": "1.5"}"#.to_vec()),
        ("other-version", br#"{"bomFormat": "CycloneDX", "specVersion": "99.0", "components": []}"#.to_vec()),
        ("binary", b"{\"bomFormat\": \"CycloneDX\", \xff\xfe\0".to_vec()),
    ];
    for (name, bytes) in &table {
        work.write(&format!("in/{name}.cdx.json"), bytes);
    }
    let report = scan(&work);
    let files = files(&report);
    for (name, _) in &table {
        let (status, reason) = &files[&format!("{name}.cdx.json")];
        if matches!(*name, "no-components" | "other-version") {
            assert!(status == "read" || !reason.is_empty(), "{name}: {status}");
        } else {
            assert!(matches!(status.as_str(), "failed" | "partly" | "unsupported"), "{name}: {status} {reason}");
            assert!(!reason.is_empty(), "{name}: {status} without a reason");
        }
    }
}

#[test]
fn a_hundred_megabytes_of_spaces_cost_no_hundred_megabytes() {
    let work = folder();
    let mut spaces = vec![b' '; 100_000_000];
    spaces.splice(0..0, *b"{\"bomFormat\": \"CycloneDX\",");
    work.write("in/spaces.cdx.json", spaces);
    let report = scan(&work);
    let (status, reason) = &files(&report)["spaces.cdx.json"];
    assert!(status == "failed" && !reason.is_empty(), "{status} {reason}");
}

#[test]
fn entries_of_a_document_that_cannot_be_used_are_dropped_and_counted() {
    let work = folder();
    let mut components: Vec<_> =
        ["pkg:pypi/demo@1.0", "pkg:pypi/two@1"].iter().map(|purl| bom::component("same", purl)).collect();
    components.push(bom::component("bad", "not a purl"));
    components.push(bom::component("bad2", "pkg:"));
    components.push(bom::component("bad3", "pkg:pypi/%zz@1"));
    work.write("in/odd.cdx.json", bom::with(components));
    // What the specification forbids refuses the document: its writer meant something that is not known.
    work.write("in/wrong.cdx.json", bom::with(vec![json!("no object")]));
    work.write("in/number.cdx.json", bom::with(vec![json!({ "type": "library", "name": "a", "bom-ref": 7 })]));
    let report = scan(&work);
    let file = report["files"].as_array().unwrap().iter().find(|file| file["path"] == "odd.cdx.json").unwrap();
    assert_eq!(file["status"], "partly", "{file}");
    for (name, reason) in [("wrong.cdx.json", "a component is not an object"), ("number.cdx.json", "`bom-ref`")] {
        let (status, why) = &files(&report)[name];
        assert!(status == "failed" && why.contains(reason), "{name}: {status} {why}");
    }
    assert!(file["entries_dropped"].as_u64().unwrap() >= 1, "{file}");
    assert!(!file["reason"].as_str().unwrap().is_empty());
    // One `demo`, though another document lists it too.
    assert!(
        names(&report).contains(&"two") && names(&report).iter().filter(|name| **name == "demo").count() == 1,
        "{:?}",
        names(&report)
    );
    let mut ids: Vec<_> =
        report["components"].as_array().unwrap().iter().map(|component| component["id"].as_str().unwrap()).collect();
    let count = ids.len();
    ids.sort_unstable();
    ids.dedup();
    assert_eq!(ids.len(), count, "ids are unique");
}

/// Everything that a terminal or a browser would act upon.
const ALIVE: [char; 6] = ['\u{1b}', '\u{7}', '\u{8}', '\u{9b}', '\u{202e}', '\u{7f}'];

#[test]
fn names_and_summaries_do_not_control_the_terminal() {
    let work = Folder::new();
    let poison = "\u{1b}[2J\u{1b}]0;owned\u{7}\u{8}\u{9b}31m\u{202e}\u{7f}\r\n<script>alert(1)</script>";
    let mut record = osv::record("PYSEC-2024-1", "demo", "2.0", "HIGH");
    record["summary"] = poison.into();
    record["details"] = poison.into();
    let mut component = bom::component(poison, "pkg:pypi/demo@1.0");
    component["name"] = format!("demo{poison}").into();
    component["description"] = poison.into();
    component["licenses"] = json!([{ "license": { "name": poison } }]);
    let metadata = format!(
        "Metadata-Version: 2.1\nName: demo\nVersion: 1.0\nSummary: {}\nLicense: \u{1b}[31m\n",
        poison.replace(['\r', '\n'], "")
    );
    work.database(&[record.to_string()])
        .write("in/app.cdx.json", bom::with(vec![component]))
        .write("in/demo-1.0-py3-none-any.whl", zip::of(&[stored("demo-1.0.dist-info/METADATA", metadata.as_bytes())]))
        .write("in/\u{1b}[31mred\u{7}.whl", "no zip");
    for format in FORMATS {
        let ended = work.chiron(&["scan", "in", "--db", "db", "-vvv", "-o", format]).with_code(0);
        for (place, text) in [("stdout", &ended.stdout), ("stderr", &ended.stderr)] {
            let found: Vec<_> = ALIVE.iter().filter(|c| text.contains(**c)).collect();
            assert!(found.is_empty(), "{format} {place}: {found:?} in {text:?}");
        }
        assert!(ended.stdout.contains("demo"));
    }
}

#[test]
fn a_link_out_of_the_folder_is_not_followed() {
    let work = folder();
    work.write("outside/secret-1-py3-none-any.whl", wheel::of("secret", "1"));
    std::os::unix::fs::symlink("../outside", work.path("in/out")).unwrap();
    std::os::unix::fs::symlink("../outside/secret-1-py3-none-any.whl", work.path("in/link-1-py3-none-any.whl"))
        .unwrap();
    std::os::unix::fs::symlink(".", work.path("in/loop")).unwrap();
    let report = scan(&work);
    assert_eq!(names(&report), ["demo"]);
    let files = files(&report);
    assert!(files.contains_key("link-1-py3-none-any.whl"), "a link is accounted for: {files:?}");
}

#[test]
fn files_of_one_lossy_name_are_all_judged() {
    use std::os::unix::ffi::OsStringExt as _;
    let work = folder();
    for byte in [0xfe_u8, 0xff] {
        let name = std::ffi::OsString::from_vec([b"a".as_slice(), &[byte], b"-1-py3-none-any.whl"].concat());
        std::fs::write(work.path("in").join(name), wheel::of(&format!("p{byte}"), "1")).unwrap();
    }
    let report = scan(&work);
    let files = report["files"].as_array().unwrap();
    assert_eq!(files.iter().filter(|file| file["path"] != "demo-1.0-py3-none-any.whl").count(), 2, "{files:#?}");
    // As subjects of their own they could not be told apart in any report: refused, not merged.
    work.write("glob.toml", "[pipeline]\nname = \"glob\"\nsubjects = [\"in/*.whl\"]\n");
    work.chiron(&["run", "glob.toml"]).with_code(2).says(&["the name is not UTF-8", "[glob.toml:3:"]);
}

#[test]
fn records_with_impossible_ranges_are_unknown_and_never_clean() {
    let work = Folder::new();
    let record = |id: &str, events: Value| {
        let mut record = osv::record(id, "demo", "1", "HIGH");
        record["affected"][0]["ranges"][0]["events"] = events;
        record.to_string()
    };
    work.database(&[
        record("X-1", json!([{ "introduced": "0" }, { "fixed": "1", "last_affected": "2" }])),
        record("X-2", json!([{ "introduced": "0" }, { "fixed": "1" }, { "last_affected": "2" }])),
        record("X-3", json!([{ "introduced": "not a version" }])),
        record("X-4", json!([])),
    ])
    .write("in/demo-1.5-py3-none-any.whl", wheel::of("demo", "1.5"));
    let report = work.chiron(&["scan", "in", "--db", "db", "-o", "json"]).with_code(0).json();
    let status: BTreeMap<_, _> = report["findings"]
        .as_array()
        .unwrap()
        .iter()
        .map(|finding| (finding["id"].as_str().unwrap(), finding["status"].as_str().unwrap()))
        .collect();
    for id in ["X-1", "X-2", "X-3"] {
        assert_eq!(status.get(id), Some(&"unknown"), "{id}: {status:?}");
    }
    let _ = work.chiron(&["scan", "in", "--db", "db", "--fail-on", "critical"]).with_code(1);
}
