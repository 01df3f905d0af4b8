//! `chiron:tool/runner`: programs the step bound, through profiles of the operator. Guests never build an argv.

use std::sync::Arc;

use chiron_model::plugin::Capability;
use chiron_model::text::one_line;
use wasmtime::component::Resource;

use super::content::BlobHandle;
use crate::abi::powers::chiron::tool::runner;
use crate::powers::{Argument, Execution, Invocation, ToolError, ToolInput};
use crate::state::State;
use crate::weigh::Weigh as _;

/// A finished execution behind a handle.
#[allow(unreachable_pub, reason = "the generated bindings re-export it")]
pub struct ExecutionHandle(pub(crate) Execution);

impl runner::Host for State {
    async fn invoke(
        &mut self,
        label: String,
        profile: String,
        arguments: Vec<(String, runner::Argument)>,
        input: runner::Input,
    ) -> wasmtime::Result<Result<Resource<ExecutionHandle>, runner::Error>> {
        let given = label.weight() + profile.weight() + arguments.weight();
        let ended = self
            .waiting_on(Capability::Tools, given, |state| {
                let name = state.grants.bound(Capability::Tools, &label).map(str::to_owned);
                let power = state.powers.tools.as_ref().map(Arc::clone);
                let arguments = arguments.into_iter().map(|(name, value)| (name, value.into())).collect();
                let input = match input {
                    runner::Input::None => ToolInput::None,
                    runner::Input::Directory(tree) => ToolInput::Directory(Arc::clone(&state.table.get(&tree)?.0)),
                    runner::Input::File(blob) => ToolInput::File(Arc::clone(&state.table.get(&blob)?.0)),
                    runner::Input::Components(format) => ToolInput::Components(format),
                };
                Ok(async move {
                    let (Some(name), Some(power)) = (name, power) else {
                        return Err(runner::Error::NotBound(format!("the label `{}` is not bound", one_line(&label))));
                    };
                    power.invoke(&name, Invocation { profile, arguments, input }).await.map_err(runner::Error::from)
                })
            })
            .await?;
        match ended {
            Ok(execution) => Ok(Ok(self.hold(ExecutionHandle(execution))?)),
            Err(error) => Ok(Err(error)),
        }
    }
}

impl runner::HostExecution for State {
    fn exit(&mut self, execution: Resource<ExecutionHandle>) -> wasmtime::Result<runner::Exit> {
        self.using(Capability::Tools, 0, |state| {
            let exit = state.table.get(&execution)?.0.exit.clone();
            Ok(runner::Exit {
                code: exit.code,
                duration_ms: exit.duration_ms,
                tool_digest: exit.tool_digest,
                tool_version: exit.tool_version,
            })
        })
    }

    fn stdout(&mut self, execution: Resource<ExecutionHandle>) -> wasmtime::Result<Resource<BlobHandle>> {
        self.using(Capability::Tools, 0, |state| {
            let blob = Arc::clone(&state.table.get(&execution)?.0.stdout);
            state.hold(BlobHandle(blob))
        })
    }

    fn stderr(&mut self, execution: Resource<ExecutionHandle>) -> wasmtime::Result<Resource<BlobHandle>> {
        self.using(Capability::Tools, 0, |state| {
            let blob = Arc::clone(&state.table.get(&execution)?.0.stderr);
            state.hold(BlobHandle(blob))
        })
    }

    fn drop(&mut self, execution: Resource<ExecutionHandle>) -> wasmtime::Result<()> {
        self.table.delete(execution)?;
        Ok(())
    }
}

impl From<runner::Argument> for Argument {
    fn from(argument: runner::Argument) -> Self {
        match argument {
            runner::Argument::Text(text) => Self::Text(text),
            runner::Argument::Number(number) => Self::Number(number),
            runner::Argument::Flag(flag) => Self::Flag(flag),
        }
    }
}

impl From<ToolError> for runner::Error {
    fn from(error: ToolError) -> Self {
        match error {
            ToolError::NoSuchProfile(text) => Self::NoSuchProfile(text),
            ToolError::BadArgument(text) => Self::BadArgument(text),
            ToolError::DigestMismatch(text) => Self::DigestMismatch(text),
            ToolError::NotConfined(text) => Self::NotConfined(text),
            ToolError::Timeout => Self::Timeout,
            ToolError::Killed(text) => Self::Killed(text),
            ToolError::OutputTooLarge(limit) => Self::OutputTooLarge(limit),
            ToolError::Other(text) => Self::Other(text),
        }
    }
}
