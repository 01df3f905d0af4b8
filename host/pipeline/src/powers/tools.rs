//! The run's programs, as the sandbox hands them out.

use std::collections::BTreeMap;
use std::sync::Arc;

use chiron_archive::Blob as ArchiveBlob;
use chiron_model::component::Component;
use chiron_model::digest::Digest;
use chiron_model::report::Report;
use chiron_model::subject::Subject;
use chiron_model::verdict::{Decision, Verdict};
use chiron_sandbox::powers::{
    self, Argument, Blob, EntryKind, Execution, Exit, Invocation, Invoking, PowerError, ToolError, ToolInput, Tools,
    Tree,
};
use chiron_tools::{Ended, Error, Fill, Input, Material, MaterialError, Order, Runner, Tool, Value};

use super::content::BlobPower;

/// Bytes asked for at a time while an input is laid out.
const WINDOW_BYTES: u32 = 1024 * 1024;

/// Entries asked for at a time.
const PAGE_ENTRIES: u32 = 1024;

/// Longest name of a file that a program sees, in bytes: what every file system takes.
const NAME_BYTES_MAX: usize = 255;

/// The programs of a run, and what starts them.
pub(crate) struct Toolbox {
    runner: Arc<Runner>,
    tools: BTreeMap<String, Arc<Tool>>,
}

impl Toolbox {
    pub(crate) fn new(runner: Arc<Runner>, tools: impl Iterator<Item = Arc<Tool>>) -> Self {
        Self { runner, tools: tools.map(|tool| (tool.name.clone(), tool)).collect() }
    }

    pub(crate) fn runner(&self) -> &Arc<Runner> {
        &self.runner
    }
}

/// The components of a call, ready to be written for a program.
pub(crate) struct Sbom {
    pub(crate) pipeline: String,
    pub(crate) version: &'static str,
    pub(crate) printed_at: String,
    pub(crate) evaluated_at: String,
    pub(crate) subject: Subject,
    pub(crate) components: Arc<Vec<Component>>,
    /// Which of them.
    pub(crate) batch: Vec<usize>,
}

impl Sbom {
    /// In a format, by its word.
    fn encode(&self, format: chiron_formats::Format) -> Result<Vec<u8>, MaterialError> {
        let report = Report {
            pipeline: self.pipeline.clone(),
            chiron_version: self.version.to_owned(),
            evaluated_at: self.evaluated_at.clone(),
            printed_at: self.printed_at.clone(),
            subjects: vec![self.subject.clone()],
            steps: Vec::new(),
            components: self.batch.iter().filter_map(|&index| self.components.get(index).cloned()).collect(),
            relations: Vec::new(),
            files: Vec::new(),
            findings: Vec::new(),
            advice: Vec::new(),
            databases: Vec::new(),
            enrichments: Vec::new(),
            vex: Vec::new(),
            verdict: Verdict { decision: Decision::NotApplicable, judged: false, policies: Vec::new() },
            notes: Vec::new(),
            settings: Vec::new(),
        };
        let contents = chiron_formats::cyclonedx::Contents::ComponentsOnly;
        let options = chiron_formats::Options { contents, ..chiron_formats::Options::default() };
        chiron_formats::encode(&report, format, &options).map_err(|error| source(error.to_string()))
    }
}

/// The programs of a run, for one call.
pub(crate) struct ToolPower {
    toolbox: Arc<Toolbox>,
    sbom: Option<Arc<Sbom>>,
}

impl ToolPower {
    pub(crate) fn new(toolbox: &Arc<Toolbox>, sbom: Option<Sbom>) -> Self {
        Self { toolbox: Arc::clone(toolbox), sbom: sbom.map(Arc::new) }
    }

    fn input(&self, input: ToolInput) -> Result<Input, ToolError> {
        Ok(match input {
            ToolInput::None => Input::None,
            ToolInput::Directory(tree) => Input::Directory(fill_tree(tree)),
            ToolInput::File(blob) => {
                let name = blob.name().filter(|name| is_plain(name)).unwrap_or_else(|| "file".to_owned());
                Input::File { fill: fill_blob(name.clone(), blob), name }
            }
            ToolInput::Components(word) => {
                let bad = |reason: String| ToolError::BadArgument(reason);
                let sbom = self.sbom.as_ref().map(Arc::clone);
                let sbom = sbom.ok_or_else(|| bad("this step has no components".to_owned()))?;
                let format = word.parse().ok().filter(|format| *format == chiron_formats::Format::CycloneDxJson);
                let format = format.ok_or_else(|| bad(format!("components cannot be written as `{word}`")))?;
                let name = "components.cdx.json".to_owned();
                Input::File { fill: fill_with(name.clone(), move || sbom.encode(format)), name }
            }
        })
    }
}

impl Tools for ToolPower {
    fn invoke<'a>(&'a self, tool: &'a str, invocation: Invocation) -> Invoking<'a> {
        Box::pin(async move {
            let found = self.toolbox.tools.get(tool);
            let tool = found.ok_or_else(|| ToolError::Other(format!("there is no tool `{tool}` in this run")))?;
            let arguments = invocation.arguments.into_iter().map(|(name, value)| (name, self::value(value))).collect();
            let input = self.input(invocation.input)?;
            let order = Order { profile: invocation.profile, arguments, input };
            let (sender, receiver) = tokio::sync::oneshot::channel();
            // Dropped with this future: that ends the program.
            let execution = self.toolbox.runner.start(tool, order, move |ended| drop(sender.send(ended)));
            let ended = receiver.await.unwrap_or(Err(Error::Cancelled));
            drop(execution);
            execution_of(tool, ended.map_err(refused)?)
        })
    }
}

