//! Signers: statements in, signed bytes out. What comes back is verified by the host before it is written.

use chiron_model::statement::Statement;
use chiron_model::subject::Subject;

use crate::abi::convert;
use crate::abi::signer::KindIndices;
use crate::abi::signer::exports::chiron::sign::signer as abi;
use crate::call::Entry;
use crate::error::CallError;
use crate::plugin::{Call, Plugin};
use crate::weigh::Weigh as _;

/// What is to be signed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SignRequest {
    /// Signed as blobs.
    pub subjects: Vec<Subject>,
    /// Signed as statements.
    pub statements: Vec<Statement>,
}

/// Signed bytes, not yet verified.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Signed {
    /// The file name the plugin proposes.
    pub name: String,
    /// IANA media type.
    pub media_type: String,
    /// The bytes.
    pub bytes: Vec<u8>,
}

impl Plugin {
    /// Asks a signer for its signatures.
    ///
    /// # Errors
    /// Any [`CallError`].
    pub async fn sign(&self, call: &Call<'_>, request: &SignRequest) -> Result<Vec<Signed>, CallError> {
        let indices = KindIndices::new(&self.pre).map_err(super::shape)?;
        let request = abi::Request {
            subjects: request.subjects.iter().map(convert::subject_out).collect(),
            statements: request.statements.iter().map(statement_out).collect(),
        };
        let given = request.weight();
        let signed = self
            .enter(Entry::Configured, call, given, move |store, instance| {
                Box::pin(async move {
                    let guest = indices.load(&mut *store, &instance)?;
                    guest.chiron_sign_signer().call_sign(store, &request).await
                })
            })
            .await?;
        let signed_in =
            |signed: abi::Signed| Signed { name: signed.name, media_type: signed.media_type, bytes: signed.bytes };
        Ok(signed.into_iter().map(signed_in).collect())
    }
}

fn statement_out(statement: &Statement) -> abi::Statement {
    abi::Statement {
        subjects: statement.subjects.iter().map(convert::subject_out).collect(),
        predicate_type: statement.predicate_type.clone(),
        predicate: statement.predicate.clone(),
    }
}
