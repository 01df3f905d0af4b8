//! Why nothing is signed. No message holds a byte of a token.

/// A token that no certificate is asked with.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum TokenError {
    /// It is no JSON Web Token (RFC 7519).
    #[error("the identity token is malformed: {reason}")]
    Malformed {
        /// What is wrong.
        reason: String,
    },
    /// Its time is over.
    #[error("the identity token expired at {expired}, and it is {now}")]
    Expired {
        /// Its `exp`, RFC 3339.
        expired: String,
        /// The clock, RFC 3339.
        now: String,
    },
    /// Its time has not come, or this machine's clock is wrong.
    #[error("the identity token is valid from {begins}, and it is {now}")]
    Early {
        /// Its `nbf`, RFC 3339.
        begins: String,
        /// The clock, RFC 3339.
        now: String,
    },
    /// It is for somebody else than Fulcio.
    #[error("the identity token is meant for {found}, expected `{expected}`")]
    Audience {
        /// Its `aud`.
        found: String,
        /// What was asked for.
        expected: String,
    },
    /// It is not that of the one who should sign.
    #[error("the identity token is that of `{found}`, and `{expected}` should sign")]
    Identity {
        /// What Fulcio would certify.
        found: String,
        /// What the pipeline says.
        expected: String,
    },
    /// Somebody else made it.
    #[error("the identity token is from `{found}`, and `{expected}` should vouch for the signer")]
    Issuer {
        /// Its issuer.
        found: String,
        /// What the pipeline says.
        expected: String,
    },
}

/// An answer that is not what was asked for.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ServiceError {
    /// It cannot be read.
    #[error("the answer cannot be read: {reason}")]
    Answer {
        /// What is wrong with it.
        reason: String,
    },
    /// The certificate is about another key.
    #[error("the certificate is for another key than the one it was asked for")]
    OtherKey,
    /// The timestamp authority refused.
    #[error("it gives no timestamp (status {status})")]
    Refused {
        /// PKIStatus of RFC 3161.
        status: u8,
    },
    /// A signature could not be made.
    #[error("the key could not sign")]
    Signing,
    /// A log keeps digests, and the key signs whole files.
    #[error("an Ed25519 key signs the bytes of a file, and a transparency log takes signatures over digests only")]
    Unloggable,
    /// The statement breaks a rule.
    #[error("failed to build the statement: {0}")]
    Statement(#[from] crate::statement::StatementError),
    /// All of it together proves nothing: one of the services lied, or the trust root is another instance's.
    #[error("what the services answered does not hold against the trust root: {0}")]
    Unproven(String),
}

impl ServiceError {
    pub(super) fn answer(reason: impl ToString) -> Self {
        let reason = reason.to_string();
        Self::Answer { reason: chiron_model::text::cut(&chiron_model::text::one_line(&reason), 200).into_owned() }
    }
}