fn value(argument: Argument) -> Value {
    match argument {
        Argument::Text(text) => Value::Text(text),
        Argument::Number(number) => Value::Number(number),
        Argument::Flag(flag) => Value::Flag(flag),
    }
}

fn execution_of(tool: &Tool, ended: Ended) -> Result<Execution, ToolError> {
    let ended = Arc::new(ended);
    let output = |path: &std::path::Path| -> Result<Arc<dyn Blob>, ToolError> {
        let blob = ArchiveBlob::open(path, &chiron_archive::Limits::default());
        let blob = BlobPower(blob.map_err(|error| ToolError::Other(error.to_string()))?);
        Ok(Arc::new(Output { blob, _ended: Arc::clone(&ended) }))
    };
    Ok(Execution {
        exit: Exit {
            code: ended.code,
            duration_ms: ended.duration_ms,
            tool_digest: tool.program.digest.to_string(),
            tool_version: tool.version.clone(),
        },
        stdout: output(ended.stdout())?,
        stderr: output(ended.stderr())?,
    })
}

fn refused(error: Error) -> ToolError {
    let text = error.to_string();
    match error {
        Error::NoSuchProfile { .. } => ToolError::NoSuchProfile(text),
        Error::BadArgument { .. } => ToolError::BadArgument(text),
        Error::DigestMismatch { .. } => ToolError::DigestMismatch(text),
        Error::NotConfined { .. } => ToolError::NotConfined(text),
        Error::Timeout { .. } => ToolError::Timeout,
        Error::Killed { .. } => ToolError::Killed(text),
        Error::OutputTooLarge { limit } => ToolError::OutputTooLarge(limit),
        Error::Material(_) | Error::Program(_) | Error::Cancelled | Error::Io { .. } => ToolError::Other(text),
    }
}

/// Whether a name can be that of a file which a program is told: it is part of a command line.
fn is_plain(name: &str) -> bool {
    let odd = |c: char| c.is_control() || matches!(c, '/' | '\\');
    !name.is_empty() && name.len() <= NAME_BYTES_MAX && !name.starts_with(['-', '.', '@']) && !name.contains(odd)
}

fn source(reason: String) -> MaterialError {
    MaterialError::Source { reason }
}

fn unreadable(error: PowerError) -> MaterialError {
    source(error.to_string())
}

fn fill_blob(name: String, blob: Arc<dyn Blob>) -> Fill {
    Box::new(move |material| material.file(&name, |offset| blob.read(offset, WINDOW_BYTES).map_err(unreadable)))
}

fn fill_with(name: String, bytes: impl FnOnce() -> Result<Vec<u8>, MaterialError> + Send + 'static) -> Fill {
    Box::new(move |material| {
        let mut bytes = Some(bytes()?);
        material.file(&name, |_| Ok(bytes.take().unwrap_or_default()))
    })
}

fn fill_tree(tree: Arc<dyn Tree>) -> Fill {
    Box::new(move |material| {
        let mut cursor: Option<String> = None;
        loop {
            let (entries, next) = tree.entries("**", cursor.as_deref(), PAGE_ENTRIES).map_err(unreadable)?;
            entries.iter().try_for_each(|entry| lay(material, tree.as_ref(), entry))?;
            match next {
                Some(next) => cursor = Some(next),
                None => return Ok(()),
            }
        }
    })
}

fn lay(material: &mut Material, tree: &dyn Tree, entry: &powers::Entry) -> Result<(), MaterialError> {
    match entry.kind {
        EntryKind::Directory => material.folder(&entry.path),
        EntryKind::Symlink => material.link(&entry.path, &tree.read_link(&entry.path).map_err(unreadable)?),
        EntryKind::File => {
            let blob = tree.open(&entry.path).map_err(unreadable)?;
            material.file(&entry.path, |offset| blob.read(offset, WINDOW_BYTES).map_err(unreadable))
        }
        EntryKind::Other => Err(source(format!("`{}` is neither a file nor a folder", entry.path))),
    }
}

/// What a program wrote. Its scratch folder stays for as long as anybody holds this.
struct Output {
    blob: BlobPower,
    _ended: Arc<Ended>,
}

impl Blob for Output {
    fn size(&self) -> u64 {
        self.blob.size()
    }

    fn media_type(&self) -> String {
        self.blob.media_type()
    }

    fn digest(&self, algorithm: &str) -> Result<Digest, PowerError> {
        self.blob.digest(algorithm)
    }

    fn available(&self, offset: u64, len: u32) -> Result<usize, PowerError> {
        self.blob.available(offset, len)
    }

    fn fill(&self, offset: u64, buffer: &mut [u8]) -> Result<(), PowerError> {
        self.blob.fill(offset, buffer)
    }

    fn open_tree(&self) -> Result<Arc<dyn Tree>, PowerError> {
        self.blob.open_tree()
    }
}

#[cfg(test)]
mod tests {
    use super::is_plain;

    #[test]
    fn a_file_is_named_as_it_is_unless_its_name_would_be_an_option() {
        for plain in ["demo-1.0-py3-none-any.whl", "requirements.txt", "a b"] {
            assert!(is_plain(plain), "{plain}");
        }
        for odd in ["", "-o", "@x", "..", "a/b", "a\\b", "a\nb", &"a".repeat(256)] {
            assert!(!is_plain(odd), "{odd:?}");
        }
    }
}
