//! Package URLs and versions, as guests give them.

use chiron_advisories::{Event, compare, contains};
use chiron_model::ecosystem::Ecosystem;
use chiron_model::purl::Purl;
use chiron_trust::key::TokenUri;

pub(super) fn purl(bytes: &[u8]) {
    let Ok(text) = std::str::from_utf8(bytes) else { return };
    if let Ok(purl) = Purl::parse(text) {
        let again = Purl::parse(&purl.to_string()).unwrap();
        assert_eq!(again, purl);
        if let Some(ecosystem) = Ecosystem::of(&purl) {
            let name = ecosystem.canonical_name(&purl.full_name());
            assert_eq!(ecosystem.canonical_name(&name), name);
        }
    }
}

/// What names the key is told again as it was read; how it is reached is not told.
pub(super) fn token_uri(bytes: &[u8]) {
    let Ok(text) = std::str::from_utf8(bytes) else { return };
    match TokenUri::parse(text) {
        Ok(uri) => {
            let told = uri.to_string();
            let again = TokenUri::parse(&told).unwrap();
            assert_eq!(again.to_string(), told);
            assert!(again.module().is_none() && again.pin_source().is_none() && again.ignored().is_empty());
        }
        Err(error) => assert!(error.to_string().len() < 400),
    }
}

/// A version, then the versions of events, one a line.
pub(super) fn versions(bytes: &[u8]) {
    let Ok(text) = std::str::from_utf8(bytes) else { return };
    let lines: Vec<_> = text.lines().collect();
    let Some((version, rest)) = lines.split_first() else { return };
    let make = [Event::Introduced, Event::Fixed, Event::LastAffected, Event::Limit];
    let events: Vec<_> =
        rest.iter().enumerate().map(|(place, text)| make[place % make.len()]((*text).to_owned())).collect();
    for ecosystem in Ecosystem::ALL {
        let _ = contains(ecosystem, version, &events);
        for other in rest {
            let from_other = [Event::Introduced((*other).to_owned())];
            if let Ok(order) = compare(ecosystem, version, other) {
                assert_eq!(compare(ecosystem, other, version), Ok(order.reverse()));
                // The walk over a range compares keys, not versions.
                assert_eq!(contains(ecosystem, version, &from_other), Ok(order.is_ge() || *other == "0"));
            }
        }
    }
}
