//! `blob.read`, whose bytes go from the file into the guest's memory with no copy in between.
//!
//! As a `Vec<u8>` they would be read into memory of the host's and copied from there, which costs half of what reading costs
//! (host/BENCHMARKS.md). Here wasmtime is told an answer of the same type, and the file is read when it is known where in the
//! guest's memory the answer is to lie.

use std::any::Any;
use std::mem::MaybeUninit;
use std::sync::Arc;
use std::time::Instant;

use chiron_model::plugin::Capability;
use wasmtime::component::__internal::{CanonicalAbiInfo, ComponentVariant, InstanceType, InterfaceType, LowerContext};
use wasmtime::component::{ComponentType, Linker, Lower, Resource};

use super::{BlobHandle, READ_BYTES_MAX};
use crate::abi::powers::chiron::core::types::PluginError;
use crate::powers::Blob;
use crate::state::State;
use crate::weigh::Weigh;

/// Puts this `read` into the place of the generated one.
pub(crate) fn link(linker: &mut Linker<State>) -> wasmtime::Result<()> {
    linker.allow_shadowing(true);
    linker.instance("chiron:artifact/content@0.1.0")?.func_wrap(
        "[method]blob.read",
        |mut store, (blob, offset, len): (Resource<BlobHandle>, u64, u32)| {
            Ok((Answer(read(store.data_mut(), &blob, offset, len)?),))
        },
    )?;
    linker.allow_shadowing(false);
    Ok(())
}

pub(crate) fn read(
    state: &mut State,
    blob: &Resource<BlobHandle>,
    offset: u64,
    len: u32,
) -> wasmtime::Result<Result<Window, PluginError>> {
    state.using(Capability::Content, offset.weight() + len.weight(), |state| {
        let blob = Arc::clone(&state.table.get(blob)?.0);
        let len = len.min(READ_BYTES_MAX);
        Ok(match blob.available(offset, len) {
            Ok(length) => Ok(Window { blob, offset, length: length.min(len as usize) }),
            Err(error) => Err(error.into()),
        })
    })
}

/// Bytes of a blob that are there and have not been read.
pub(crate) struct Window {
    blob: Arc<dyn Blob>,
    offset: u64,
    length: usize,
}

impl Weigh for Window {
    fn weight(&self) -> u64 {
        self.length as u64
    }
}

impl Window {
    /// Reads into memory that the guest allocates; returns where. After a failure that memory is the guest's still, and zero: no
    /// byte of a file that changed is seen.
    fn place<T>(&self, cx: &mut LowerContext<'_, T>) -> wasmtime::Result<Result<usize, PluginError>> {
        let place = cx.realloc(0, 0, 1, self.length)?;
        let memory = cx.as_slice_mut().get_mut(place..).and_then(|from| from.get_mut(..self.length));
        let buffer = memory.ok_or_else(|| wasmtime::Error::msg("memory beyond the guest's own"))?;
        let entered = Instant::now();
        let filled = self.blob.fill(self.offset, buffer).inspect_err(|_| buffer.fill(0));
        // Reading is the host's time, as in `State::using`.
        if let Some(state) = (cx.store.data_mut() as &mut dyn Any).downcast_mut::<State>() {
            state.meter.host += entered.elapsed();
        }
        Ok(filled.map(|()| place).map_err(PluginError::from))
    }
}

/// What `read` answers.
struct Answer(Result<Window, PluginError>);

/// The type that [`Answer`] stands for, as wasmtime itself lowers it.
type Plain = Result<Vec<u8>, PluginError>;

#[allow(
    unsafe_code,
    reason = "what wasmtime relies on, the type, its size and its flat form, is that of a type for which wasmtime implements all of \
              this itself"
)]
// SAFETY: see the reason above.
unsafe impl ComponentType for Answer {
    type Lower = <Plain as ComponentType>::Lower;
    const ABI: CanonicalAbiInfo = Plain::ABI;

    fn typecheck(ty: &InterfaceType, types: &InstanceType<'_>) -> wasmtime::Result<()> {
        Plain::typecheck(ty, types)
    }
}

#[allow(
    unsafe_code,
    reason = "writes through wasmtime's bounds-checked view of the guest's memory alone, and nothing that has to be initialised is \
              left as it was after `Ok`"
)]
// SAFETY: see the reason above.
unsafe impl Lower for Answer {
    fn linear_lower_to_flat<T>(
        &self,
        _: &mut LowerContext<'_, T>,
        _: InterfaceType,
        _: &mut MaybeUninit<Self::Lower>,
    ) -> wasmtime::Result<()> {
        // The canonical ABI returns one flat value at most, and this is three.
        Err(wasmtime::Error::msg("`blob.read` answers in memory"))
    }

    fn linear_lower_to_memory<T>(
        &self,
        cx: &mut LowerContext<'_, T>,
        ty: InterfaceType,
        offset: usize,
    ) -> wasmtime::Result<()> {
        let window = match &self.0 {
            Ok(window) => window,
            Err(error) => return Plain::Err(error.clone()).linear_lower_to_memory(cx, ty, offset),
        };
        let place = match window.place(cx)? {
            Ok(place) => place,
            Err(error) => return Plain::Err(error).linear_lower_to_memory(cx, ty, offset),
        };
        // `ok`, pointer, length: the canonical ABI's `store` of a `result<list<u8>, _>`.
        let payload = offset + Plain::PAYLOAD_OFFSET32;
        *cx.get(offset) = [0];
        *cx.get(payload) = u32::try_from(place)?.to_le_bytes();
        *cx.get(payload + 4) = u32::try_from(window.length)?.to_le_bytes();
        Ok(())
    }
}
