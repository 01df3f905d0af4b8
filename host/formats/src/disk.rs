//! Places as a person with the sources has them: files and lines.

use std::collections::HashMap;

use chiron_model::location::Location;
use chiron_model::report::Report;

/// Which subjects are files, asked once.
pub(crate) struct Disk<'a> {
    files: HashMap<&'a str, bool>,
}

/// A file or folder, relative to the folder that names of subjects are relative to.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct OnDisk {
    /// Slash-separated.
    pub(crate) path: String,
    /// From 1. Never for a place inside an archive: a line of a member is no line of the archive.
    pub(crate) line: Option<u32>,
    /// The place inside the file, where the file is an archive or an image: `dist/app.whl!/METADATA`.
    pub(crate) member: Option<String>,
}

impl<'a> Disk<'a> {
    pub(crate) fn new(report: &'a Report) -> Self {
        Self { files: report.subjects.iter().map(|subject| (subject.name.as_str(), subject.is_file())).collect() }
    }

    /// Where a place in a subject is.
    pub(crate) fn find(&self, subject: &str, place: &Location) -> OnDisk {
        let file = self.files.get(subject).copied().unwrap_or(false);
        // What an image's layers hold lies in no file of its own, also where the image is a folder.
        let inside = place.path != "." && (file || place.layer.is_some());
        let line = place.line.filter(|line| *line > 0);
        OnDisk {
            path: join(subject, if inside { "." } else { &place.path }),
            line: line.filter(|_| !inside),
            member: (inside || place.layer.is_some()).then(|| member(subject, place)),
        }
    }
}

fn join(subject: &str, path: &str) -> String {
    let subject = subject.strip_prefix("./").unwrap_or(subject);
    match (subject, path) {
        (subject, ".") => subject.to_owned(),
        ("." | "", path) => path.to_owned(),
        (subject, path) => format!("{}/{path}", subject.trim_end_matches('/')),
    }
}

fn member(subject: &str, place: &Location) -> String {
    let line = place.line.map(|line| format!(":{line}")).unwrap_or_default();
    let layer = place.layer.as_ref().map(|layer| format!("@{layer}")).unwrap_or_default();
    format!("{subject}{layer}!/{}{line}", place.path)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sample;

    #[test]
    fn a_member_of_an_archive_is_the_archive() {
        let report = sample::report();
        let place = Location { path: "a/METADATA".to_owned(), line: Some(3), layer: None };
        let found = Disk::new(&report).find("dist/app.whl", &place);
        let member = Some("dist/app.whl!/a/METADATA:3".to_owned());
        assert_eq!(found, OnDisk { path: "dist/app.whl".to_owned(), line: None, member });
    }

    #[test]
    fn a_file_of_a_folder_has_its_line() {
        let report = sample::report();
        let disk = Disk::new(&report);
        let place = Location { path: "uv.lock".to_owned(), line: Some(3), layer: None };
        let at = |path: &str| OnDisk { path: path.to_owned(), line: Some(3), member: None };
        assert_eq!(disk.find("./web/", &place), at("web/uv.lock"));
        assert_eq!(disk.find(".", &place), at("uv.lock"));
    }
}
