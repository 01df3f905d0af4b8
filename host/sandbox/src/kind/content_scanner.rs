//! Scanners of content: a file or tree in, with the components that are known; claims out.

use std::sync::Arc;

use chiron_model::component::Component;
use chiron_model::finding::Claim;
use chiron_model::subject::Subject;
use wasmtime::component::Resource;

use crate::abi::content_scanner::KindIndices;
use crate::abi::content_scanner::exports::chiron::scan::content_scanner as abi;
use crate::abi::convert;
use crate::call::Entry;
use crate::capability::content::{BlobHandle, TreeHandle};
use crate::error::CallError;
use crate::plugin::{Call, Plugin, Source};
use crate::state::State;
use crate::weigh::Weigh as _;

impl Plugin {
    /// Scans one file or tree.
    ///
    /// # Errors
    /// Any [`CallError`].
    pub async fn scan_content(
        &self,
        call: &Call<'_>,
        subject: &Subject,
        source: Source,
        components: &[&Component],
    ) -> Result<Vec<Claim>, CallError> {
        let indices = KindIndices::new(&self.pre).map_err(super::shape)?;
        let subject = convert::subject_out(subject);
        let components: Vec<_> = components.iter().map(|component| convert::component_out(component)).collect();
        let given = subject.weight() + components.weight();
        let found = self
            .enter(Entry::Configured, call, given, move |store, instance| {
                Box::pin(async move {
                    let guest = indices.load(&mut *store, &instance)?;
                    let source = lend(store.data_mut(), source)?;
                    let scanner = guest.chiron_scan_content_scanner();
                    scanner.call_scan_content(store, &subject, source, &components).await
                })
            })
            .await?;
        found.into_iter().map(convert::claim).collect()
    }
}

/// The host keeps the handle; the guest borrows it for the call.
fn lend(state: &mut State, source: Source) -> wasmtime::Result<abi::Source> {
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
