//! A compiled plugin, ready to be called any number of times.

use std::sync::{Arc, PoisonError};
use std::time::Duration;

use chiron_compiler::Tasks;
use chiron_model::digest::Digest;
use chiron_model::event::Code;
use chiron_model::plugin::{Description, PluginKind};
use wasmtime::Store;
use wasmtime::component::{Component, Instance, InstancePre, Linker};

use crate::abi::{convert, lifecycle};
use crate::cache::part_of_the_program;
use crate::call::{self, Entry, Work};
use crate::compile;
use crate::engine::{Core, Engine};
use crate::error::{CallError, LoadError};
use crate::grants::Grants;
use crate::inspect::Inspection;
use crate::limits::Limits;
use crate::powers::{Blob, Powers, Tree};
use crate::state::State;
use crate::wasi;
use crate::weigh::Weigh;

/// A component, compiled and linked. Cheap to clone; each call gets a store of its own.
#[derive(Clone)]
pub struct Plugin {
    pub(crate) pre: InstancePre<State>,
    pub(crate) lifecycle: Arc<lifecycle::KindIndices>,
    inspection: Arc<Inspection>,
    code: Code,
}

/// What one call gets.
pub struct Call<'a> {
    /// What it may touch.
    pub grants: &'a Grants,
    /// What it may cost.
    pub limits: &'a Limits,
    /// The host's side of what it may touch.
    pub powers: &'a Powers,
    /// JSON, checked against the plugin's schema.
    pub config: &'a str,
    /// Id of the step.
    pub step: &'a str,
    /// The run's time, since 1970: the only clock that a plugin's runtime sees.
    pub now: Duration,
}

/// What a generator or a scanner of content reads.
pub enum Source {
    /// One file.
    File(Arc<dyn Blob>),
    /// A directory tree.
    Directory(Arc<dyn Tree>),
}

/// From memory, from the program, from the cache, or by compiling.
fn compiled(
    engine: &Engine,
    core: &Core,
    bytes: &[u8],
    inspection: &Inspection,
    limits: &Limits,
) -> Result<(Component, Code), LoadError> {
    let key = (inspection.digest.to_string(), inspection.tasks == Tasks::On);
    // Whoever panicked while holding it left whole entries behind.
    let kept = engine.kept.as_ref().map(|kept| kept.lock().unwrap_or_else(PoisonError::into_inner));
    if let Some(component) = kept.as_ref().and_then(|kept| kept.get(&key)) {
        return Ok((component.clone(), Code::Cached));
    }
    drop(kept);
    let carried = engine.compiled(&inspection.digest).and_then(|code| part_of_the_program(&core.inner, code));
    let stored = carried.or_else(|| engine.cache.as_ref()?.load(&core.inner, &inspection.digest));
    let (component, code) = match stored {
        Some(component) => (component, Code::Cached),
        None => {
            let component = compile::compile(engine, core, bytes, limits.compile_ms)?;
            if let Some(cache) = &engine.cache {
                cache.store(&core.inner, &inspection.digest, &component);
            }
            (component, Code::Compiled)
        }
    };
    if let Some(kept) = &engine.kept {
        let _ = kept.lock().unwrap_or_else(PoisonError::into_inner).insert(key, component.clone());
    }
    Ok((component, code))
}

/// `describe` is pure and small: anything slower or larger is broken, and no key raises this.
fn describing() -> Limits {
    Limits {
        deadline_ms: 5_000,
        cpu_ms: 2_000,
        memory_bytes: 64 * 1024 * 1024,
        output_bytes: 4 * 1024 * 1024,
        // No power is granted; these are what a foreign runtime's start takes.
        host_calls: 10_000,
        handles: 64,
        log_lines: 0,
        log_line_bytes: 0,
        ..Limits::default()
    }
}

impl Plugin {
    /// Compiles a component that was inspected, or takes its compiled form from the engine's cache.
    ///
    /// # Errors
    /// [`LoadError::Compile`] when the compiler refuses it or its imports do not have the shape this host speaks;
    /// [`LoadError::CompileDeadline`] when compiling takes longer than the default of [`Limits::compile_ms`].
    pub fn load(engine: &Engine, bytes: &[u8], inspection: Inspection) -> Result<Self, LoadError> {
        Self::load_within(engine, bytes, inspection, &Limits::default())
    }

    /// The same, within limits of one's own; of these only [`Limits::compile_ms`] matters here.
    ///
    /// # Errors
    /// As [`Plugin::load`].
    pub fn load_within(
        engine: &Engine,
        bytes: &[u8],
        inspection: Inspection,
        limits: &Limits,
    ) -> Result<Self, LoadError> {
        let shape = |error: wasmtime::Error| LoadError::Compile { reason: format!("{error:#}") };
        let core = engine.core(inspection.tasks)?;
        let (component, code) = compiled(engine, &core, bytes, &inspection, limits)?;
        let mut linker = Linker::clone(&core.linker);
        wasi::link(&mut linker, &component).map_err(shape)?;
        let pre = linker.instantiate_pre(&component).map_err(shape)?;
        let lifecycle = Arc::new(lifecycle::KindIndices::new(&pre).map_err(shape)?);
        Ok(Self { pre, lifecycle, inspection: Arc::new(inspection), code })
    }

