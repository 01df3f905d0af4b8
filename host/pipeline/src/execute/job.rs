//! What a plugin that reads content is called with: the files of each subject that its description asks for.

use std::sync::Arc;

use chiron_model::component::Origin;
use chiron_model::subject::Subject;
use chiron_sandbox::Source;

use crate::evidence::Unit;
use crate::plan::PlannedStep;
use crate::powers::content::{BlobPower, TreePower};
use crate::subjects::PlannedSubject;

/// One call to make.
pub(super) struct Job {
    pub(super) unit: Unit,
    pub(super) subject: Subject,
    pub(super) input: Input,
}

impl Job {
    /// The file's path from where the subjects are, by which files of different subjects find each other.
    pub(super) fn place(&self, planned: &PlannedSubject) -> String {
        let name = planned.subject.name.trim_end_matches('/');
        match (&self.input, name) {
            (Input::Whole | Input::Tree(_), name) => name.to_owned(),
            (Input::File(path), name) if path == "." => name.to_owned(),
            (Input::File(path), ".") => path.clone(),
            (Input::File(path), name) => format!("{name}/{path}"),
        }
    }
}

/// What of a subject.
pub(super) enum Input {
    /// A file of the subject, by its path there; `.` for a subject that is a file.
    File(String),
    /// The subject as it is.
    Whole,
    /// All files of the subject, asked for by these among them.
    Tree(Vec<String>),
}

/// The files of a subject that a plugin reads, and its tree where something marks it; the whole subject for one that
/// names no inputs.
pub(super) fn jobs(step: &PlannedStep, index: usize, planned: &PlannedSubject) -> Vec<(usize, Job)> {
    let subject = &planned.subject;
    let origin = Origin { step: step.id.clone(), subject: subject.name.clone() };
    let name = file_name(&subject.name);
    let listing = planned.listing();
    if step.inputs.whole() {
        let path = if listing.is_none() { name } else { ".".to_owned() };
        return vec![(index, Job { unit: Unit::new(origin, path), subject: subject.clone(), input: Input::Whole })];
    }
    let Some(listing) = listing else {
        // Of an image that is broken nobody sees anything.
        if planned.image.is_some() || !step.inputs.reads(&name, &subject.media_type) {
            return Vec::new();
        }
        let input = Input::File(".".to_owned());
        return vec![(index, Job { unit: Unit::new(origin, name), subject: subject.clone(), input })];
    };
    if let Some(Err(_)) = &planned.image {
        return Vec::new();
    }
    let wanted = listing.files.iter().filter(|file| step.inputs.reads(&file.path, &file.media_type));
    let files = wanted.map(|file| {
        let described = Subject {
            name: file.path.clone(),
            media_type: file.media_type.clone(),
            digests: vec![file.sha256.clone()],
            size: Some(file.size),
            properties: Vec::new(),
        };
        let unit = Unit::new(origin.clone(), file.path.clone());
        (index, Job { unit, subject: described, input: Input::File(file.path.clone()) })
    });
    let paths = listing.files.iter().map(|file| &file.path).chain(listing.links.iter().map(|link| &link.path));
    let marks: Vec<_> = paths.filter(|path| step.inputs.marks(path)).cloned().collect();
    let tree = (!marks.is_empty()).then(|| {
        let unit = Unit::tree(origin.clone());
        (index, Job { unit, subject: subject.clone(), input: Input::Tree(marks) })
    });
    tree.into_iter().chain(files).collect()
}

/// The bytes.
///
/// # Errors
/// What the archive crate says.
pub(super) fn open(planned: &PlannedSubject, input: &Input) -> Result<Source, chiron_archive::Error> {
    let file = |blob| Source::File(Arc::new(BlobPower(blob)));
    match input {
        Input::File(path) => planned.blob(path).map(file),
        Input::Whole | Input::Tree(_) => planned.source().map(|source| match source {
            chiron_archive::Source::File(blob) => file(blob),
            chiron_archive::Source::Directory(tree) => Source::Directory(Arc::new(TreePower(tree))),
        }),
    }
}

/// The last part of a subject's name.
pub(super) fn file_name(name: &str) -> String {
    name.rsplit('/').next().unwrap_or(name).to_owned()
}
