//! Methods an endpoint may allow. `CONNECT` and `TRACE` have no spelling.

use std::fmt;

/// A request method. Methods are case-sensitive (RFC 9110, 9.1).
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Method {
    /// Reads.
    Get,
    /// Reads the head only.
    Head,
    /// Sends something to be processed.
    Post,
    /// Replaces.
    Put,
    /// Changes.
    Patch,
    /// Removes.
    Delete,
}

impl Method {
    /// Every method.
    pub const ALL: [Self; 6] = [Self::Get, Self::Head, Self::Post, Self::Put, Self::Patch, Self::Delete];

    /// What an endpoint allows unless it says otherwise: asking, and no more.
    pub const DEFAULT: [Self; 3] = [Self::Get, Self::Head, Self::Post];

    /// As it stands in a request.
    #[must_use]
    pub const fn word(self) -> &'static str {
        match self {
            Self::Get => "GET",
            Self::Head => "HEAD",
            Self::Post => "POST",
            Self::Put => "PUT",
            Self::Patch => "PATCH",
            Self::Delete => "DELETE",
        }
    }

    /// Finds a method by its word.
    #[must_use]
    pub fn from_word(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|method| method.word() == word)
    }

    /// Whether a request of this method may carry a body. One with a body on GET or HEAD is read differently by
    /// different servers (RFC 9110, 9.3.1).
    pub(crate) const fn takes_body(self) -> bool {
        match self {
            Self::Get | Self::Head => false,
            Self::Post | Self::Put | Self::Patch | Self::Delete => true,
        }
    }

    pub(crate) const fn wire(self) -> hyper::Method {
        match self {
            Self::Get => hyper::Method::GET,
            Self::Head => hyper::Method::HEAD,
            Self::Post => hyper::Method::POST,
            Self::Put => hyper::Method::PUT,
            Self::Patch => hyper::Method::PATCH,
            Self::Delete => hyper::Method::DELETE,
        }
    }
}

impl fmt::Display for Method {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.word())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_whole_upper_case_words_are_methods() {
        assert!(Method::ALL.into_iter().all(|method| Method::from_word(method.word()) == Some(method)));
        for wrong in ["", "get", "CONNECT", "TRACE", "GET ", "GET / HTTP/1.1\r\nx:"] {
            assert_eq!(Method::from_word(wrong), None, "{wrong}");
        }
    }
}
