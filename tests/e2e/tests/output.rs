//! What is written where: results on standard output, words on standard error, nothing for eyes in a pipe.

use std::io::{BufRead as _, BufReader};
use std::process::Stdio;

use chiron_e2e::{Ended, FORMATS, Folder, bom, osv};

fn folder() -> Folder {
    let work = Folder::new();
    work.database(&[osv::demo()]).write("app.cdx.json", bom::of(&["pkg:pypi/demo@1.0"]));
    work
}

#[test]
fn a_pipe_gets_no_colour_and_no_progress() {
    let work = folder();
    for format in FORMATS {
        let ended = work
            .chiron_with(
                &[("TERM", "xterm-256color"), ("COLORTERM", "truecolor")],
                &["scan", "app.cdx.json", "--db", "db", "-o", format],
            )
            .with_code(0);
        // Lines of CSV end so (RFC 4180, section 2).
        let stdout = if format == "csv" { ended.stdout.replace("\r\n", "\n") } else { ended.stdout.clone() };
        for text in [&stdout, &ended.stderr] {
            assert!(!text.contains(['\u{1b}', '\r', '\u{8}']), "{format}: {text:?}");
        }
    }
}

#[test]
fn colour_can_be_forced() {
    let work = folder();
    let ended = work.chiron_with(&[("CLICOLOR_FORCE", "1")], &["scan", "app.cdx.json", "--db", "db"]).with_code(0);
    assert!(ended.stdout.contains('\u{1b}'), "{}", ended.stdout);
}

#[test]
fn json_is_alone_on_standard_output() {
    let work = folder();
    let report = work.chiron(&["scan", "app.cdx.json", "--db", "db", "-o", "json", "-vv"]).with_code(0).json();
    assert_eq!(report["schema"], "chiron-report/0.1");
    let document = work.chiron(&["sbom", "app.cdx.json"]).with_code(0).json();
    assert_eq!((&document["bomFormat"], &document["specVersion"]), (&"CycloneDX".into(), &"1.6".into()));
}

#[test]
fn quiet_says_nothing_but_the_result() {
    let work = folder();
    let ended =
        work.chiron(&["scan", "app.cdx.json", "--db", "db", "-q", "-o", "json", "--fail-on", "low"]).with_code(1);
    assert_eq!(ended.stderr, "");
    let _ = ended.json();
    assert_eq!(work.chiron(&["db", "import", "osv", "--db", "db2", "-q"]).with_code(0).stderr, "");
    // Errors are said even so.
    assert_ne!(work.chiron(&["scan", "missing", "-q"]).stderr, "");
}

#[test]
fn several_formats_are_written_in_one_run() {
    let work = folder();
    let ended = work
        .chiron(&[
            "scan",
            "app.cdx.json",
            "--db",
            "db",
            "-o",
            "json=a.json",
            "-o",
            "cyclonedx-json=b.json",
            "-o",
            "table=c.txt",
        ])
        .with_code(0);
    assert_eq!(ended.stdout, "");
    for file in ["a.json", "b.json"] {
        let _: serde_json::Value = serde_json::from_str(&work.read(file)).unwrap();
    }
    assert!(work.read("c.txt").contains("PYSEC-2024-1"));
}

#[test]
fn every_format_that_help_names_is_tried_here() {
    let help = folder().chiron(&["scan", "--help"]).with_code(0).stdout;
    let wrong = folder().chiron(&["scan", "app.cdx.json", "-o", "nonsense"]).with_code(2).stderr;
    for format in FORMATS {
        assert!(wrong.contains(format), "{format} is not in {wrong}");
    }
    let named = wrong.split("expected one of ").nth(1).unwrap().split_whitespace().collect::<Vec<_>>().join(" ");
    let named = named.split("For more").next().unwrap().trim();
    assert_eq!(named.split(", ").count(), FORMATS.len(), "{named}\n{help}");
}

#[test]
fn a_reader_that_goes_away_is_no_failure() {
    let work = folder();
    let purls: Vec<_> = (0..3000).map(|number| format!("pkg:pypi/p{number}@1.0")).collect();
    work.write("big.cdx.json", bom::of(&purls.iter().map(String::as_str).collect::<Vec<_>>()));
    for format in ["json", "cyclonedx-json"] {
        let mut command = work.command(&["sbom", "big.cdx.json", "-o", format]);
        let mut child = command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
        let mut line = String::new();
        BufReader::with_capacity(16, child.stdout.take().unwrap()).read_line(&mut line).unwrap();
        let ended = Ended::of(&child.wait_with_output().unwrap());
        assert!(line.starts_with('{'), "{line}");
        assert!(!ended.stderr.contains("panic"), "{}", ended.stderr);
        assert_eq!(ended.code, 0, "{}", ended.stderr);
    }
}

#[test]
fn the_table_keeps_to_the_width() {
    let work = folder();
    for width in ["60", "100"] {
        let ended = work.chiron_with(&[("COLUMNS", width)], &["scan", "app.cdx.json", "--db", "db"]).with_code(0);
        let widest = ended.stdout.lines().map(|line| line.chars().count()).max().unwrap();
        assert!(widest <= width.parse().unwrap(), "{widest} > {width}:\n{}", ended.stdout);
    }
}
