//! Who may have signed: exact, or by an expression that has to match all of it.

use std::collections::BTreeMap;
use std::fmt;

use regex::{Regex, RegexBuilder};

use super::{JudgeError, SignedBy};

/// Largest expression, compiled.
const EXPRESSION_BYTES_MAX: usize = 1 << 20;

/// An identity and who vouches for it: either alone proves nothing, since anybody can be anybody at a provider of their own.
#[derive(Clone, Debug)]
pub struct Identity {
    /// The certificate's subject alternative name.
    pub identity: Pattern,
    /// The OpenID Connect provider.
    pub issuer: Pattern,
}

/// A text, or what it looks like.
#[derive(Clone, Debug)]
pub enum Pattern {
    /// This text.
    Exact(String),
    /// What matches the expression from beginning to end.
    Expression(Expression),
}

/// A compiled expression.
#[derive(Clone, Debug)]
pub struct Expression {
    text: String,
    regex: Regex,
}

/// An expression that cannot be used.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("`{text}` is no regular expression that can be used: {reason}")]
pub struct PatternError {
    /// As given.
    pub text: String,
    /// The last line of what the compiler said.
    pub reason: String,
}

impl Pattern {
    /// Compiles an expression. It is anchored at both ends: one that matches somewhere inside would let
    /// `https://evil.example/https://github.com/acme/` in.
    ///
    /// # Errors
    /// When it is no expression, or too large.
    pub fn expression(text: &str) -> Result<Self, PatternError> {
        let wrong = |error: regex::Error| PatternError {
            text: text.to_owned(),
            reason: error.to_string().lines().last().unwrap_or_default().trim_start_matches("error: ").to_owned(),
        };
        let compile = |text: &str| RegexBuilder::new(text).size_limit(EXPRESSION_BYTES_MAX).build().map_err(wrong);
        // Alone first: `a)|(b` would close the group that anchors it.
        compile(text)?;
        let regex = compile(&format!(r"\A(?:{text})\z"))?;
        Ok(Self::Expression(Expression { text: text.to_owned(), regex }))
    }

    fn matches(&self, text: &str) -> bool {
        match self {
            Self::Exact(expected) => expected == text,
            Self::Expression(expression) => expression.regex.is_match(text),
        }
    }
}

impl fmt::Display for Pattern {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Exact(text) => write!(f, "`{text}`"),
            Self::Expression(expression) => write!(f, "a match of `{}` from beginning to end", expression.text),
        }
    }
}

impl Identity {
    /// Holds what a verified certificate says against what was asked for.
    pub(super) fn expect(
        &self,
        identity: Option<String>,
        issuer: Option<String>,
        claims: BTreeMap<&'static str, String>,
    ) -> Result<SignedBy, JudgeError> {
        let (identity, issuer) = (identity.unwrap_or_default(), issuer.unwrap_or_default());
        let shown = |text: &str| chiron_model::text::cut(&chiron_model::text::one_line(text), 300).into_owned();
        // An empty name is none: no expression lets it in.
        if identity.is_empty() || !self.identity.matches(&identity) {
            return Err(JudgeError::Identity { found: shown(&identity), expected: self.identity.to_string() });
        }
        if issuer.is_empty() || !self.issuer.matches(&issuer) {
            return Err(JudgeError::Issuer { found: shown(&issuer), expected: self.issuer.to_string() });
        }
        Ok(SignedBy::Identity { identity, issuer, claims })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_expression_matches_all_or_nothing() {
        let matches = |expression: &str, text: &str| Pattern::expression(expression).unwrap().matches(text);
        assert!(matches("https://github.com/acme/.*", "https://github.com/acme/app"));
        assert!(matches("^https://github.com/acme/.*$", "https://github.com/acme/app"));
        assert!(!matches("https://github.com/acme", "https://github.com/acme-evil"));
        assert!(!matches("github.com/acme/.*", "https://github.com/acme/app"));
        assert!(!matches("a|b", "xb") && !matches("a|b", "ax") && matches("a|b", "b"));
        assert!(!matches("(?m)^a$", "a\nb") && !matches("a$", "a\n"));
        for wrong in ["a)|(b", "(", "(?x) a # ", "[", "a{1000}{1000}{1000}"] {
            let pattern = Pattern::expression(wrong);
            assert!(pattern.is_err() || !pattern.unwrap().matches("xax"), "{wrong}");
        }
        assert!(Pattern::expression("a)|(b").is_err());
    }

    #[test]
    fn both_identity_and_issuer_have_to_be_there() {
        let any = Identity { identity: Pattern::expression(".*").unwrap(), issuer: Pattern::expression(".*").unwrap() };
        let some = |text: &str| Some(text.to_owned());
        assert!(any.expect(some("a"), some("b"), BTreeMap::new()).is_ok());
        assert!(matches!(any.expect(None, some("b"), BTreeMap::new()), Err(JudgeError::Identity { .. })));
        assert!(matches!(any.expect(some("a"), None, BTreeMap::new()), Err(JudgeError::Issuer { .. })));
    }
}
