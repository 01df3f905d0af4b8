//! Methods of handles, each called with a handle that does not exist and with nothing granted: whichever looked anything up before it
//! asked whether it may would say that there is no such handle, and not that it is denied. A guest cannot try this: it gets no handle
//! of a power that it was not granted. What it can try is in `tests/conformance/tests/versions.rs`.

use std::time::Duration;

use chiron_model::plugin::Capability;
use wasmtime::component::Resource;

use super::content::{BlobHandle, TreeHandle};
use super::signing::KeyHandle;
use super::tools::ExecutionHandle;
use crate::abi::powers::chiron::artifact::content::{HostBlob as _, HostTree};
use crate::abi::powers::chiron::core::types::Subject;
use crate::abi::powers::chiron::keys::signing::HostSigningKey;
use crate::abi::powers::chiron::tool::runner::{self, Host as _, HostExecution as _};
use crate::error::CallError;
use crate::grants::Grants;
use crate::limits::Limits;
use crate::plugin::Call;
use crate::powers::Powers;
use crate::state::State;
use crate::wasi::Surroundings;

/// A call that was granted nothing.
fn state() -> State {
    let (grants, powers, limits) = (Grants::none(), Powers::none(), Limits::default());
    let call =
        Call { grants: &grants, limits: &limits, powers: &powers, config: "", step: "step", now: Duration::ZERO };
    let surroundings = Surroundings::new("sha256:00", &call);
    State::new(grants.clone(), powers.clone(), limits.clone(), surroundings)
}

/// A handle that nobody was given.
fn forged<T: 'static>() -> Resource<T> {
    Resource::new_borrow(4711)
}

/// Names of the functions that a resource has in its interface: whoever adds one there has to add it here.
fn functions<'a>(interface: &'a str, resource: &str) -> Vec<&'a str> {
    let (_, body) = interface.split_once(&format!("resource {resource} {{")).unwrap();
    let (body, _) = body.split_once("\n  }").unwrap();
    let functions = body.lines().filter_map(|line| line.trim().split_once(": "));
    functions.filter(|(_, what)| what.contains("func(")).map(|(name, _)| name).collect()
}

/// What was called by name and what it led to. Each has to be denied, and be all that the resource has.
fn all_denied<'a>(
    interface: &str,
    resource: &str,
    capability: Capability,
    answers: impl IntoIterator<Item = (&'a str, Option<wasmtime::Error>)>,
) {
    let answers: Vec<_> = answers.into_iter().collect();
    assert_eq!(answers.iter().map(|(name, _)| *name).collect::<Vec<_>>(), functions(interface, resource));
    for (name, error) in answers {
        let error = error.unwrap_or_else(|| panic!("{resource}.{name} answers"));
        assert_eq!(error.downcast_ref::<CallError>(), Some(&CallError::Denied { capability }), "{resource}.{name}");
    }
}

#[test]
fn no_method_of_a_tree_or_a_blob_looks_its_handle_up_before_it_is_admitted() {
    let interface = include_str!("../../../../wit/deps/artifact/package.wit");
    let (mut state, text) = (state(), String::new);
    let answers = [
        ("entries", state.entries(forged::<TreeHandle>(), text(), None, 1).err()),
        ("open", HostTree::open(&mut state, forged::<TreeHandle>(), text()).err()),
        ("read-link", state.read_link(forged(), text()).err()),
    ];
    all_denied(interface, "tree", Capability::Content, answers);
    let answers = [
        ("size", state.size(forged()).err()),
        ("media-type", state.media_type(forged()).err()),
        ("digest", state.digest(forged::<BlobHandle>(), text()).err()),
        // The one that is linked; the generated one behind it is not.
        ("read", super::content::window::read(&mut state, &forged(), 0, 1).err()),
        ("open-tree", state.open_tree(forged()).err()),
    ];
    all_denied(interface, "blob", Capability::Content, answers);
}

#[tokio::test]
async fn no_method_of_a_key_looks_its_handle_up_before_it_is_admitted() {
    let interface = include_str!("../../../../wit/deps/keys/package.wit");
    let (mut state, text) = (state(), String::new);
    let subject =
        || Subject { name: text(), media_type: text(), digests: Vec::new(), size: None, properties: Vec::new() };
    let answers = [
        ("open", HostSigningKey::open(&mut state, text()).err()),
        ("public-key", state.public_key(forged()).err()),
        ("identity", state.identity(forged()).err()),
        ("sign-statement", state.sign_statement(forged(), Vec::new(), text(), Vec::new()).err()),
        ("sign-subject", state.sign_subject(forged::<KeyHandle>(), subject()).err()),
        ("bundle-statement", state.bundle_statement(forged(), Vec::new(), text(), Vec::new()).await.err()),
        ("bundle-subject", state.bundle_subject(forged(), subject()).await.err()),
    ];
    all_denied(interface, "signing-key", Capability::Signing, answers);
}

#[tokio::test]
async fn no_method_of_an_execution_and_no_input_of_one_is_looked_up_before_it_is_admitted() {
    let interface = include_str!("../../../../wit/deps/tool/package.wit");
    let mut state = state();
    let answers = [
        ("exit", state.exit(forged::<ExecutionHandle>()).err()),
        ("stdout", state.stdout(forged()).err()),
        ("stderr", state.stderr(forged()).err()),
    ];
    all_denied(interface, "execution", Capability::Tools, answers);
    for input in [runner::Input::Directory(forged()), runner::Input::File(forged())] {
        let error = state.invoke(String::new(), String::new(), Vec::new(), input).await.err().unwrap();
        let denied = CallError::Denied { capability: Capability::Tools };
        assert_eq!(error.downcast_ref::<CallError>(), Some(&denied));
    }
}
