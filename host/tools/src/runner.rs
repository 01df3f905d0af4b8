//! From an order to a running program.

use std::collections::{BTreeMap, BTreeSet};
use std::fs::File;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::AtomicBool;
use std::sync::mpsc;
use std::time::{Duration, Instant};

use crate::argument::Value;
use crate::error::Error;
use crate::execution::{Ended, Execution};
use crate::material::{Fill, Material};
use crate::process::{self, Job, Watch};
use crate::profile::{Places, Profile};
use crate::scratch::Scratch;
use crate::tool::{Confinement, Tool};

/// Where a confined program finds its input.
const INPUT: &str = "/input";

/// Where a confined program may write.
const SCRATCH: &str = "/scratch";

/// Where a confined program finds what the operator lets it read.
const READ: &str = "/read";

/// Longest run of a program that is asked for its version, in milliseconds.
const VERSION_TIMEOUT_MS: u64 = 30_000;

/// What a plugin asks for.
pub struct Order {
    /// The operator's name of a command line.
    pub profile: String,
    /// What fills its holes.
    pub arguments: Vec<(String, Value)>,
    /// What the program may see.
    pub input: Input,
}

/// What the program may see.
pub enum Input {
    /// Nothing.
    None,
    /// A folder.
    Directory(Fill),
    /// One file, of this name, which `Fill` writes.
    File {
        /// A plain name.
        name: String,
        /// Writes it.
        fill: Fill,
    },
}

/// Starts programs.
#[derive(Debug)]
pub struct Runner {
    launcher: PathBuf,
    base: PathBuf,
}

impl Runner {
    /// `launcher` is a program whose `main` begins with [`crate::launched`]; `base` is where scratch folders are made. What
    /// dead processes left there is swept.
    #[must_use]
    pub fn new(launcher: PathBuf, base: PathBuf) -> Self {
        // Sweeping is a courtesy to the disk: where it fails, making a scratch folder says why.
        let _ = Scratch::sweep(&base);
        Self { launcher, base }
    }

    /// Whether this machine can confine programs: tried, with everything but a program.
    ///
    /// # Errors
    /// [`Error::NotConfined`], and what keeps the trial from being made.
    pub fn probe(&self) -> Result<(), Error> {
        let scratch = self.scratch()?;
        process::probe(&self.launcher, &scratch)
    }

    /// Starts a program. `done` is called once, from another thread; not at all when the execution is dropped before.
    pub fn start(
        self: &Arc<Self>,
        tool: &Arc<Tool>,
        order: Order,
        done: impl FnOnce(Result<Ended, Error>) + Send + 'static,
    ) -> Execution {
        let (runner, tool) = (Arc::clone(self), Arc::clone(tool));
        Execution::start(move |cancelled| {
            let ended = runner.run(&tool, order, &cancelled);
            if !matches!(ended, Err(Error::Cancelled)) {
                done(ended);
            }
        })
    }

    /// The first word of a program's answer that looks like a version; empty where none does.
    ///
    /// # Errors
    /// A program that cannot be run.
    pub fn version(self: &Arc<Self>, tool: &Tool, arguments: &[String]) -> Result<String, Error> {
        let mut tool = tool.clone();
        let bad = |reason: String| Error::BadArgument { reason };
        let profile = Profile::parse(arguments, &BTreeMap::new(), &BTreeSet::new())
            .map_err(|wrong| bad(wrong.first().map(|(_, error)| error.to_string()).unwrap_or_default()))?;
        tool.profiles = BTreeMap::from([("version".to_owned(), profile)]);
        tool.limits.output_bytes = 1 << 20;
        tool.limits.timeout_ms = Some(VERSION_TIMEOUT_MS);
        let (sender, receiver) = mpsc::channel();
        let order = Order { profile: "version".to_owned(), arguments: Vec::new(), input: Input::None };
        let execution = self.start(&Arc::new(tool), order, move |ended| drop(sender.send(ended)));
        let ended = receiver.recv().map_err(|_| Error::Cancelled)??;
        drop(execution);
        let text = |path: &Path| std::fs::read(path).map(|bytes| String::from_utf8_lossy(&bytes).into_owned());
        let texts = [text(ended.stdout()), text(ended.stderr())];
        Ok(texts.into_iter().flatten().find_map(|text| version_in(&text)).unwrap_or_default())
    }

    fn scratch(&self) -> Result<Scratch, Error> {
        Scratch::new(&self.base).map_err(Error::io("make a scratch folder"))
    }

    fn run(&self, tool: &Tool, order: Order, cancelled: &Arc<AtomicBool>) -> Result<Ended, Error> {
        let profile = tool.profiles.get(&order.profile);
        let profile = profile.ok_or_else(|| Error::NoSuchProfile { profile: order.profile.clone() })?;
        if !profile.takes_input() && !matches!(order.input, Input::None) {
            let reason = format!("the profile `{}` takes no input, and one was given", order.profile);
            return Err(Error::BadArgument { reason });
        }
        let scratch = self.scratch()?;
        let ground = Ground::new(tool, &order.input, &scratch)?;
        let places = Places { input: ground.input.as_deref(), scratch: &ground.scratch, reads: &ground.reads };
        let mut arguments = vec![tool.name.clone()];
        arguments.extend(profile.render(&order.arguments, &places)?);
        let environment = environment(tool, &places)?;
        ground.lay_out(tool, order.input, cancelled)?;
        let output = |name: &str| {
            let path = scratch.path().join(name);
            File::create_new(&path).map(|file| (path, file)).map_err(Error::io("make a file for what a program says"))
        };
        let ((stdout, out), (stderr, err)) = (output("stdout")?, output("stderr")?);
        let job = Job {
            launcher: &self.launcher,
            #[cfg(target_os = "linux")]
            program: Arc::clone(tool.program.memory()),
            scratch: &scratch,
            tool,
            arguments,
            environment,
            directory: ground.scratch,
            stdout: out,
            stderr: err,
        };
        let started = Instant::now();
        let watch = Watch {
            cancelled,
            deadline: tool.limits.timeout_ms.map(|ms| (ms, started + Duration::from_millis(ms))),
            outputs: [&stdout, &stderr],
            output_bytes: tool.limits.output_bytes,
        };
        let code = process::run(job, &watch)?;
        let duration_ms = u64::try_from(started.elapsed().as_millis()).unwrap_or(u64::MAX);
        Ok(Ended::new(code, duration_ms, stdout, stderr, scratch))
    }
}

