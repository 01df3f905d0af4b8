//! What is kept of a TUF repository: a file that anybody with this user's rights may have written.

use chiron_trust::judge::vouchers;
use chiron_trust::tuf::{Expired, Known, RepositoryName, Store, TRUSTED_ROOT};

pub(super) fn store(bytes: &[u8]) {
    let Ok(store) = Store::parse(bytes) else { return };
    if let Ok(json) = store.to_json() {
        assert_eq!(Store::parse(&json).unwrap(), store);
    }
    let own = RepositoryName::parse("acme").unwrap();
    for name in [own, Known::Sigstore.into()] {
        for expired in [Expired::Refused, Expired::Accepted] {
            let Ok(verified) = store.verify(&name, expired, store.updated_at) else { continue };
            let root = verified.file(TRUSTED_ROOT).unwrap();
            let _ = vouchers(root);
        }
    }
}
