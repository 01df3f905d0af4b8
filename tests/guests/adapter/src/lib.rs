//! A generator that runs programs, and misbehaves as its configuration says. What a program said, or why it did not run, it
//! reports as a component's name.

use chiron_sdk::content::{Blob, read_all};
use chiron_sdk::sbom::{Component, FileOutcome, Inventory, SbomGenerator, Source};
use chiron_sdk::tool::{Argument, Execution, HostTools, Input, ToolError, Tools};
use chiron_sdk::{Description, Plugin, PluginError, Request, Subject, config};

#[path = "../../behaviours.rs"]
#[allow(dead_code, reason = "each kind uses its own")]
mod behaviours;

use behaviours::Adapter as Behaviour;

struct Hostile(Behaviour);

#[derive(serde::Deserialize)]
struct Config {
    behaviour: String,
}

impl Plugin for Hostile {
    fn describe() -> Description {
        let mut description = Description::new("hostile-adapter", "0.1.0", "misbehaves").config_schema("{}");
        let request = Request { capability: "tool".into(), label: "cataloger".into(), purpose: "lists files".into() };
        description.requests.push(request);
        description
    }

    fn configure(text: &str) -> Result<Self, PluginError> {
        let word = config::parse::<Config>(text)?.behaviour;
        Behaviour::from_word(&word).map(Self).ok_or_else(|| config::bad("/behaviour", "no such behaviour"))
    }
}

impl SbomGenerator for Hostile {
    fn generate(&self, _: &Subject, source: Source<'_>) -> Result<Inventory, PluginError> {
        let input = match source {
            Source::File(blob) => Input::File(blob),
            Source::Directory(tree) => Input::Directory(tree),
        };
        let run = |tool: &str, profile: &str| said(HostTools.invoke(tool, profile, &[], input));
        let parts = match self.0 {
            Behaviour::Honest => vec![run("cataloger", "list")],
            Behaviour::UnboundLabel => vec![run("other", "list"), run("", "list")],
            Behaviour::OperatorsName => vec![run("tester", "list")],
            Behaviour::UnknownProfile => vec![run("cataloger", "exec"), run("cataloger", "")],
            Behaviour::InjectArguments => inject(),
            Behaviour::ForkAndLinger => vec![run("cataloger", "linger")],
            Behaviour::LookAround => ["look", "connect", "environment"].map(|way| run("cataloger", way)).to_vec(),
            Behaviour::FloodOutput => vec![run("cataloger", "flood")],
            Behaviour::SleepBeyondDeadline => vec![run("cataloger", "sleep")],
            Behaviour::HoardExecutions => {
                let mut hoard = Vec::new();
                loop {
                    hoard.push(HostTools.invoke("cataloger", "quick", &[], Input::None)?);
                }
            }
            Behaviour::KeepOutput => vec![keep(input)],
        };
        let mut inventory = Inventory::of_file(FileOutcome::read(".", 1));
        for (number, part) in parts.iter().enumerate() {
            inventory.components.push(Component::new(&number.to_string(), "library", part));
        }
        Ok(inventory)
    }
}

fn said(ended: Result<Box<dyn Execution>, ToolError>) -> String {
    match ended {
        Ok(execution) => format!("exit {}: {}", execution.exit().code, text(execution.stdout().as_ref())),
        Err(error) => refusal(&error).to_owned(),
    }
}

fn refusal(error: &ToolError) -> &'static str {
    match error {
        ToolError::NotBound(_) => "not-bound",
        ToolError::NoSuchProfile(_) => "no-such-profile",
        ToolError::BadArgument(_) => "bad-argument",
        ToolError::DigestMismatch(_) => "digest-mismatch",
        ToolError::NotConfined(_) => "not-confined",
        ToolError::Timeout => "timeout",
        ToolError::Killed(_) => "killed",
        ToolError::OutputTooLarge(_) => "output-too-large",
        ToolError::Other(_) => "other",
    }
}

fn text(blob: &dyn Blob) -> String {
    read_all(blob, 1 << 20)
        .map_or_else(|_| "unreadable".to_owned(), |b| String::from_utf8_lossy(&b).replace('\n', " | "))
}

/// Everything but what was declared for the hole `level`: a text of lower-case letters, blanks and `;`.
fn inject() -> Vec<String> {
    let text = |text: &str| Argument::Text(text.to_owned());
    let named = |value| vec![("level".to_owned(), value)];
    let ways = [
        named(text("--config=/etc/passwd")),
        named(text("-x")),
        named(text("a\n--config")),
        named(text("a\0b")),
        named(text("$(id)")),
        named(text("")),
        named(Argument::Number(1)),
        named(Argument::Flag(true)),
        Vec::new(),
        vec![("level".to_owned(), text("a")), ("level".to_owned(), text("b"))],
        vec![("level".to_owned(), text("a")), ("input".to_owned(), text("b"))],
        // What is allowed stays one argument.
        named(text("a; id b")),
    ];
    ways.iter().map(|way| said(HostTools.invoke("cataloger", "echo", way, Input::None))).collect()
}

/// What was written is read after the execution was let go.
fn keep(input: Input<'_>) -> String {
    match HostTools.invoke("cataloger", "list", &[], input) {
        Ok(execution) => {
            let stdout = execution.stdout();
            drop(execution);
            text(stdout.as_ref())
        }
        Err(error) => refusal(&error).to_owned(),
    }
}

chiron_sdk::export!(Hostile as sbom_generator);
