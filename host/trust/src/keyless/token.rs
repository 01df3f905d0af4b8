//! Identity tokens: JSON Web Tokens (RFC 7519) that an identity provider signed. Who it is about is read, its signature is
//! Fulcio's to check. No way leads from the token to text but the body of the one request that needs it.

use std::fmt;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use chiron_model::text::{cut, one_line};
use jiff::Timestamp;
use serde::Deserialize;
use zeroize::Zeroizing;

use super::TokenError;
use crate::strict_json;

/// Longest token that is read, in bytes. Those of GitHub are under 2 KiB.
const TOKEN_BYTES_MAX: usize = 16 * 1024;

/// How far the clocks of the provider and this machine may be apart, in seconds.
const SKEW_S: i64 = 60;

/// The shortest piece of a token that is looked for in texts, in bytes.
const PIECE_BYTES: usize = 12;

/// Who issues tokens to jobs of GitHub Actions; an enterprise has its name behind it.
const GITHUB: &str = "https://token.actions.githubusercontent.com";

/// Identity providers whose certificates name something else than the token's subject (Fulcio, "OIDC token requirements").
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Provider {
    /// The workflow that runs.
    GitHub,
    /// The configuration of the pipeline that runs.
    GitLab,
    /// A mail address.
    Mail,
    /// The subject, as it is.
    Other,
}

/// A token that was read. Wiped when dropped.
pub struct IdentityToken {
    text: Zeroizing<String>,
    claims: Claims,
}

#[derive(Deserialize)]
struct Claims {
    iss: String,
    sub: String,
    exp: i64,
    #[serde(default)]
    nbf: Option<i64>,
    #[serde(default)]
    aud: Audience,
    #[serde(default)]
    email: Option<String>,
    #[serde(default)]
    job_workflow_ref: Option<String>,
    #[serde(default)]
    ci_config_ref_uri: Option<String>,
    #[serde(default)]
    federated_claims: Option<Federated>,
}

#[derive(Deserialize)]
#[serde(untagged)]
enum Audience {
    One(String),
    Several(Vec<String>),
}

impl Default for Audience {
    fn default() -> Self {
        Self::Several(Vec::new())
    }
}

#[derive(Deserialize)]
struct Federated {
    #[serde(default)]
    connector_id: Option<String>,
}

impl IdentityToken {
    /// Reads a token.
    ///
    /// # Errors
    /// [`TokenError::Malformed`] when it is no token, or lacks issuer, subject or expiry.
    pub fn parse(text: Zeroizing<String>) -> Result<Self, TokenError> {
        let malformed = |reason: &str| TokenError::Malformed { reason: reason.to_owned() };
        if text.len() > TOKEN_BYTES_MAX {
            return Err(malformed("it is longer than 16 KiB"));
        }
        let parts: Vec<&str> = text.split('.').collect();
        let [_, claims, _] = parts[..] else {
            return Err(malformed(&format!("it has {} parts between dots, expected 3", parts.len())));
        };
        if parts.iter().any(|part| part.is_empty()) {
            return Err(malformed("one of its three parts is empty"));
        }
        let json = URL_SAFE_NO_PAD.decode(claims).map(Zeroizing::new);
        let json = json.map_err(|_| malformed("its claims are not base64url"))?;
        // The reader's own words could quote the token.
        let value = strict_json::parse(&json, TOKEN_BYTES_MAX).map_err(|_| malformed("its claims are not JSON"))?;
        let claims = serde_json::from_value::<Claims>(value)
            .map_err(|_| malformed("its claims lack one of `iss`, `sub` and `exp`, or have one of another type"))?;
        if claims.iss.is_empty() || claims.sub.is_empty() {
            return Err(malformed("its issuer or its subject is empty"));
        }
        Ok(Self { text, claims })
    }

    /// Whether it may be used now, for this audience.
    ///
    /// # Errors
    /// When it expired, is not valid yet, or is for somebody else.
    pub fn check(&self, audience: &str, now: Timestamp) -> Result<(), TokenError> {
        let shown = |seconds: i64| {
            Timestamp::from_second(seconds).map_or_else(|_| format!("{seconds} s"), |time| time.to_string())
        };
        let seconds = now.as_second();
        if self.claims.exp <= seconds {
            return Err(TokenError::Expired { expired: shown(self.claims.exp), now: shown(seconds) });
        }
        if let Some(begins) = self.claims.nbf.filter(|begins| *begins > seconds.saturating_add(SKEW_S)) {
            return Err(TokenError::Early { begins: shown(begins), now: shown(seconds) });
        }
        let named = match &self.claims.aud {
            Audience::One(one) => std::slice::from_ref(one),
            Audience::Several(several) => several,
        };
        if named.iter().any(|name| name == audience) {
            return Ok(());
        }
        let found: Vec<_> = named.iter().take(3).map(|name| format!("`{}`", self.inert(name))).collect();
        let found = if found.is_empty() { "nobody".to_owned() } else { found.join(", ") };
        Err(TokenError::Audience { found, expected: audience.to_owned() })
    }

    /// Whose it is, as far as the certificate is concerned.
    #[must_use]
    pub fn provider(&self) -> Provider {
        let claims = &self.claims;
        match () {
            () if claims.email.is_some() => Provider::Mail,
            () if claims.iss.starts_with(GITHUB) && claims.job_workflow_ref.is_some() => Provider::GitHub,
            () if claims.ci_config_ref_uri.is_some() => Provider::GitLab,
            () => Provider::Other,
        }
    }