    /// One call, from a fresh store on. `given` is the weight of what the work is called with.
    pub(crate) async fn enter<T: Send + Weigh>(
        &self,
        entry: Entry,
        call: &Call<'_>,
        given: u64,
        work: impl for<'a> FnOnce(&'a mut Store<State>, Instance) -> Work<'a, T> + Send,
    ) -> Result<T, CallError> {
        call::enter(&self.pre, &self.lifecycle, self.digest(), entry, call, given, work).await
    }

    /// What was read from the component before it was compiled.
    #[must_use]
    pub fn inspection(&self) -> &Inspection {
        &self.inspection
    }

    /// What it does.
    #[must_use]
    pub fn kind(&self) -> PluginKind {
        self.inspection.kind
    }

    /// What it is called for.
    #[must_use]
    pub fn work(&self) -> chiron_model::plugin::Work {
        self.inspection.work
    }

    /// Where its compiled code is from.
    #[must_use]
    pub fn code(&self) -> Code {
        self.code
    }

    /// Digest of its bytes.
    #[must_use]
    pub fn digest(&self) -> &Digest {
        &self.inspection.digest
    }

    /// Asks the plugin about itself, with every power denied.
    ///
    /// # Errors
    /// Any [`CallError`]: a plugin that cannot describe itself cannot be used.
    pub async fn describe(&self) -> Result<Description, CallError> {
        let (grants, powers, limits) = (Grants::none(), Powers::none(), describing());
        let call =
            Call { grants: &grants, limits: &limits, powers: &powers, config: "", step: "", now: Duration::ZERO };
        let lifecycle = Arc::clone(&self.lifecycle);
        let found = self
            .enter(Entry::Bare, &call, 0, move |store, instance| {
                Box::pin(async move {
                    let guest = lifecycle.load(&mut *store, &instance)?;
                    Ok(Ok(guest.chiron_lifecycle_plugin().call_describe(store).await?))
                })
            })
            .await?;
        Ok(convert::description(found))
    }
}

#[cfg(test)]
mod tests {
    use chiron_model::plugin::Work as PluginWork;

    use super::*;
    use crate::cache::Cache;
    use crate::engine::Compiled;

    fn inspection(bytes: &[u8], tasks: Tasks) -> Inspection {
        Inspection {
            digest: Digest::sha256_of(bytes),
            kind: PluginKind::Policy,
            work: PluginWork::Evaluate,
            kind_version: semver::Version::new(0, 1, 0),
            imports: Vec::new(),
            exports: Vec::new(),
            capabilities: Vec::new(),
            foreign: None,
            tasks,
        }
    }

    fn code(engine: &Engine, bytes: &[u8], tasks: Tasks) -> Code {
        let core = engine.core(tasks).unwrap();
        compiled(engine, &core, bytes, &inspection(bytes, tasks), &Limits::default()).unwrap().1
    }

    fn component() -> Vec<u8> {
        wat::parse_str("(component (core module (func (export \"f\"))))").unwrap()
    }

    /// One component, the two configurations of the engine that there are, and one cache.
    #[test]
    fn code_of_another_engine_is_compiled_anew() {
        let folder = tempfile::tempdir().unwrap();
        let engine = Engine::new().unwrap().with_cache(Cache::open(&folder.path().join("cache")).unwrap());
        let codes =
            [Tasks::Off, Tasks::Off, Tasks::On, Tasks::On, Tasks::Off].map(|tasks| code(&engine, &component(), tasks));
        assert_eq!(codes, [Code::Compiled, Code::Cached, Code::Compiled, Code::Cached, Code::Cached]);
    }

    /// Code that is part of the program, or would be: what does not fit is compiled, as if it were not there.
    #[test]
    fn code_of_the_program_is_taken_for_its_component_and_engine_alone() {
        let (bytes, other) = (component(), wat::parse_str("(component)").unwrap());
        let target = format!("{}-unknown-linux-gnu", std::env::consts::ARCH);
        let native: &'static [u8] = chiron_compiler::native(&bytes, &target).unwrap().leak();
        let carries = |of: &[u8], code: &'static [u8]| {
            let digest: &'static str = Digest::sha256_of(of).hex().to_owned().leak();
            Engine::new().unwrap().with_compiled([Compiled { digest, code }])
        };
        assert_eq!(code(&carries(&bytes, native), &bytes, Tasks::Off), Code::Cached);
        assert_eq!(code(&carries(&bytes, native), &bytes, Tasks::On), Code::Compiled);
        assert_eq!(code(&carries(&other, native), &bytes, Tasks::Off), Code::Compiled);
        for damaged in [&native[..0], &native[..native.len() / 2], b"\x7fELF, but no more than that"] {
            assert_eq!(code(&carries(&bytes, damaged), &bytes, Tasks::Off), Code::Compiled);
        }
    }
}
