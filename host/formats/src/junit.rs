//! JUnit XML, for CI systems that show tests: what Jenkins, GitLab and others read.
//!
//! One suite for each subject with a case for each of its components, which fails when findings apply to it or it cannot be
//! told; one suite for policies, where a denial fails; one for steps, where a failure is an error. A case of a component
//! fails by what is known about it, also where the policies let the run pass: readers who want the verdict alone look at
//! the suite of policies.

use std::io;

use chiron_model::report::Report;

mod suite;

use crate::xml::Xml;
use suite::{Case, Outcome, Suite};

/// Writes the report.
pub(crate) fn encode(report: &Report) -> io::Result<Vec<u8>> {
    let suites = suite::all(report);
    let [tests, failures, errors, skipped] = counts(suites.iter().flat_map(|suite| &suite.cases));
    let attributes = [
        ("name", report.pipeline.as_str()),
        ("tests", &tests),
        ("failures", &failures),
        ("errors", &errors),
        ("skipped", &skipped),
    ];
    let mut xml = Xml::new()?;
    xml.element("testsuites", &attributes, |xml| suites.iter().try_for_each(|suite| write(suite, report, xml)))?;
    Ok(xml.finish())
}

fn write(suite: &Suite, report: &Report, xml: &mut Xml) -> io::Result<()> {
    let [tests, failures, errors, skipped] = counts(suite.cases.iter());
    let attributes = [
        ("name", suite.name.as_str()),
        ("timestamp", &report.printed_at),
        ("tests", &tests),
        ("failures", &failures),
        ("errors", &errors),
        ("skipped", &skipped),
    ];
    xml.element("testsuite", &attributes, |xml| suite.cases.iter().try_for_each(|case| write_case(case, suite, xml)))
}

fn write_case(case: &Case, suite: &Suite, xml: &mut Xml) -> io::Result<()> {
    let attributes = [("classname", suite.name.as_str()), ("name", case.name.as_str())];
    match &case.outcome {
        Outcome::Passed => xml.empty("testcase", &attributes),
        Outcome::Skipped(why) => xml.element("testcase", &attributes, |xml| xml.empty("skipped", &[("message", why)])),
        Outcome::Failed { kind, message, text } => xml
            .element("testcase", &attributes, |xml| xml.text("failure", &[("type", kind), ("message", message)], text)),
        Outcome::Error { kind, message } => xml.element("testcase", &attributes, |xml| {
            xml.text("error", &[("type", kind), ("message", message)], message)
        }),
    }
}

/// Tests, failures, errors, skipped.
fn counts<'a>(cases: impl Iterator<Item = &'a Case>) -> [String; 4] {
    let mut counts = [0_u64; 4];
    for case in cases {
        counts[0] += 1;
        match case.outcome {
            Outcome::Passed => {}
            Outcome::Failed { .. } => counts[1] += 1,
            Outcome::Error { .. } => counts[2] += 1,
            Outcome::Skipped(_) => counts[3] += 1,
        }
    }
    counts.map(|count| count.to_string())
}

#[cfg(test)]
mod tests;