    /// What Fulcio writes into the certificate: a mail address, the workflow, or the subject.
    #[must_use]
    pub fn identity(&self) -> String {
        let claims = &self.claims;
        let or_subject = |value: Option<&String>| value.unwrap_or(&claims.sub).clone();
        match self.provider() {
            Provider::Mail => or_subject(claims.email.as_ref()),
            Provider::GitHub => format!("https://github.com/{}", or_subject(claims.job_workflow_ref.as_ref())),
            Provider::GitLab => format!("https://{}", or_subject(claims.ci_config_ref_uri.as_ref())),
            Provider::Other => claims.sub.clone(),
        }
    }

    /// Who vouches for it: the issuer, or the provider behind a federated one.
    #[must_use]
    pub fn issuer(&self) -> &str {
        let federated = self.claims.federated_claims.as_ref().and_then(|claims| claims.connector_id.as_deref());
        federated.filter(|id| !id.is_empty()).unwrap_or(&self.claims.iss)
    }

    /// What the session's key signs to show that it is at hand: the mail address, or the subject.
    pub(super) fn challenge(&self) -> &[u8] {
        self.claims.email.as_ref().unwrap_or(&self.claims.sub).as_bytes()
    }

    /// For the one request that needs it.
    pub(super) fn text(&self) -> &str {
        &self.text
    }

    /// Whether a text holds a piece of the token.
    #[must_use]
    pub fn is_in(&self, text: &[u8]) -> bool {
        let token = self.text.as_bytes();
        token.len() < PIECE_BYTES
            || token.windows(PIECE_BYTES).any(|piece| text.windows(PIECE_BYTES).any(|window| window == piece))
    }

    fn inert(&self, text: &str) -> String {
        cut(&one_line(text), 100).into_owned()
    }
}

impl fmt::Debug for IdentityToken {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("IdentityToken(..)")
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn token(claims: &serde_json::Value) -> Result<IdentityToken, TokenError> {
        let part = |value: &serde_json::Value| URL_SAFE_NO_PAD.encode(value.to_string());
        let text = format!("{}.{}.c2lnbmF0dXJl", part(&json!({ "alg": "ES256" })), part(claims));
        IdentityToken::parse(Zeroizing::new(text))
    }

    fn at(seconds: i64) -> Timestamp {
        Timestamp::from_second(seconds).unwrap()
    }

    #[test]
    fn the_identity_is_what_fulcio_certifies() {
        let of = |extra: serde_json::Value| {
            let mut claims = json!({ "iss": "https://i.example", "sub": "s", "exp": 9 });
            claims.as_object_mut().unwrap().extend(extra.as_object().unwrap().clone());
            let token = token(&claims).unwrap();
            (token.identity(), token.issuer().to_owned())
        };
        assert_eq!(of(json!({})), ("s".into(), "https://i.example".into()));
        assert_eq!(of(json!({ "email": "a@b.example" })).0, "a@b.example");
        let workflow = "acme/app/.github/workflows/r.yml@refs/heads/main";
        assert_eq!(of(json!({ "job_workflow_ref": workflow })).0, "s", "another issuer's word is not GitHub's");
        assert_eq!(
            of(json!({ "iss": GITHUB, "job_workflow_ref": workflow })).0,
            format!("https://github.com/{workflow}")
        );
        assert_eq!(of(json!({ "ci_config_ref_uri": "gitlab.com/a//b@c" })).0, "https://gitlab.com/a//b@c");
        let federated = json!({ "federated_claims": { "connector_id": "https://accounts.example" } });
        assert_eq!(of(federated).1, "https://accounts.example");
    }

    #[test]
    fn time_and_audience_are_told() {
        let claims = json!({ "iss": "i", "sub": "s", "exp": 1000, "nbf": 500, "aud": ["other", "sigstore"] });
        let good = token(&claims).unwrap();
        assert_eq!(good.check("sigstore", at(600)), Ok(()));
        assert!(matches!(good.check("sigstore", at(1000)), Err(TokenError::Expired { .. })));
        assert!(matches!(good.check("sigstore", at(400)), Err(TokenError::Early { .. })));
        assert_eq!(good.check("sigstore", at(450)), Ok(()), "clocks are a little apart");
        let error = good.check("acme", at(600)).unwrap_err().to_string();
        assert!(error.contains("`other`, `sigstore`") && error.contains("`acme`"), "{error}");
    }

    #[test]
    fn what_is_no_token_is_said_without_a_byte_of_it() {
        for text in ["", "secretsecretsecret", "a.b", "..", "secretsecret.!!!!.secretsecret", "eyJ.eyJ.eyJ"] {
            let error = IdentityToken::parse(Zeroizing::new(text.to_owned())).unwrap_err();
            assert!(matches!(error, TokenError::Malformed { .. }), "{text}");
            assert!(!error.to_string().contains("secret"), "{error}");
        }
        assert!(matches!(token(&json!({ "iss": "i", "sub": "s" })), Err(TokenError::Malformed { .. })));
        assert!(matches!(token(&json!({ "iss": "", "sub": "s", "exp": 1 })), Err(TokenError::Malformed { .. })));
    }

    #[test]
    fn a_piece_of_it_is_found_in_a_text_and_it_is_not_printed() {
        let token = token(&json!({ "iss": "i", "sub": "s", "exp": 1 })).unwrap();
        let piece = &token.text()[20..40];
        assert!(token.is_in(format!("you sent {piece}!").as_bytes()));
        assert!(!token.is_in(b"no such thing as that"));
        assert_eq!(format!("{token:?}"), "IdentityToken(..)");
    }
}
