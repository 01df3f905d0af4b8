//! What people said about findings: files of many tools, often from elsewhere.

use chiron_standing::ignore;
use chiron_standing::vex::write::{OpenVex, Said};
use chiron_standing::vex::{self, VexFormat};

/// What is read can be written as OpenVEX, and is read again.
pub(super) fn vex(bytes: &[u8]) {
    let Ok(document) = vex::read("x.json", bytes) else { return };
    let (statements, left_out) = vex::merge(std::slice::from_ref(&document));
    assert!(statements.len() as u64 + left_out <= document.statements.len() as u64);
    let said = statements.iter().map(Said::of).collect();
    let time = "2026-01-01T00:00:00Z".parse().unwrap();
    let written = OpenVex::new("urn:x".to_owned(), "x".to_owned(), time, "x".to_owned(), said).encode().unwrap();
    let again = vex::read("y.json", &written).unwrap();
    assert_eq!((again.format, again.statements.len()), (VexFormat::OpenVex, statements.len()));
}

/// Whosever file it is: places of mistakes are in it, and no rule sets everything aside.
pub(super) fn ignore(bytes: &[u8]) {
    // YAML ends a line at a carriage return too.
    let lines = bytes.iter().filter(|&&byte| matches!(byte, b'\n' | b'\r')).count() + 2;
    for name in ["i.toml", ".trivyignore", ".trivyignore.yaml", "osv-scanner.toml", ".grype.yaml"] {
        match ignore::read(name, bytes) {
            Ok(rules) => assert!(!rules.iter().any(ignore::Rule::is_everything)),
            Err(complaints) => {
                assert!(!complaints.is_empty());
                assert!(complaints.iter().all(|complaint| (1..=lines).contains(&complaint.line)), "{complaints:?}");
            }
        }
    }
}
