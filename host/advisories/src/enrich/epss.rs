//! EPSS: the Exploit Prediction Scoring System of FIRST.org, as its daily file says it:
//! `#model_version:v2025.03.14,score_date:2025-05-01T12:55:00+0000`, then `cve,epss,percentile`, then a row for each CVE.

use std::path::Path;

use chiron_model::digest::Digest;

use super::{EnrichError, cve, read};

/// Most rows. There are 300,000.
const ROWS_MAX: usize = 5_000_000;

/// A file of scores.
#[derive(Clone, Debug, PartialEq)]
pub struct Epss {
    /// Of the file's bytes.
    pub digest: Digest,
    /// When the scores were computed, as the file says it.
    pub date: Option<String>,
    /// The model that computed them.
    pub model: Option<String>,
    /// By CVE, sorted: score and percentile.
    rows: Vec<((u16, u64), (f64, f64))>,
}

impl Epss {
    /// Reads the file, plain or gzip.
    ///
    /// # Errors
    /// [`EnrichError`] names file and line.
    pub fn open(path: &Path) -> Result<Self, EnrichError> {
        let (text, digest) = read(path)?;
        let damaged = |(line, reason): (u64, String)| EnrichError::Damaged { path: path.to_owned(), line, reason };
        parse(&text, digest).map_err(damaged)
    }

    /// Score (the probability that it is exploited in the next 30 days) and percentile, both from 0 to 1.
    #[must_use]
    pub fn of(&self, id: &str) -> Option<(f64, f64)> {
        let key = cve(id)?;
        let place = self.rows.binary_search_by_key(&key, |(key, _)| *key).ok()?;
        self.rows.get(place).map(|(_, scores)| *scores)
    }

    /// How many CVEs it scores.
    #[must_use]
    pub fn len(&self) -> usize {
        self.rows.len()
    }

    /// Never: an empty file is an error.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.rows.is_empty()
    }
}

fn parse(text: &str, digest: Digest) -> Result<Epss, (u64, String)> {
    let mut lines = (1..).zip(text.strip_prefix('\u{feff}').unwrap_or(text).lines()).peekable();
    let (mut date, mut model) = (None, None);
    if let Some((_, comment)) = lines.next_if(|(_, line)| line.starts_with('#')) {
        for field in comment.trim_start_matches('#').split(',') {
            match field.trim().split_once(':') {
                Some(("score_date", text)) => date = Some(short(text)),
                Some(("model_version", text)) => model = Some(short(text)),
                _ => {}
            }
        }
    }
    match lines.next() {
        Some((_, "cve,epss,percentile")) => {}
        Some((line, other)) => {
            return Err((line, format!("expected the columns `cve,epss,percentile`, found `{}`", short(other))));
        }
        None => return Err((1, "expected the columns `cve,epss,percentile`, found the end".to_owned())),
    }
    let mut rows = Vec::new();
    for (line, text) in lines.filter(|(_, text)| !text.is_empty()) {
        if rows.len() == ROWS_MAX {
            return Err((line, format!("more than {ROWS_MAX} rows")));
        }
        rows.push(
            row(text).ok_or_else(|| (line, format!("`{}` is no CVE with two numbers from 0 to 1", short(text))))?,
        );
    }
    if rows.is_empty() {
        return Err((2, "it holds no score".to_owned()));
    }
    rows.sort_by_key(|(key, _)| *key);
    if let Some(twice) = rows.windows(2).find(|pair| pair[0].0 == pair[1].0) {
        let ((year, number), _) = twice[0];
        return Err((1, format!("CVE-{year}-{number:04} stands in it twice")));
    }
    Ok(Epss { digest, date, model, rows })
}

fn row(text: &str) -> Option<((u16, u64), (f64, f64))> {
    let mut cells = text.split(',');
    let (id, score, percentile) = (cells.next()?, cells.next()?, cells.next()?);
    let part = |text: &str| text.parse().ok().filter(|value| (0.0..=1.0).contains(value));
    if cells.next().is_some() { None } else { Some((cve(id)?, (part(score)?, part(percentile)?))) }
}

/// As much of a text of the file as a message or a report shows.
fn short(text: &str) -> String {
    chiron_model::text::one_line(&chiron_model::text::cut(text.trim(), 60))
}

#[cfg(test)]
mod tests {
    use std::io::Write as _;

    use super::*;

    const FILE: &str = "#model_version:v2025.03.14,score_date:2025-05-01T12:55:00+0000\ncve,epss,percentile\n\
        CVE-2021-44228,0.94358,0.99957\nCVE-1999-0001,0.01,0.8\n";

    fn read(text: &str) -> Result<Epss, (u64, String)> {
        parse(text, Digest::sha256_of(text.as_bytes()))
    }

    #[test]
    fn scores_are_found_by_cve() {
        let epss = read(FILE).unwrap();
        assert_eq!(epss.of("CVE-2021-44228"), Some((0.94358, 0.99957)));
        assert_eq!(epss.of("cve-1999-0001"), Some((0.01, 0.8)));
        assert_eq!((epss.of("CVE-2021-44229"), epss.of("GHSA-x"), epss.len()), (None, None, 2));
        assert_eq!(epss.date.as_deref(), Some("2025-05-01T12:55:00+0000"));
        assert_eq!(epss.model.as_deref(), Some("v2025.03.14"));
        assert_eq!(read(&FILE.replace('\n', "\r\n")).unwrap().len(), 2);
    }

    #[test]
    fn damage_is_named_by_its_line() {
        for (text, line) in [
            ("", 1),
            ("<!DOCTYPE html>", 1),
            ("#x\nid,epss\n", 2),
            ("#x\ncve,epss,percentile\n", 2),
            ("#x\ncve,epss,percentile\nCVE-2021-44228,0.9,0.9\nCVE-2021-44229,1.5,0.9\n", 4),
            ("#x\ncve,epss,percentile\nCVE-2021-44228,NaN,0.9\n", 3),
            ("#x\ncve,epss,percentile\nCVE-2021-44228,0.9\n", 3),
            ("#x\ncve,epss,percentile\nCVE-2021-44228,0.9,0.9,0.9\n", 3),
            ("#x\ncve,epss,percentile\nGHSA-x,0.9,0.9\n", 3),
        ] {
            assert_eq!(read(text).unwrap_err().0, line, "{text}");
        }
        let twice = read("cve,epss,percentile\nCVE-2021-44228,0.1,0.1\nCVE-2021-44228,0.2,0.2").unwrap_err();
        assert!(twice.1.contains("CVE-2021-44228 stands in it twice"), "{twice:?}");
    }

    #[test]
    fn gzip_is_read_and_a_cut_one_is_not() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("epss.csv.gz");
        let mut gzip = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::default());
        gzip.write_all(FILE.as_bytes()).unwrap();
        let bytes = gzip.finish().unwrap();
        std::fs::write(&path, &bytes).unwrap();
        assert_eq!(Epss::open(&path).unwrap().len(), 2);
        std::fs::write(&path, &bytes[..bytes.len() - 9]).unwrap();
        assert!(matches!(Epss::open(&path), Err(EnrichError::Unreadable { .. })));
        assert!(matches!(Epss::open(&dir.path().join("absent")), Err(EnrichError::Unreadable { .. })));
    }
}
