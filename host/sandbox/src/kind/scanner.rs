//! Scanners: components in, claims out.

use chiron_model::component::Component;
use chiron_model::finding::Claim;
use chiron_model::subject::Subject;

use crate::abi::convert;
use crate::abi::scanner::KindIndices;
use crate::call::Entry;
use crate::error::CallError;
use crate::plugin::{Call, Plugin};
use crate::weigh::Weigh as _;

impl Plugin {
    /// Scans one batch of components of one subject.
    ///
    /// # Errors
    /// Any [`CallError`].
    pub async fn scan(
        &self,
        call: &Call<'_>,
        subject: &Subject,
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
                    guest.chiron_scan_scanner().call_scan(store, &subject, &components).await
                })
            })
            .await?;
        found.into_iter().map(convert::claim).collect()
    }
}