/// Where things are, as the program will see them.
struct Ground {
    folder: PathBuf,
    input: Option<String>,
    scratch: String,
    reads: BTreeMap<String, String>,
}

impl Ground {
    fn new(tool: &Tool, input: &Input, scratch: &Scratch) -> Result<Self, Error> {
        let make = |name| scratch.folder(name).map_err(Error::io("make a scratch folder"));
        let (folder, work) = (make("input")?, make("work")?);
        let seen = match tool.confinement {
            Confinement::Namespaces => INPUT.to_owned(),
            Confinement::None => text(&folder)?,
        };
        let reads = tool.reads.iter().map(|(name, path)| match tool.confinement {
            Confinement::Namespaces => Ok((name.clone(), read_at(name))),
            Confinement::None => Ok((name.clone(), text(path)?)),
        });
        Ok(Self {
            input: match input {
                Input::None => None,
                Input::Directory(_) => Some(seen),
                Input::File { name, .. } => Some(format!("{seen}/{name}")),
            },
            scratch: match tool.confinement {
                Confinement::Namespaces => SCRATCH.to_owned(),
                Confinement::None => text(&work)?,
            },
            reads: reads.collect::<Result<_, Error>>()?,
            folder,
        })
    }

    fn lay_out(&self, tool: &Tool, input: Input, cancelled: &Arc<AtomicBool>) -> Result<(), Error> {
        let fill = match input {
            Input::None => return Ok(()),
            Input::Directory(fill) | Input::File { fill, .. } => fill,
        };
        let (bytes, entries) = (tool.limits.input_bytes, tool.limits.input_entries);
        let mut material = Material::new(self.folder.clone(), bytes, entries, Arc::clone(cancelled));
        fill(&mut material)?;
        Ok(material.close()?)
    }
}

/// Where a confined program finds what the operator lets it read.
pub(crate) fn read_at(name: &str) -> String {
    format!("{READ}/{name}")
}

fn text(path: &Path) -> Result<String, Error> {
    let text = path.to_str().map(str::to_owned);
    text.ok_or_else(|| Error::Io { action: "name a folder", reason: format!("{} is not UTF-8", path.display()) })
}

/// What every program gets, and what the operator adds. `PATH` is not there: a program starts no other one.
fn environment(tool: &Tool, places: &Places<'_>) -> Result<Vec<(String, String)>, Error> {
    let mut variables = BTreeMap::from([
        ("HOME".to_owned(), places.scratch.to_owned()),
        ("TMPDIR".to_owned(), places.scratch.to_owned()),
        ("LANG".to_owned(), "C.UTF-8".to_owned()),
    ]);
    for (name, value) in &tool.environment {
        let value = value.0.fill(|hole, _| match hole {
            crate::template::Hole::Scratch => Ok(places.scratch.to_owned()),
            crate::template::Hole::Read(read) => Ok(places.reads.get(read).cloned().unwrap_or_default()),
            crate::template::Hole::Input | crate::template::Hole::Argument(_) => {
                Err(Error::BadArgument { reason: format!("the variable `{name}` has a hole") })
            }
        })?;
        variables.insert(name.clone(), value);
    }
    Ok(variables.into_iter().collect())
}

/// `1.18.1` of `syft 1.18.1`, `v0.58.1` of `Version: v0.58.1`.
fn version_in(text: &str) -> Option<String> {
    let word = |word: &&str| {
        let number = word.strip_prefix('v').unwrap_or(word);
        let plain = |c: char| c.is_ascii_alphanumeric() || matches!(c, '.' | '-' | '+' | '_');
        let (major, rest) = number.split_once('.').unwrap_or_default();
        let digits = !major.is_empty() && major.bytes().all(|b| b.is_ascii_digit());
        digits && rest.starts_with(|c: char| c.is_ascii_digit()) && number.len() <= 64 && number.chars().all(plain)
    };
    text.split(|c: char| c.is_whitespace() || matches!(c, ',' | '(' | ')' | '"')).find(word).map(str::to_owned)
}

#[cfg(test)]
mod tests {
    use super::version_in;

    #[test]
    fn finds_what_looks_like_a_version() {
        let found = |text| version_in(text).unwrap_or_default();
        assert_eq!(found("Application: syft\nVersion:    1.18.1\nBuildDate: 2024-12-12"), "1.18.1");
        assert_eq!(found("grype v0.87.0-rc.1 (linux)"), "v0.87.0-rc.1");
        assert_eq!(found("{\"version\": \"2.0.3\"}"), "2.0.3");
        assert_eq!(found("no version. 2024 x.y .1 1."), "");
    }
}
