//! One package, as either form spells it, on its way to a component.

use chiron_sdk::sbom::{Component, License};
use chiron_sdk::{Digest, Location};

use crate::SELF;
use crate::bom::origin::{UPSTREAM, joined};
use crate::bom::parts::{Part, set_purl};
use crate::text::one_line;

/// Longest of what is kept of a free text, in characters.
const TEXT_MAX: usize = 1000;

/// What nobody said, and what is said not to be there.
const NOTHING: [&str; 3] = ["NOASSERTION", "NONE", ""];

/// A package in the making.
#[derive(Debug, Default)]
pub(super) struct Package {
    pub(super) id: Option<String>,
    pub(super) name: String,
    pub(super) version: Option<String>,
    pub(super) purpose: Option<String>,
    pub(super) declared: Option<String>,
    pub(super) concluded: Option<String>,
    pub(super) source_info: Option<String>,
    pub(super) digests: Vec<Digest>,
    pub(super) purls: Vec<String>,
}

impl Package {
    /// A reference to something outside of the document; only purls are kept.
    pub(super) fn refer(&mut self, kind: &str, locator: &str) {
        if kind == "purl" || kind == "http://spdx.org/rdf/references/purl" {
            self.purls.push(locator.trim().to_owned());
        }
    }

    /// A checksum, where it is one of an algorithm that the host knows.
    pub(super) fn checksum(&mut self, algorithm: &str, value: &str) {
        let (algorithm, length) = match algorithm {
            "MD5" => ("md5", 32),
            "SHA1" => ("sha1", 40),
            "SHA256" => ("sha256", 64),
            "SHA384" => ("sha384", 96),
            "SHA512" => ("sha512", 128),
            "BLAKE3" => ("blake3", 64),
            _ => return,
        };
        let value = value.trim().to_ascii_lowercase();
        if value.len() == length && value.bytes().all(|byte| byte.is_ascii_hexdigit()) {
            self.digests.push(Digest { algorithm: algorithm.to_owned(), value });
        }
    }

    /// The component.
    ///
    /// # Errors
    /// In words, for a package without a name: it would be any package.
    pub(super) fn into_part(self) -> Result<Part, String> {
        if self.name.trim().is_empty() {
            return Err(format!("package `{}` has no name", one_line(self.id.as_deref().unwrap_or_default(), 100)));
        }
        let purpose = self.purpose.unwrap_or_default().to_ascii_lowercase().replace('_', "-");
        let mut component = Component::new("", kind(&purpose), &self.name);
        component.version = self.version.filter(|version| !NOTHING.contains(&version.as_str()));
        component.digests = self.digests;
        component.locations = vec![Location { path: SELF.to_owned(), line: None, layer: None }];
        let declared = self.declared.filter(|text| !NOTHING.contains(&text.as_str()));
        let license = declared.or_else(|| self.concluded.filter(|text| !NOTHING.contains(&text.as_str())));
        component.licenses = license.map(|text| License::Expression(one_line(&text, TEXT_MAX))).into_iter().collect();
        if let Some(built_from) = self.source_info.as_deref().and_then(upstream) {
            component.properties.push((UPSTREAM.to_owned(), built_from));
        }
        let purls = self.purls.len();
        set_purl(&mut component, self.purls.into_iter().next());
        if purls > 1 {
            let note = format!("the SBOM gives {purls} purls; this is the first");
            component.properties.push(("chiron:note".to_owned(), note));
        }
        let bom_ref = self.id.filter(|id| !id.is_empty());
        Ok(Part { bom_ref, parent: None, is_root: false, component })
    }
}

/// The type of a component for a purpose (SPDX 2.3, 7.24).
fn kind(purpose: &str) -> &'static str {
    match purpose {
        "application" | "install" => "application",
        "framework" => "framework",
        "container" => "container",
        "operating-system" => "operating-system",
        "device" => "device",
        "firmware" => "firmware",
        "file" => "file",
        _ => "library",
    }
}

/// What trivy says of a system package: `built package from: openssl 3.0.11-1`.
fn upstream(source_info: &str) -> Option<String> {
    let source = source_info.strip_prefix("built package from:")?.trim();
    let mut words = source.split_whitespace();
    let (name, version) = (words.next()?, words.next());
    words.next().is_none().then(|| joined(name, version))
}
