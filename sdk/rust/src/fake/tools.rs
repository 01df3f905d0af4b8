//! Programs whose answers are known beforehand.

use std::collections::BTreeMap;

use super::FakeBlob;
use crate::content::Blob;
use crate::tool::{Argument, Execution, Exit, Input, ToolError, Tools};

/// Answers by label and profile. Arguments and input are not looked at: whether they are as declared is the host's to say.
#[derive(Debug)]
pub struct FakeTools {
    answers: BTreeMap<(String, String), (i32, Vec<u8>)>,
    version: String,
}

impl Default for FakeTools {
    fn default() -> Self {
        Self { answers: BTreeMap::new(), version: "1.0.0".to_owned() }
    }
}

impl FakeTools {
    /// No program is bound.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Binds a program to a label, whose profile ends with this exit code after writing this.
    #[must_use]
    pub fn answer(mut self, label: &str, profile: &str, code: i32, stdout: impl AsRef<[u8]>) -> Self {
        self.answers.insert((label.to_owned(), profile.to_owned()), (code, stdout.as_ref().to_vec()));
        self
    }

    /// What the programs said when they were asked for their version; "1.0.0" unless told.
    #[must_use]
    pub fn version(mut self, version: &str) -> Self {
        version.clone_into(&mut self.version);
        self
    }
}

impl Tools for FakeTools {
    fn invoke(
        &self,
        tool: &str,
        profile: &str,
        _: &[(String, Argument)],
        _: Input<'_>,
    ) -> Result<Box<dyn Execution>, ToolError> {
        if !self.answers.keys().any(|(label, _)| label == tool) {
            return Err(ToolError::NotBound(tool.to_owned()));
        }
        let answer = self.answers.get(&(tool.to_owned(), profile.to_owned()));
        let (code, stdout) = answer.ok_or_else(|| ToolError::NoSuchProfile(profile.to_owned()))?;
        Ok(Box::new(FakeExecution { code: *code, stdout: stdout.clone(), version: self.version.clone() }))
    }
}

struct FakeExecution {
    code: i32,
    stdout: Vec<u8>,
    version: String,
}

impl Execution for FakeExecution {
    fn exit(&self) -> Exit {
        let tool_digest = format!("sha256:{}", super::sha256().value);
        Exit { code: self.code, duration_ms: 1, tool_digest, tool_version: self.version.clone() }
    }

    fn stdout(&self) -> Box<dyn Blob> {
        Box::new(FakeBlob::new(self.stdout.clone()))
    }

    fn stderr(&self) -> Box<dyn Blob> {
        Box::new(FakeBlob::new(Vec::new()))
    }
}
