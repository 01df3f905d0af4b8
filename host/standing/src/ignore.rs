//! Suppressions: findings that people set aside, each with its reason.
//!
//! One file of our own serves every scanner; the files of Trivy, OSV-Scanner and Grype are read as they are.

mod apply;
mod condition;
mod date;
pub mod edit;
mod grype;
mod osv_scanner;
mod own;
mod rule;
mod trivy;

use std::fmt;

pub use apply::{Met, Rules};
pub use condition::{Condition, FixState};
pub use date::{Until, day};
pub use own::{Entry, entries, rule};
pub use rule::{Reach, Rule, Source};

/// Largest ignore file that is read, in bytes. 100,000 entries of our own are about 12 MiB.
pub const FILE_BYTES_MAX: usize = 32 * 1024 * 1024;

/// Whose file it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Dialect {
    /// Ours: TOML with `[[suppress]]`.
    Chiron,
    /// Trivy's list of ids.
    Trivy,
    /// Trivy's YAML.
    TrivyYaml,
    /// OSV-Scanner's configuration.
    OsvScanner,
    /// Grype's configuration.
    Grype,
}

impl Dialect {
    /// The tool's name.
    #[must_use]
    pub const fn word(self) -> &'static str {
        match self {
            Self::Chiron => "chiron",
            Self::Trivy | Self::TrivyYaml => "trivy",
            Self::OsvScanner => "osv-scanner",
            Self::Grype => "grype",
        }
    }

    /// Told by the file's name, and where several tools share an ending by what stands in it.
    #[must_use]
    pub fn of(name: &str, text: &str) -> Option<Self> {
        let file = name.rsplit(['/', '\\']).next().unwrap_or(name).to_ascii_lowercase();
        let (yaml, toml) = (file.ends_with(".yaml") || file.ends_with(".yml"), file.ends_with(".toml"));
        match (yaml, toml) {
            (true, _) if file.contains("grype") => Some(Self::Grype),
            (true, _) if file.contains("trivy") => Some(Self::TrivyYaml),
            (true, _) => Some(if begins_line(text, &["ignore:"]) { Self::Grype } else { Self::TrivyYaml }),
            (_, true) if file.contains("osv-scanner") => Some(Self::OsvScanner),
            (_, true) if begins_line(text, &["[[IgnoredVulns]]", "[[PackageOverrides]]"]) => Some(Self::OsvScanner),
            (_, true) => Some(Self::Chiron),
            _ => file.contains("trivyignore").then_some(Self::Trivy),
        }
    }
}

fn begins_line(text: &str, words: &[&str]) -> bool {
    text.lines().any(|line| words.iter().any(|word| line.starts_with(word)))
}

/// What is wrong with an ignore file, and where.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Complaint {
    /// As the operator named it.
    pub file: String,
    /// From 1.
    pub line: usize,
    /// In words.
    pub message: String,
}

impl fmt::Display for Complaint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}: {}", self.file, self.line, self.message)
    }
}

/// Reads an ignore file, whosever it is.
///
/// # Errors
/// Everything that is wrong with it, in the order of its lines.
pub fn read(name: &str, bytes: &[u8]) -> Result<Vec<Rule>, Vec<Complaint>> {
    let complaint = |line: usize, message: String| vec![Complaint { file: name.to_owned(), line, message }];
    if bytes.len() > FILE_BYTES_MAX {
        return Err(complaint(1, format!("larger than {FILE_BYTES_MAX} bytes")));
    }
    let text = match std::str::from_utf8(bytes) {
        Ok(text) => text.strip_prefix('\u{feff}').unwrap_or(text),
        Err(error) => {
            let line = bytes[..error.valid_up_to()].iter().filter(|&&byte| byte == b'\n').count() + 1;
            return Err(complaint(line, "not UTF-8".to_owned()));
        }
    };
    let rules = match Dialect::of(name, text) {
        Some(Dialect::Chiron) => own::read(name, text),
        Some(Dialect::Trivy) => Ok(trivy::lines(name, text)),
        Some(Dialect::TrivyYaml) => trivy::yaml(name, text),
        Some(Dialect::OsvScanner) => osv_scanner::read(name, text),
        Some(Dialect::Grype) => grype::read(name, text),
        None => Err(complaint(
            1,
            "its name does not say whose it is: .toml, .trivyignore, .trivyignore.yaml, osv-scanner.toml and .grype.yaml are known"
                .to_owned(),
        )),
    }?;
    refuse_everything(rules)
}

/// A rule that sets everything aside is a slip, or an attack.
fn refuse_everything(rules: Vec<Rule>) -> Result<Vec<Rule>, Vec<Complaint>> {
    let wrong: Vec<_> = rules.iter().filter(|rule| rule.is_everything()).map(everything).collect();
    if wrong.is_empty() { Ok(rules) } else { Err(wrong) }
}

fn everything(rule: &Rule) -> Complaint {
    Complaint {
        file: rule.source.file.clone(),
        line: rule.source.line.unwrap_or(1),
        message: "it would set everything aside: name an id, or a package".to_owned(),
    }
}
