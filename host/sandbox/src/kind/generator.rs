//! SBOM generators: a file or tree in, an inventory out.

use std::sync::Arc;

use chiron_model::coverage::Inventory;
use chiron_model::subject::Subject;
use wasmtime::component::Resource;

use crate::abi::convert;
use crate::abi::generator::KindIndices;
use crate::abi::generator::exports::chiron::sbom::generator as abi;
use crate::call::Entry;
use crate::capability::content::{BlobHandle, TreeHandle};
use crate::error::CallError;
use crate::plugin::{Call, Plugin, Source};
use crate::weigh::Weigh as _;

impl Plugin {
    /// Reads one file or tree.
    ///
    /// # Errors
    /// Any [`CallError`].
    pub async fn generate(&self, call: &Call<'_>, subject: &Subject, source: Source) -> Result<Inventory, CallError> {
        let indices = KindIndices::new(&self.pre).map_err(super::shape)?;
        let subject = convert::subject_out(subject);
        let given = subject.weight();
        let inventory = self
            .enter(Entry::Configured, call, given, move |store, instance| {
                Box::pin(async move {
                    let guest = indices.load(&mut *store, &instance)?;
                    let source = lend(store.data_mut(), source)?;
                    guest.chiron_sbom_generator().call_generate(store, &subject, source).await
                })
            })
            .await?;
        convert::inventory(inventory)
    }
}

/// The host keeps the handle; the guest borrows it for the call.
fn lend(state: &mut crate::state::State, source: Source) -> wasmtime::Result<abi::Source> {
    Ok(match source {
        Source::File(blob) => {
            let held = state.hold(BlobHandle(Arc::clone(&blob)))?;
            abi::Source::File(Resource::new_borrow(held.rep()))
        }
        Source::Directory(tree) => {
            let held = state.hold(TreeHandle(Arc::clone(&tree)))?;
            abi::Source::Directory(Resource::new_borrow(held.rep()))
        }
    })
}
