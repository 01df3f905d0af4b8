//! Redirects: followed by the host, each hop judged like a first request.

use bytes::Bytes;
use hyper::header::{self, HeaderMap, HeaderValue};

use crate::endpoint::Endpoint;
use crate::error::Error;
use crate::exchange::Hop;
use crate::header::forget_body;
use crate::method::Method;
use crate::origin::{AddressError, Origin, Scheme, split};
use crate::path::{PathError, Prefix};

/// Where an answer leads, if it is a redirect that can be followed (RFC 9110, 15.4).
pub(crate) fn location(status: u16, fields: &HeaderMap) -> Option<&HeaderValue> {
    matches!(status, 301 | 302 | 303 | 307 | 308).then(|| fields.get(header::LOCATION)).flatten()
}

/// The request that an answer leads to; None for an answer that is one.
pub(crate) fn next(endpoint: &Endpoint, hop: &Hop, status: u16, fields: &HeaderMap) -> Result<Option<Hop>, Error> {
    let Some(value) = location(status, fields) else { return Ok(None) };
    let (origin, target) = resolve(hop, value).map_err(Error::RedirectAddress)?;
    if hop.origin.scheme == Scheme::Https && origin.scheme == Scheme::Http {
        return Err(Error::RedirectDowngrade { origin });
    }
    if !endpoint.allows(&origin) {
        return Err(Error::RedirectOrigin { origin });
    }
    let method = method_after(status, hop.method);
    if !endpoint.methods.contains(&method) {
        return Err(Error::RedirectMethod { method: method.word() });
    }
    let mut next = Hop { method, origin, target, fields: hop.fields.clone(), body: hop.body.clone() };
    if method != hop.method {
        next.body = Bytes::new();
        forget_body(&mut next.fields);
    }
    Ok(Some(next))
}

/// 303 asks for the answer elsewhere; 301 and 302 turn POST into GET, as everybody does; 307 and 308 change nothing.
fn method_after(status: u16, method: Method) -> Method {
    match (status, method) {
        (303, Method::Head) => Method::Head,
        (303, _) | (301 | 302, Method::Post) => Method::Get,
        (_, method) => method,
    }
}

/// Resolves a reference (RFC 3986, 5.2). One that needs dots to be removed is refused: they are never needed.
fn resolve(hop: &Hop, value: &HeaderValue) -> Result<(Origin, String), AddressError> {
    let text = value.to_str().map_err(|_| AddressError::Character(char::REPLACEMENT_CHARACTER))?;
    // A fragment is for whoever shows the answer.
    let text = text.split('#').next().unwrap_or_default();
    let path = hop.target.split('?').next().unwrap_or_default();
    let folder = &path[..path.rfind('/').map_or(0, |slash| slash + 1)];
    let before_path = &text[..text.find(['/', '?']).unwrap_or(text.len())];
    let (origin, target) = if before_path.contains(':') {
        let (origin, rest) = split(text)?;
        (origin, rest.to_owned())
    } else if text.starts_with("//") {
        let address = format!("{}{text}", scheme_of(&hop.origin));
        let (origin, rest) = split(&address)?;
        (origin, rest.to_owned())
    } else if text.is_empty() {
        (hop.origin.clone(), hop.target.clone())
    } else if text.starts_with('/') {
        (hop.origin.clone(), text.to_owned())
    } else if text.starts_with('?') {
        (hop.origin.clone(), format!("{path}{text}"))
    } else {
        (hop.origin.clone(), format!("{folder}{text}"))
    };
    Ok((origin, plain(&target)?))
}

fn scheme_of(origin: &Origin) -> &'static str {
    match origin.scheme {
        Scheme::Https => "https:",
        Scheme::Http => "http:",
    }
}

fn plain(target: &str) -> Result<String, PathError> {
    let absolute = if target.starts_with('/') { target.to_owned() } else { format!("/{target}") };
    Prefix::default().join(&absolute)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::endpoint::Base;

    fn hop(method: Method) -> Hop {
        let mut fields = HeaderMap::new();
        fields.insert("content-type", HeaderValue::from_static("text/plain"));
        fields.insert("accept", HeaderValue::from_static("text/plain"));
        let origin = Origin::parse("https://a.example").unwrap();
        Hop { method, origin, target: "/api/v1/x?y=1".to_owned(), fields, body: Bytes::from_static(b"body") }
    }

    fn after(status: u16, location: &str, method: Method) -> Result<Option<Hop>, Error> {
        let mut endpoint = Endpoint::at(Base::parse("https://a.example/api/").unwrap());
        endpoint.redirects.insert(Origin::parse("https://b.example").unwrap());
        let mut fields = HeaderMap::new();
        fields.insert(header::LOCATION, HeaderValue::from_str(location).unwrap());
        next(&endpoint, &hop(method), status, &fields)
    }

    fn leads_to(location: &str) -> Result<String, Error> {
        after(302, location, Method::Get).map(|hop| hop.map(|hop| format!("{}{}", hop.origin, hop.target)).unwrap())
    }

    #[test]
    fn references_are_resolved_against_the_request() {
        for (location, target) in [
            ("/v2", "https://a.example/v2"),
            ("z?w#frag", "https://a.example/api/v1/z?w"),
            ("?w", "https://a.example/api/v1/x?w"),
            ("", "https://a.example/api/v1/x?y=1"),
            ("https://b.example", "https://b.example/"),
            ("https://b.example?w", "https://b.example/?w"),
            ("//b.example/z", "https://b.example/z"),
            ("https://A.example:443/z", "https://a.example/z"),
        ] {
            assert_eq!(leads_to(location).unwrap(), target, "{location}");
        }
    }

    #[test]
    fn a_redirect_leads_nowhere_else() {
        assert!(matches!(leads_to("http://a.example/"), Err(Error::RedirectDowngrade { .. })));
        for location in ["https://c.example/", "//c.example/", "https://a.example:444/", "https://b.example.c.example/"]
        {
            assert!(matches!(leads_to(location), Err(Error::RedirectOrigin { .. })), "{location}");
        }
        for location in [
            "javascript:alert(1)",
            "https://u:p@b.example/",
            "ftp://b.example/",
            "../../x",
            "/../x",
            "/%2e%2e/x",
            "\\\\b.example",
            "///b.example",
            "https:b.example",
            "/a b",
        ] {
            assert!(
                matches!(leads_to(location), Err(Error::RedirectAddress(_))),
                "{location}: {:?}",
                leads_to(location)
            );
        }
    }

    #[test]
    fn methods_change_as_everybody_expects() {
        for (status, before, afterwards) in [
            (301, Method::Post, Method::Get),
            (302, Method::Post, Method::Get),
            (303, Method::Post, Method::Get),
            (303, Method::Head, Method::Head),
            (307, Method::Post, Method::Post),
            (308, Method::Post, Method::Post),
            (301, Method::Head, Method::Head),
        ] {
            let hop = after(status, "/z", before).unwrap().unwrap();
            assert_eq!(hop.method, afterwards, "{status} {before}");
            let kept = before == afterwards;
            assert_eq!((hop.body.len(), hop.fields.contains_key("content-type")), (if kept { 4 } else { 0 }, kept));
            assert!(hop.fields.contains_key("accept"));
        }
        assert!(after(304, "/z", Method::Get).unwrap().is_none());
        assert!(matches!(after(307, "/z", Method::Delete), Err(Error::RedirectMethod { method: "DELETE" })));
    }
}
