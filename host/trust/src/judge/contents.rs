//! What a trust root names, for people: nothing is judged by it.

use std::fmt;

use chiron_model::text;
use serde_json::Value;

use super::RootError;
use super::root::parsed;

/// Somebody whom a trust root believes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Voucher {
    /// What for.
    pub kind: VoucherKind,
    /// Its address, or whom its certificate names; one line.
    pub name: String,
    /// Since when, RFC 3339.
    pub from: Option<String>,
    /// Until when; None while it holds on.
    pub to: Option<String>,
}

/// What somebody is believed for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum VoucherKind {
    /// Certificates of identities (Fulcio).
    CertificateAuthority,
    /// That those were logged.
    CertificateLog,
    /// That signatures were logged (Rekor).
    TransparencyLog,
    /// Times.
    TimestampAuthority,
}

impl VoucherKind {
    /// All of them.
    const ALL: [Self; 4] =
        [Self::CertificateAuthority, Self::CertificateLog, Self::TransparencyLog, Self::TimestampAuthority];

    /// As a machine reads it.
    #[must_use]
    pub const fn word(self) -> &'static str {
        match self {
            Self::CertificateAuthority => "certificate-authority",
            Self::CertificateLog => "certificate-log",
            Self::TransparencyLog => "transparency-log",
            Self::TimestampAuthority => "timestamp-authority",
        }
    }

    /// Where a trust root lists them (sigstore/protobuf-specs, `sigstore_trustroot.proto`).
    const fn list(self) -> &'static str {
        match self {
            Self::CertificateAuthority => "certificateAuthorities",
            Self::CertificateLog => "ctlogs",
            Self::TransparencyLog => "tlogs",
            Self::TimestampAuthority => "timestampAuthorities",
        }
    }
}

impl fmt::Display for VoucherKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::CertificateAuthority => "certificate authority",
            Self::CertificateLog => "certificate log",
            Self::TransparencyLog => "transparency log",
            Self::TimestampAuthority => "timestamp authority",
        })
    }
}

/// Whom a `trusted_root.json` names, in its order.
///
/// # Errors
/// As [`super::TrustRoot::from_json`], but for keys and certificates, which are not looked at.
pub fn vouchers(json: &[u8]) -> Result<Vec<Voucher>, RootError> {
    let root = parsed(json)?;
    let mut vouchers = Vec::new();
    for kind in VoucherKind::ALL {
        let listed = root.get(kind.list()).and_then(Value::as_array).into_iter().flatten();
        vouchers.extend(listed.map(|entry| voucher(kind, entry)));
    }
    Ok(vouchers)
}

fn voucher(kind: VoucherKind, entry: &Value) -> Voucher {
    let text = |pointer: &str| {
        let found = entry.pointer(pointer).and_then(Value::as_str);
        found.filter(|text| !text.is_empty()).map(|found| text::cut(&text::one_line(found), 120).into_owned())
    };
    let name = text("/uri").or_else(|| text("/baseUrl")).or_else(|| text("/subject/commonName"));
    let valid = |end: &str| text(&format!("/validFor/{end}")).or_else(|| text(&format!("/publicKey/validFor/{end}")));
    Voucher { kind, name: name.unwrap_or_else(|| "without a name".to_owned()), from: valid("start"), to: valid("end") }
}

#[cfg(all(test, feature = "keyless"))]
mod tests {
    use super::*;

    #[test]
    fn the_embedded_root_names_somebody_for_each() {
        let all = vouchers(super::super::TrustRoot::embedded_json().as_bytes()).unwrap();
        for kind in VoucherKind::ALL {
            let found = all.iter().find(|voucher| voucher.kind == kind && voucher.to.is_none()).unwrap();
            assert!(found.name.contains("sigstore") && found.from.is_some(), "{found:?}");
        }
        assert!(vouchers(b"{}").is_err());
    }
}
