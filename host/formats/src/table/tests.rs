use chiron_model::finding::{Finding, FindingStatus};
use chiron_model::severity::Severity;
use chiron_model::verdict::Decision;
use proptest::prelude::*;

use super::*;
use crate::sample;

fn options(width: u16) -> TableOptions {
    TableOptions { width, ..TableOptions::default() }
}

fn draw(report: &Report, width: u16) -> String {
    render(report, options(width))
}

fn uncoloured(text: &str) -> String {
    let mut plain = String::new();
    let mut rest = text;
    while let Some((before, after)) = rest.split_once("\u{1b}[") {
        plain.push_str(before);
        rest = after.split_once('m').map_or("", |(_, rest)| rest);
    }
    plain + rest
}

/// `CHIRON_BLESS=1 cargo test -p chiron-formats golden` writes the file anew; look at the difference.
#[test]
fn the_golden_table() {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/src/table/golden.txt");
    let table = draw(&sample::report(), 100);
    if std::env::var_os("CHIRON_BLESS").is_some() {
        std::fs::write(path, &table).unwrap();
    }
    assert_eq!(table, std::fs::read_to_string(path).unwrap());
}

#[test]
fn the_worst_component_comes_first_with_its_way_out() {
    let table = draw(&sample::report(), 100);
    let first = table.lines().next().unwrap();
    assert!(first.starts_with("3 findings in 2 of 5 components: 1 critical, 2 high; 1 could not be decided"));
    assert!(table.contains("DENIED by gate: 3 findings are rated high or worse"));
    assert!(table.contains("Django 4.2.0   upgrade to 4.2.17"));
    assert!(table.find("Django 4.2.0") < table.find("Pillow 9.5.0"));
    assert!(table.contains("            last affected 9.5.0"));
    assert!(table.contains("we never parse SQL from users (until 2026-12-31)"));
    assert!(table.contains("the component has no version"));
    assert!(table.contains("vendor/broken.lock"));
    assert!(table.contains("hint: raise `limits.deadline`"));
}

#[test]
fn nothing_to_say_is_said_shortly() {
    assert_eq!(draw(&sample::empty(), 80), "Nothing to scan: no component was found\nchiron 0.1.0\n");
    let mut report = sample::report();
    report.findings.clear();
    report.verdict.decision = Decision::Allow;
    let table = draw(&report, 80);
    assert!(table.starts_with("No findings in 5 components\nPASSED by licenses\n"));
    report.steps.clear();
    assert!(draw(&report, 80).starts_with("No findings in 5 components, but no scanner answered\n"));
}

#[test]
fn quiet_is_the_summary_and_verbose_is_all() {
    let at = |verbosity| {
        let options = TableOptions { verbosity, ..options(100) };
        render(&sample::report(), options)
    };
    assert!(at(Verbosity::Quiet).lines().count() <= 4);
    let verbose = at(Verbosity::Verbose);
    assert!(verbose.contains("PYSEC-2024-102") && verbose.contains("7.5 CVSS:3.1/AV:N"));
    assert!(verbose.contains("app/native.so"));
}

#[test]
fn a_run_that_could_not_be_judged_says_so_first() {
    let mut report = sample::report();
    report.verdict.judged = false;
    report.steps[2].required = true;
    let table = draw(&report, 80);
    assert!(table.contains("NOT JUDGED: step `extra` failed"));
}

#[test]
fn malicious_code_is_called_that() {
    let mut report = sample::report();
    report.findings[0].category = "malicious".to_owned();
    assert!(draw(&report, 120).contains("malicious Potential"));
}

#[test]
fn long_lists_are_cut_and_say_so() {
    let mut report = sample::report();
    let reasons = &mut report.verdict.policies[1].reasons;
    *reasons = std::iter::repeat_n(reasons[0].clone(), 8).collect();
    report.files = std::iter::repeat_n(report.files[3].clone(), 25).collect();
    let table = draw(&report, 100);
    assert!(table.contains("and 3 more, see -o json"));
    assert!(table.contains("and 15 more, see -o json"));
}

#[test]
fn colour_changes_nothing_but_colour() {
    let coloured = TableOptions { color: true, ..options(100) };
    let table = render(&sample::report(), coloured);
    assert!(table.contains("\u{1b}[1;31m"));
    assert_eq!(uncoloured(&table), draw(&sample::report(), 100));
}

#[test]
fn no_escape_of_somebody_else_survives() {
    let hostile = "\u{1b}]0;owned\u{7}\u{1b}[2J\u{9b}31m\r\n\u{202e}evil\u{0}";
    for verbosity in [Verbosity::Quiet, Verbosity::Normal, Verbosity::Verbose] {
        let options = TableOptions { verbosity, ..options(80) };
        let table = render(&sample::with_text(hostile), options);
        assert_eq!(chiron_model::text::inert(&table), table);
        assert!(!table.contains('\r'));
    }
}

#[test]
fn ten_thousand_findings_are_drawn() {
    let mut report = sample::report();
    report.components =
        (0..10_000).map(|n| sample::component(&format!("c{n}"), &format!("package-{n}"), "1.0")).collect();
    report.findings =
        (0..10_000).map(|n| sample::finding("CVE-2024-1", &format!("c{n}"), Severity::Low, "2")).collect();
    assert!(draw(&report, 100).lines().count() > 20_000);
    assert!(report.findings.iter().all(|f| f.status == FindingStatus::Affected));
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]
    #[test]
    fn no_line_is_wider_than_the_terminal(text in "\\PC{0,300}", width in 0_u16..260, color: bool) {
        let options = TableOptions { width, color, verbosity: Verbosity::Verbose, tree: true };
        for report in [sample::with_text(&text), sample::report()] {
            let table = uncoloured(&render(&report, options));
            for line in table.lines() {
                prop_assert!(canvas::width(line) <= usize::from(width.clamp(40, 200)), "{line}");
            }
        }
    }
}

#[test]
fn exploits_and_the_database_are_marked_beside_the_title() {
    let text = draw(&sample::enriched(), 160);
    assert!(text.contains("KEV EPSS 94.4% [acme] Potential denial"), "{text}");
    assert!(text.contains("[osv] SQL injection"), "{text}");
    assert!(text.contains("EXPLOITS") && text.contains("KEV  of 2026-06-30  250,000 CVEs"), "{text}");
    // With one database there is nothing to tell apart.
    assert!(!draw(&sample::report(), 160).contains("[osv]"));
}

#[test]
fn of_many_findings_the_worst_are_shown_and_the_rest_counted() {
    let mut report = sample::report();
    let first = report.findings[0].clone();
    report.findings = (0..14).map(|n| Finding { id: format!("A-{n:02}"), ..first.clone() }).collect();
    report.findings[13].category = "malicious".to_owned();
    report.findings[12].severity = Severity::Low;
    let table = draw(&report, 100);
    assert!(table.contains("A-09") && !table.contains("A-10") && !table.contains("A-12"), "{table}");
    assert!(table.contains("A-13"), "malicious code is always shown: {table}");
    assert!(table.contains("and 3 more: 2 high, 1 low (-v shows them)"), "{table}");
    let all = render(&report, TableOptions { verbosity: Verbosity::Verbose, ..options(100) });
    assert!((0..14).all(|n| all.contains(&format!("A-{n:02}"))));
}
