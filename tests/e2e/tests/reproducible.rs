//! The same inputs, lock and time give the same bytes.

use chiron_e2e::{Folder, bom, osv, wheel};

const PIPELINE: &str = r#"[pipeline]
name = "same"
subjects = ["dist", "*.cdx.json", "dist/*.whl"]
[[step]]
id = "sbom"
uses = "cyclonedx"
[[step]]
id = "scan"
uses = "osv"
[databases.main]
path = "db"
"#;

fn folder() -> Folder {
    let work = Folder::new();
    let other = osv::record("GHSA-aaaa-bbbb-cccc", "other", "9", "LOW");
    work.database(&[osv::demo(), other.to_string()]).write("pipeline.toml", PIPELINE);
    for number in 0..9 {
        work.write(
            &format!("dist/demo{number}-1.{number}-py3-none-any.whl"),
            wheel::of(&format!("demo{number}"), &format!("1.{number}")),
        );
        work.write(
            &format!("{number}.cdx.json"),
            bom::of(&["pkg:pypi/demo@1.0", "pkg:pypi/other@1.0", "pkg:npm/x@1.0.0"]),
        );
    }
    work.write("dist/demo-1.0-py3-none-any.whl", wheel::of("demo", "1.0")).write("dist/notes.txt", "no package");
    let _ = work.chiron(&["lock"]).with_code(0);
    work
}

/// Report and document of one run.
fn run(work: &Folder, more: &[&str]) -> (String, String) {
    let base = ["run", "--locked", "--at", "2026-01-01T00:00:00Z", "-o", "json=r.json", "-o", "cyclonedx-json=r.cdx"];
    let _ = work.chiron(&[&base[..], more].concat()).with_code(1);
    (work.read("r.json"), work.read("r.cdx"))
}

#[test]
fn two_runs_are_byte_equal_whatever_runs_side_by_side_and_wherever() {
    let (here, there) = (folder(), folder());
    let first = run(&here, &[]);
    assert_eq!(run(&here, &[]), first);
    assert_eq!(run(&here, &["--jobs", "1"]), first);
    assert_eq!(run(&here, &["--jobs", "9"]), first);
    assert_eq!(run(&there, &[]), first);
}

#[test]
fn reports_hold_no_absolute_path_host_name_duration_or_present_time() {
    let work = folder();
    let (report, document) = run(&work, &[]);
    let _ = work
        .chiron(&[
            "scan",
            work.path("dist").to_str().unwrap(),
            "--db",
            work.path("db").to_str().unwrap(),
            "-o",
            "json=s.json",
        ])
        .with_code(0);
    let scan = work.read("s.json");
    let host = std::fs::read_to_string("/etc/hostname").unwrap_or_default();
    let folder = work.path(".");
    for text in [&report, &document, &scan] {
        for secret in [folder.to_str().unwrap(), work.home().to_str().unwrap()] {
            assert!(!text.contains(secret), "{secret}");
        }
        let host = host.trim();
        assert!(host.len() < 5 || !text.contains(host), "{host}");
        for word in ["duration", "elapsed", "_ms\"", "seconds"] {
            assert!(!text.contains(word), "{word}");
        }
    }
    let value: serde_json::Value = serde_json::from_str(&report).unwrap();
    assert_eq!(
        (&value["evaluated_at"], &value["printed_at"]),
        (&"2026-01-01T00:00:00Z".into(), &"2026-01-01T00:00:00Z".into())
    );
    assert!(value["notes"].to_string().contains("frozen-time"), "--at is marked");
    let document: serde_json::Value = serde_json::from_str(&document).unwrap();
    assert_eq!(document["metadata"]["timestamp"], "2026-01-01T00:00:00Z");
}

#[test]
fn source_date_epoch_sets_what_is_printed_and_not_what_is_judged() {
    let work = folder();
    let ended = work.chiron_with(
        &[("SOURCE_DATE_EPOCH", "86400")],
        &["sbom", "0.cdx.json", "-o", "json", "--at", "2026-01-01T00:00:00Z"],
    );
    let report = ended.with_code(0).json();
    assert_eq!(
        (&report["evaluated_at"], &report["printed_at"]),
        (&"2026-01-01T00:00:00Z".into(), &"1970-01-02T00:00:00Z".into())
    );
    work.chiron_with(&[("SOURCE_DATE_EPOCH", "yesterday")], &["sbom", "0.cdx.json"])
        .with_code(2)
        .says(&["SOURCE_DATE_EPOCH"]);
}
