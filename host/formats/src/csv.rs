//! Findings as CSV (RFC 4180): one row each, for spreadsheets.
//!
//! Findings alone: whoever wants to know whether a run could be judged reads another format. A cell that begins like a
//! formula (`=`, `+`, `-`, `@`, their full-width forms, tab, carriage return) gets an apostrophe in front, as OWASP's page on
//! CSV injection says, because spreadsheets run formulas: such a cell does not hold the text as it was. Every cell is quoted, so no
//! separator of any locale begins another cell, and stands on one line.

use chiron_model::finding::{Finding, FindingStatus};
use chiron_model::report::Report;
use chiron_model::text;

use crate::exploit;
use crate::places::Places;

/// Names of the columns, in order. New ones are added at the end.
const COLUMNS: [&str; 22] = [
    "severity",
    "status",
    "id",
    "advisories",
    "score",
    "component",
    "version",
    "purl",
    "title",
    "fixed_versions",
    "last_affected",
    "category",
    "subjects",
    "locations",
    "unknown_reason",
    "suppression_reason",
    "suppression_expires",
    "fingerprint",
    "epss",
    "epss_percentile",
    "kev",
    "databases",
];

/// Writes the findings.
pub(crate) fn encode(report: &Report) -> String {
    let places = Places::new(report);
    let mut out = String::new();
    line(&mut out, COLUMNS.map(str::to_owned));
    for finding in &report.findings {
        line(&mut out, cells(finding, &places));
    }
    out
}

fn cells(finding: &Finding, places: &Places<'_>) -> [String; COLUMNS.len()] {
    let component = places.component_of(finding);
    let suppression = match &finding.status {
        FindingStatus::Suppressed(suppression) => Some(suppression),
        FindingStatus::Affected | FindingStatus::Unknown => None,
    };
    let optional = |text: Option<&String>| text.cloned().unwrap_or_default();
    [
        finding.severity.word().to_owned(),
        finding.status.word().to_owned(),
        finding.id.clone(),
        finding.advisories.join(" "),
        score(finding),
        component.map(|component| component.name.clone()).unwrap_or_default(),
        optional(component.and_then(|component| component.version.as_ref())),
        component.and_then(|component| component.purl.as_ref()).map(ToString::to_string).unwrap_or_default(),
        finding.title.clone(),
        finding.fixed_versions.join(" "),
        optional(finding.last_affected.as_ref()),
        finding.category.clone(),
        finding.subjects.join(" "),
        locations(finding, places),
        optional(finding.unknown_reason.as_ref()),
        suppression.map(|suppression| suppression.reason.clone()).unwrap_or_default(),
        optional(suppression.and_then(|suppression| suppression.expires.as_ref())),
        finding.fingerprint.clone(),
        finding.epss.as_ref().map(|epss| format!("{:.5}", epss.score)).unwrap_or_default(),
        finding.epss.as_ref().map(|epss| format!("{:.5}", epss.percentile)).unwrap_or_default(),
        finding.kev.as_ref().map(|kev| kev.added.clone()).unwrap_or_default(),
        exploit::databases(finding).join(" "),
    ]
}

/// The highest number; nothing where no record gives one.
fn score(finding: &Finding) -> String {
    let values = finding.scores.iter().filter_map(|score| score.value).filter(|value| value.is_finite());
    values.reduce(f64::max).map(|value| format!("{value:.1}")).unwrap_or_default()
}

fn locations(finding: &Finding, places: &Places<'_>) -> String {
    let place = |(_, place): (&str, chiron_model::location::Location)| match place.line {
        Some(line) => format!("{}:{line}", place.path),
        None => place.path,
    };
    places.of(finding).into_iter().map(place).collect::<Vec<_>>().join(" ")
}

fn line(out: &mut String, cells: [String; COLUMNS.len()]) {
    let cells = cells.map(|cell| format!("\"{}\"", inert(&cell).replace('"', "\"\"")));
    out.push_str(&cells.join(","));
    out.push_str("\r\n");
}

/// On one line and no formula. White space at the ends is gone and a carriage return is replaced, so neither comes first.
fn inert(cell: &str) -> String {
    let line = text::one_line(cell);
    let formula = line.starts_with(['=', '+', '-', '@', '＝', '＋', '－', '＠']);
    if formula { format!("'{line}") } else { line }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::sample;

    fn read(report: &Report) -> Vec<Vec<String>> {
        let text = encode(report);
        let mut reader = csv::ReaderBuilder::new().has_headers(false).flexible(false).from_reader(text.as_bytes());
        reader.records().map(|row| row.unwrap().iter().map(str::to_owned).collect()).collect()
    }

    fn check(foreign: &str) {
        let report = sample::with_text(foreign);
        let rows = read(&report);
        assert_eq!(rows.len(), report.findings.len() + 1);
        for (row, finding) in rows[1..].iter().zip(&report.findings) {
            let plain = text::one_line(&finding.title);
            let title = row[8].strip_prefix('\'').filter(|_| !plain.starts_with('\'')).unwrap_or(&row[8]);
            assert_eq!(title, plain);
            for cell in row {
                assert!(!cell.starts_with(['=', '+', '-', '@', '\t', '\r', '\n']), "{cell:?}");
            }
        }
    }

    #[test]
    fn a_finding_is_a_row() {
        let rows = read(&sample::report());
        assert_eq!(rows[0], COLUMNS);
        assert_eq!(
            rows[1][..10],
            [
                "high",
                "affected",
                "CVE-2024-45230",
                "CVE-2024-45230 GHSA-5hgc-2vfp-mqvc PYSEC-2024-102",
                "7.5",
                "Django",
                "4.2.0",
                "pkg:pypi/django@4.2.0",
                "Potential denial-of-service vulnerability in django.utils.html.urlize()",
                "4.2.16"
            ]
        );
        assert_eq!(rows[4][15], "we never parse SQL from users");
        assert_eq!(rows[5][14], "the component has no version");
    }

    #[test]
    fn exploits_and_databases_have_columns() {
        let rows = read(&sample::enriched());
        assert_eq!(rows[0][18..], ["epss", "epss_percentile", "kev", "databases"]);
        assert_eq!(rows[1][18..], ["0.94358", "0.99957", "2026-05-01", "acme"]);
        assert_eq!(rows[2][18..], ["", "", "", "osv"]);
    }

    #[test]
    fn no_cell_is_a_formula() {
        sample::NASTY.iter().for_each(|text| check(text));
        check(&"=x\",".repeat(25_000));
        assert_eq!(inert("\t\n =1+1"), "'=1+1");
        assert_eq!(inert("\r=1+1"), "\u{fffd}=1+1");
    }

    #[test]
    fn a_line_ends_as_rfc_4180_says() {
        assert_eq!(encode(&sample::empty()).matches("\r\n").count(), 1);
        assert!(encode(&sample::empty()).starts_with("\"severity\",\"status\""));
    }

    proptest! {
        #[test]
        fn any_text_stays_in_its_cell(text: String) {
            check(&text);
        }
    }
}
