//! Where a plugin crashed, in the words of its debug information: files and lines, and nothing of the machine on which it was built.

mod hostile;

use std::sync::Arc;
use std::time::{Duration, Instant};

use chiron_e2e::{Folder, bom};
use chiron_model::text::inert;
use chiron_sandbox::CallError;
use hostile::{guests, host, raw};

fn backtrace(error: CallError) -> Vec<String> {
    let CallError::Trapped { backtrace, .. } = error else { panic!("{error:?}") };
    backtrace
}

#[tokio::test]
async fn a_backtrace_names_files_and_lines_where_the_guest_has_them() {
    let plugin = host::load(&guests::policy_with_lines());
    let error = host::evaluate(&plugin, "panic", &host::small(), &Arc::default()).await.unwrap_err();
    assert!(error.to_string().contains("the policy's own words"), "{error}");
    let frames = backtrace(error);
    let own = frames.iter().find(|frame| frame.contains("policy/src/lib.rs:"));
    assert!(own.is_some_and(|frame| frame.contains("evaluate")), "{frames:#?}");
    let root = guests::root();
    for frame in &frames {
        assert!(!frame.contains(root.to_str().unwrap()) && !frame.contains("(/"), "{frame}");
        assert_eq!(*frame, inert(frame));
    }
}

#[tokio::test]
async fn without_debug_information_a_backtrace_has_names_or_numbers() {
    let error = host::evaluate(&host::guest("policy"), "panic", &host::small(), &Arc::default()).await.unwrap_err();
    let frames = backtrace(error);
    assert!(!frames.is_empty() && frames.iter().all(|frame| !frame.contains(".rs:")), "{frames:?}");
}

#[test]
fn a_report_names_the_place_of_a_crash_and_no_folder_of_the_build() {
    let work = Folder::new();
    work.write("app.cdx.json", bom::of(&["pkg:pypi/demo@1.0"])).write("policy.wasm", guests::policy_with_lines());
    work.write(
        "pipeline.toml",
        "[pipeline]\nname = \"p\"\nsubjects = [\"app.cdx.json\"]\n[[step]]\nid = \"sbom\"\nuses = \"cyclonedx\"\n\
         [[step]]\nid = \"crashes\"\nuses = \"./policy.wasm\"\nwith = { behaviour = \"panic\" }\n",
    );
    let ended = work.chiron(&["run", "-o", "json=report.json"]).with_code(6);
    ended.says(&["the policy's own words", "policy/src/lib.rs:"]);
    let report = work.read("report.json");
    assert!(report.contains("policy/src/lib.rs:") && !report.contains(guests::root().to_str().unwrap()), "{report}");
}

/// Debug information is the guest's own bytes: what it says may be anything.
#[tokio::test]
async fn debug_information_that_is_nonsense_costs_nothing_and_breaks_nothing() {
    let nonsense = |name: &str, bytes: &str| format!(r#"(@custom "{name}" "{bytes}")"#);
    let sections = [
        nonsense(".debug_info", &"\\ff".repeat(5_000)),
        nonsense(".debug_info", &r"\20\00\00\00\04\00\00\00\00\00\04\01".repeat(5_000)),
        nonsense(".debug_line", &"\\00".repeat(5_000)),
        nonsense(".debug_abbrev", &"\\01\\11\\01".repeat(5_000)),
    ];
    for count in 1..=sections.len() {
        let more: &str = Box::leak(sections[..count].concat().into_boxed_str());
        let guest = raw::Policy { more, evaluate: "unreachable", ..Default::default() };
        let plugin = host::load(&guest.component());
        let start = Instant::now();
        let error = host::evaluate(&plugin, "", &host::small(), &Arc::default()).await.unwrap_err();
        assert!(!backtrace(error).is_empty());
        assert!(start.elapsed() < Duration::from_secs(5), "{:?}", start.elapsed());
    }
}
