//! Endpoints that answer what a test says.

use std::cell::RefCell;
use std::collections::{BTreeMap, BTreeSet};

use crate::egress::{Http, HttpError, Request, Response};

/// Answers by label, method and path; `404` for what no test said. What was asked is kept.
#[derive(Debug, Default)]
pub struct FakeHttp {
    labels: BTreeSet<String>,
    answers: BTreeMap<(String, String, String), Response>,
    failure: Option<HttpError>,
    asked: RefCell<Vec<Request>>,
}

impl FakeHttp {
    /// No endpoint is bound.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Binds an endpoint to a label.
    #[must_use]
    pub fn endpoint(mut self, label: &str) -> Self {
        self.labels.insert(label.to_owned());
        self
    }

    /// Binds an endpoint to a label, and says what it answers to a request.
    #[must_use]
    pub fn answer(
        mut self,
        label: &str,
        method: &str,
        path_and_query: &str,
        status: u16,
        body: impl Into<Vec<u8>>,
    ) -> Self {
        let answer = Response { status, headers: Vec::new(), body: body.into() };
        self.answers.insert((label.to_owned(), method.to_owned(), path_and_query.to_owned()), answer);
        self.endpoint(label)
    }

    /// Every request to a bound endpoint fails so.
    #[must_use]
    pub fn failing(mut self, error: HttpError) -> Self {
        self.failure = Some(error);
        self
    }

    /// What was asked so far, in order.
    #[must_use]
    pub fn asked(&self) -> Vec<Request> {
        self.asked.borrow().clone()
    }
}

impl Http for FakeHttp {
    fn send(&self, request: &Request) -> Result<Response, HttpError> {
        self.asked.borrow_mut().push(request.clone());
        if !self.labels.contains(&request.endpoint) {
            return Err(HttpError::NotBound(request.endpoint.clone()));
        }
        if let Some(error) = &self.failure {
            return Err(error.clone());
        }
        let key = (request.endpoint.clone(), request.method.clone(), request.path_and_query.clone());
        let nothing = || Response { status: 404, headers: Vec::new(), body: Vec::new() };
        Ok(self.answers.get(&key).cloned().unwrap_or_else(nothing))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_answers_what_was_said_and_nothing_else() {
        let http = FakeHttp::new().answer("api", "GET", "/v1", 200, "yes");
        assert_eq!(http.send(&Request::get("api", "/v1")).unwrap().body, b"yes");
        assert_eq!(http.send(&Request::get("api", "/v2")).unwrap().status, 404);
        assert!(
            matches!(http.send(&Request::get("other", "/v1")), Err(HttpError::NotBound(label)) if label == "other")
        );
        assert!(matches!(http.failing(HttpError::Offline).send(&Request::get("api", "/v1")), Err(HttpError::Offline)));
    }
}
