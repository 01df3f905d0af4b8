//! Programs that the operator bound to labels, run through command lines that the operator wrote. A plugin fills typed holes;
//! it never builds a command line.

use crate::PluginError;
use crate::bindings::tools::chiron::tool::runner;
pub use crate::bindings::tools::chiron::tool::runner::{Argument, Error as ToolError, Exit};
use crate::content::{Blob, Tree};

/// What a program may see, read-only.
#[derive(Clone, Copy)]
pub enum Input<'a> {
    /// Nothing.
    None,
    /// A directory.
    Directory(&'a dyn Tree),
    /// A file.
    File(&'a dyn Blob),
    /// The components of this call, written by the host in a format such as "cyclonedx-json".
    Components(&'a str),
}

/// Runs bound programs.
pub trait Tools {
    /// Runs a program to its end. Its exit code is not judged: many scanners exit 1 when they find something.
    ///
    /// # Errors
    /// For a label that is not bound, a profile that is not there, an argument that is not as declared, and whatever
    /// keeps the program from its end.
    fn invoke(
        &self,
        tool: &str,
        profile: &str,
        arguments: &[(String, Argument)],
        input: Input<'_>,
    ) -> Result<Box<dyn Execution>, ToolError>;
}

/// A finished execution. What it wrote stays for as long as this, or a blob of it, is held.
pub trait Execution {
    /// How it ended.
    fn exit(&self) -> Exit;
    /// What it wrote.
    fn stdout(&self) -> Box<dyn Blob>;
    /// What it complained about.
    fn stderr(&self) -> Box<dyn Blob>;
}

/// The host's programs, as a WIT import. Only a component may call it.
#[derive(Debug, Clone, Copy)]
pub struct HostTools;

impl Tools for HostTools {
    fn invoke(
        &self,
        tool: &str,
        profile: &str,
        arguments: &[(String, Argument)],
        input: Input<'_>,
    ) -> Result<Box<dyn Execution>, ToolError> {
        let foreign = || ToolError::BadArgument("the input is not of this host".to_owned());
        let input = match input {
            Input::None => runner::Input::None,
            Input::Directory(tree) => runner::Input::Directory(tree.handle().ok_or_else(foreign)?),
            Input::File(blob) => runner::Input::File(blob.handle().ok_or_else(foreign)?),
            Input::Components(format) => runner::Input::Components(format.to_owned()),
        };
        Ok(Box::new(runner::invoke(tool, profile, arguments, &input)?))
    }
}

impl Execution for runner::Execution {
    fn exit(&self) -> Exit {
        runner::Execution::exit(self)
    }

    fn stdout(&self) -> Box<dyn Blob> {
        Box::new(runner::Execution::stdout(self))
    }

    fn stderr(&self) -> Box<dyn Blob> {
        Box::new(runner::Execution::stderr(self))
    }
}

impl From<ToolError> for PluginError {
    fn from(error: ToolError) -> Self {
        match error {
            ToolError::NotBound(why) => Self::Denied(why),
            ToolError::NoSuchProfile(why) | ToolError::BadArgument(why) => Self::BadInput(why),
            ToolError::DigestMismatch(why) => Self::Denied(format!("digest-mismatch: {why}")),
            ToolError::NotConfined(why) => Self::Denied(format!("not-confined: {why}")),
            ToolError::Timeout => Self::Unavailable("the program did not end in time".to_owned()),
            ToolError::Killed(why) => Self::Unavailable(format!("the program was killed: {why}")),
            ToolError::OutputTooLarge(bytes) => Self::Other(format!("the program wrote more than {bytes} bytes")),
            ToolError::Other(why) => Self::Other(why),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::content::read_all;
    use crate::fake::FakeTools;

    #[test]
    fn a_fake_answers_as_it_was_told_and_knows_no_other_profile() {
        let tools = FakeTools::new().answer("sbom", "dir", 1, b"{}");
        let execution = tools.invoke("sbom", "dir", &[], Input::None).ok().unwrap();
        assert_eq!(execution.exit().code, 1);
        assert_eq!(read_all(execution.stdout().as_ref(), 10).unwrap(), b"{}");
        assert!(matches!(tools.invoke("sbom", "file", &[], Input::None), Err(ToolError::NoSuchProfile(_))));
        assert!(matches!(tools.invoke("other", "dir", &[], Input::None), Err(ToolError::NotBound(_))));
    }
}
