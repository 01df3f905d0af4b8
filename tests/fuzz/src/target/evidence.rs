//! What carries evidence: attestations of PEP 740, lists of checksums, SBOMs, packs.

use std::fs;

use chiron_model::digest::Digest;
use chiron_trust::judge::claimed;
use chiron_trust::pep740::{self, Distribution};
use chiron_verify::{Check, Expectations, Missing, Request, pack, verify};

/// An attestation becomes bundles that can be looked at; a bundle that becomes an attestation becomes the same bundle again.
pub(super) fn pep740(bytes: &[u8]) {
    let _ = Distribution::parse(&String::from_utf8_lossy(bytes));
    let Some(Ok(bundles)) = pep740::bundles(bytes) else { return };
    for bundle in bundles {
        let _ = claimed(&bundle);
        if let Ok(made) = pep740::from_bundle(&bundle, "rfc8785-0.1.2-py3-none-any.whl", SHA256) {
            let back = pep740::bundles(&made).unwrap().unwrap();
            assert_eq!(back, [bundle], "an attestation is the bundle that it was made of");
        }
    }
}

/// The digest that the seed is about.
const SHA256: &str = "c4e92e9ecc828bef2aa7dba1de8ac983511f7532a0df11c770d39099a25cf201";

/// The file that lists and SBOMs are about.
const FILE: &[u8] = b"a file\n";

/// A list that a file passes by holds its digest.
pub(super) fn checksums(bytes: &[u8]) {
    beside("SHA256SUMS", bytes, Check::Checksums);
}

/// An SBOM that a file passes by holds its digest, however it is written.
pub(super) fn sbom(bytes: &[u8]) {
    beside("a.txt.cdx.json", bytes, Check::Sbom);
}

fn beside(name: &str, bytes: &[u8], check: Check) {
    let folder = tempfile::tempdir().unwrap();
    let subject = folder.path().join("a.txt");
    fs::write(&subject, FILE).unwrap();
    fs::write(folder.path().join(name), bytes).unwrap();
    let request = Request {
        paths: vec![subject],
        required: vec![check],
        others: false,
        missing: Missing::Fails,
        signer: None,
        root: None,
        bundles: Vec::new(),
        predicate_type: None,
        expectations: Expectations::default(),
    };
    let account = verify(&request).unwrap();
    let digest = Digest::sha256_of(FILE);
    let text = String::from_utf8_lossy(bytes).to_ascii_lowercase();
    // In JSON a digit may be written as an escape; in a list it may not.
    assert!(
        !account.passed || text.contains(digest.hex()) || (check == Check::Sbom && text.contains("\\u")),
        "{account:?}"
    );
}

/// A pack without faults holds what its manifest says, and nothing else.
pub(super) fn pack(bytes: &[u8]) {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("pack");
    fs::write(&path, bytes).unwrap();
    let seen = pack::inspect(&path).unwrap();
    if seen.faults.is_empty() {
        assert!(seen.members.iter().all(|member| member.role.is_some()), "a member that the manifest does not know");
        assert!(seen.members.iter().any(|member| member.role == Some(pack::Role::Subject)), "a pack without a subject");
    }
}
