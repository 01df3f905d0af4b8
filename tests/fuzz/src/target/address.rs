//! Addresses, as operators, mirrors and environments write them.

use chiron_egress::{Base, Origin, Proxy};
use chiron_pipeline::update::{Mirror, Plaintext};

/// An address that is read is told as one that is read as the same; none holds what would act on a terminal or end a line.
pub(super) fn address(bytes: &[u8]) {
    let Ok(text) = std::str::from_utf8(bytes) else { return };
    if let Ok(base) = Base::parse(text) {
        let told = plain(base.to_string());
        assert_eq!(Base::parse(&told).unwrap(), base, "{told}");
    }
    if let Ok(origin) = Origin::parse(text) {
        let told = plain(origin.to_string());
        assert_eq!(Origin::parse(&told).unwrap(), origin, "{told}");
    }
    if let Ok(proxy) = Proxy::parse(text) {
        plain(format!("{proxy:?}"));
    }
    for plaintext in [Plaintext::Refused, Plaintext::Allowed] {
        if let Ok(mirror) = Mirror::parse(text, plaintext) {
            plain(mirror.to_string());
        }
    }
}

fn plain(told: String) -> String {
    assert!(told.chars().all(|c| !c.is_control()), "{told:?}");
    told
}
