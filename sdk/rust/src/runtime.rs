//! The thin layer between the generated exports and an author's traits. The export macro uses it; authors do not.

use std::cell::OnceCell;
use std::marker::PhantomData;

use crate::bindings::generator::exports::chiron::sbom::generator;
use crate::bindings::lifecycle::exports::chiron::lifecycle::plugin as lifecycle;
use crate::bindings::policy::exports::chiron::policy0_1_0::check;
use crate::bindings::policy_v0_2::exports::chiron::policy0_2_0::check as check_v0_2;
use crate::bindings::scanner::exports::chiron::scan::scanner;
use crate::bindings::signer::exports::chiron::sign::signer;
use crate::policy::{Policy, v0_2};
use crate::sbom::{Component, Inventory, SbomGenerator, Source};
use crate::scan::{Finding, Scanner};
use crate::sign::Signer;
use crate::{Description, Plugin, PluginError, Subject};

/// Where the one configured plugin of this instance lives.
pub trait Slot {
    /// The author's type.
    type Plugin: Plugin;

    /// Lends the cell. A component has one thread, so this is a static in all but name.
    fn with_slot<R>(work: impl FnOnce(&OnceCell<Self::Plugin>) -> R) -> R;
}

/// Carries the generated `Guest` traits for an author's type.
#[derive(Debug)]
pub struct Adapter<S>(PhantomData<S>);

impl<S: Slot> Adapter<S> {
    fn work<R>(work: impl FnOnce(&S::Plugin) -> Result<R, PluginError>) -> Result<R, PluginError> {
        S::with_slot(|slot| match slot.get() {
            Some(plugin) => work(plugin),
            None => Err(PluginError::Other("called before `configure`".to_owned())),
        })
    }
}

impl<S: Slot> lifecycle::Guest for Adapter<S> {
    fn describe() -> Description {
        S::Plugin::describe()
    }

    fn configure(config: String) -> Result<(), PluginError> {
        report_panics();
        let plugin = S::Plugin::configure(&config)?;
        S::with_slot(|slot| slot.set(plugin)).map_err(|_| PluginError::Other("`configure` was called twice".to_owned()))
    }
}

impl<S: Slot<Plugin: Policy>> check::Guest for Adapter<S> {
    fn needs() -> check::Evidence {
        S::Plugin::needs()
    }

    fn evaluate(input: check::Input) -> Result<check::Verdict, PluginError> {
        Self::work(|plugin| plugin.evaluate(input))
    }
}

impl<S: Slot<Plugin: v0_2::Policy>> check_v0_2::Guest for Adapter<S> {
    fn needs() -> check_v0_2::Evidence {
        <S::Plugin as v0_2::Policy>::needs()
    }

    fn evaluate(input: check_v0_2::Input) -> Result<check_v0_2::Verdict, PluginError> {
        Self::work(|plugin| v0_2::Policy::evaluate(plugin, input))
    }
}

impl<S: Slot<Plugin: SbomGenerator>> generator::Guest for Adapter<S> {
    fn generate(subject: Subject, source: generator::Source<'_>) -> Result<Inventory, PluginError> {
        let source = match source {
            generator::Source::File(blob) => Source::File(blob),
            generator::Source::Directory(tree) => Source::Directory(tree),
        };
        Self::work(|plugin| plugin.generate(&subject, source))
    }
}

impl<S: Slot<Plugin: Scanner>> scanner::Guest for Adapter<S> {
    fn scan(subject: Subject, components: Vec<Component>) -> Result<Vec<Finding>, PluginError> {
        Self::work(|plugin| plugin.scan(&subject, &components, &crate::advisory::HostDb))
    }
}

impl<S: Slot<Plugin: Signer>> signer::Guest for Adapter<S> {
    fn sign(request: signer::Request) -> Result<Vec<signer::Signed>, PluginError> {
        Self::work(|plugin| plugin.sign(&request, &crate::keys::HostKeys))
    }
}

/// A panic is a trap, and a trap has no words: they go out through the log first. Not in `describe`, where the log
/// traps too.
fn report_panics() {
    #[cfg(target_arch = "wasm32")]
    std::panic::set_hook(Box::new(|panic| {
        let place = panic.location().map_or_else(String::new, ToString::to_string);
        let message = panic.payload_as_str().unwrap_or("panicked without a message");
        crate::log::emit(crate::log::Level::Error, &format!("panicked: {message}"), &[("location", &place)]);
    }));
}
