//! The parts of a package URL, and the form that the specification gives them: what each type says about case, and what it
//! demands.

use std::fmt;

/// The parts of a package URL, decoded.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Parts {
    /// The type, in lower case.
    pub kind: String,
    /// Segments, parted by slashes.
    pub namespace: Option<String>,
    /// The name.
    pub name: String,
    /// The version.
    pub version: Option<String>,
    /// Sorted by key.
    pub qualifiers: Vec<(String, String)>,
    /// Segments, parted by slashes.
    pub subpath: Option<String>,
}

/// Types whose namespaces and names have no capitals (purl specification, `types/`).
const LOWER: [&str; 14] = [
    "alpm",
    "apk",
    "bitbucket",
    "brew",
    "composer",
    "deb",
    "git",
    "github",
    "golang",
    "hex",
    "luarocks",
    "otp",
    "qpkg",
    "vscode-extension",
];

/// Types of whose two parts the name alone has none.
const LOWER_NAME: [&str; 6] = ["bitnami", "chrome-extension", "npm", "oci", "pub", "pypi"];

/// Types that have no namespace, as far as the specification's vectors tell.
const BARE: [&str; 3] = ["julia", "otp", "vcpkg"];

/// Types that need one.
const NAMESPACED: [&str; 2] = ["swift", "vscode-extension"];

impl Parts {
    /// Reads a text.
    ///
    /// # Errors
    /// What it lacks, in words.
    pub(super) fn parse(text: &str) -> Result<Self, &'static str> {
        let rest = text.strip_prefix("pkg:").ok_or("it does not begin with `pkg:`")?.trim_start_matches('/');
        let (rest, subpath) = rest.split_once('#').map_or((rest, None), |(rest, subpath)| (rest, Some(subpath)));
        let (rest, qualifiers) = rest.split_once('?').unwrap_or((rest, ""));
        let (kind, path) = rest.split_once('/').ok_or("it has a type and no name")?;
        let (path, version) = split_version(path.trim_start_matches('/'));
        if version.is_some() && path.ends_with('/') {
            return Err("it has no name");
        }
        let mut segments = Vec::new();
        for segment in path.split('/').filter(|segment| !segment.is_empty()) {
            segments.push(decoded(segment)?);
        }
        // Of a repository, the host is the namespace, and what lies below is its name.
        let split =
            if kind.eq_ignore_ascii_case("git") { segments.len().min(1) } else { segments.len().saturating_sub(1) };
        let name = segments.split_off(split).join("/");
        let mut pairs = Vec::new();
        for pair in qualifiers.split('&').filter(|pair| !pair.is_empty()) {
            let (key, value) = pair.split_once('=').ok_or("a qualifier has no value")?;
            // Keys are written in lower case, and read in any.
            pairs.push((key.to_ascii_lowercase(), decoded(value)?));
        }
        let mut below = Vec::new();
        for segment in subpath.unwrap_or_default().split('/') {
            below.push(decoded(segment)?);
        }
        let version = version.map(decoded).transpose()?;
        Self::new(kind, &segments.join("/"), &name, version.as_deref(), pairs, &below.join("/"))
    }

    /// Parts as they are given; empty ones are none.
    ///
    /// # Errors
    /// What is missing or may not be, in words.
    pub fn new(
        kind: &str,
        namespace: &str,
        name: &str,
        version: Option<&str>,
        mut qualifiers: Vec<(String, String)>,
        subpath: &str,
    ) -> Result<Self, &'static str> {
        let is_kind = kind.starts_with(|c: char| c.is_ascii_alphabetic())
            && kind.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'.' | b'-'));
        if !is_kind {
            return Err("its type is none");
        }
        if name.is_empty() {
            return Err("it has no name");
        }
        let is_key = |key: &str| {
            key.starts_with(|c: char| c.is_ascii_lowercase())
                && key.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || matches!(b, b'.' | b'-' | b'_'))
        };
        if !qualifiers.iter().all(|(key, _)| is_key(key)) {
            return Err("the key of a qualifier is none");
        }
        qualifiers.retain(|(_, value)| !value.is_empty());
        qualifiers.sort();
        if qualifiers.windows(2).any(|pair| pair[0].0 == pair[1].0) {
            return Err("a qualifier stands twice");
        }
        let segments = |text: &str, drop: &[&str]| {
            let kept: Vec<&str> = text.split('/').filter(|part| !part.is_empty() && !drop.contains(part)).collect();
            (!kept.is_empty()).then(|| kept.join("/"))
        };
        let parts = Self {
            kind: kind.to_ascii_lowercase(),
            namespace: segments(namespace, &[]),
            name: name.to_owned(),
            version: version.filter(|version| !version.is_empty()).map(str::to_owned),
            qualifiers,
            subpath: segments(subpath, &[".", ".."]),
        };
        parts.demanded()?;
        Ok(parts)
    }

    /// What the type demands.
    fn demanded(&self) -> Result<(), &'static str> {
        let kind = self.kind.as_str();
        if BARE.contains(&kind) && self.namespace.is_some() {
            return Err("its type has no namespace");
        }
        if NAMESPACED.contains(&kind) && self.namespace.is_none() {
            return Err("its type needs a namespace");
        }
        let version = self.version.as_deref().unwrap_or("0");
        let numbers = || version.split('.').count() <= 4 && version.bytes().all(|b| b.is_ascii_digit() || b == b'.');
        match kind {
            "cpan" if self.name.contains("::") => Err("its name is that of a module, not of a distribution"),
            "julia" if self.qualifier("uuid").is_none() => Err("its type needs a `uuid`"),
            "chrome-extension" => {
                let is_id = self.name.len() == 32 && self.name.bytes().all(|b| matches!(b, b'a'..=b'p' | b'A'..=b'P'));
                if is_id && numbers() { Ok(()) } else { Err("its name is no id of an extension, or its version none") }
            }
            _ => Ok(()),
        }
    }

    /// The value of a qualifier.
    #[must_use]
    pub fn qualifier(&self, key: &str) -> Option<&str> {
        self.qualifiers.iter().find(|(name, _)| name == key).map(|(_, value)| value.as_str())
    }

    /// With the case that the type asks for.
    #[must_use]
    pub fn canonical(mut self) -> Self {
        let kind = self.kind.as_str();
        let databricks = || self.qualifier("repository_url").is_some_and(|url| url.contains("azuredatabricks"));
        let lower_name = LOWER.contains(&kind) || LOWER_NAME.contains(&kind) || (kind == "mlflow" && databricks());
        let lower_namespace = LOWER.contains(&kind) || kind == "rpm";
        match kind {
            "cpan" => self.namespace = self.namespace.map(|namespace| namespace.to_uppercase()),
            "huggingface" => self.version = self.version.map(|version| version.to_lowercase()),
            "pypi" => self.name = self.name.replace('_', "-"),
            _ => {}
        }
        if lower_name {
            self.name = self.name.to_lowercase();
        }
        if lower_namespace {
            self.namespace = self.namespace.map(|namespace| namespace.to_lowercase());
        }
        self
    }
}

impl fmt::Display for Parts {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "pkg:{}/", self.kind)?;
        for segment in self.namespace.iter().flat_map(|namespace| namespace.split('/')) {
            write!(f, "{}/", encoded(segment))?;
        }
        if self.kind == "git" {
            let segments: Vec<String> = self.name.split('/').map(encoded).collect();
            f.write_str(&segments.join("/"))?;
        } else {
            f.write_str(&encoded(&self.name))?;
        }
        if let Some(version) = &self.version {
            write!(f, "@{}", encoded(version))?;
        }
        for (index, (key, value)) in self.qualifiers.iter().enumerate() {
            write!(f, "{}{key}={}", if index == 0 { '?' } else { '&' }, encoded(value))?;
        }
        if let Some(subpath) = &self.subpath {
            let segments: Vec<String> = subpath.split('/').map(encoded).collect();
            write!(f, "#{}", segments.join("/"))?;
        }
        Ok(())
    }
}

/// Cuts at the last `@`, unless it begins a scope: `@scope/name`.
fn split_version(path: &str) -> (&str, Option<&str>) {
    match path.rsplit_once('@') {
        Some((before, after)) if (before.is_empty() || before.ends_with('/')) && after.contains('/') => (path, None),
        Some((before, after)) => (before, Some(after)),
        None => (path, None),
    }
}

/// Percent-encodes all that may not stand bare (purl specification, "Character encoding").
fn encoded(text: &str) -> String {
    let mut encoded = String::with_capacity(text.len());
    for byte in text.bytes() {
        match byte {
            b'A'..=b'Z' | b'a'..=b'z' | b'0'..=b'9' | b'.' | b'-' | b'_' | b'~' | b':' => {
                encoded.push(char::from(byte))
            }
            byte => encoded.push_str(&format!("%{byte:02X}")),
        }
    }
    encoded
}

/// A `%` that encodes nothing is itself.
fn decoded(text: &str) -> Result<String, &'static str> {
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.as_bytes();
    while let [byte, after @ ..] = rest {
        let digit = |at: usize| after.get(at).and_then(|digit| char::from(*digit).to_digit(16));
        if let (b'%', Some(high), Some(low)) = (byte, digit(0), digit(1)) {
            bytes.push(u8::try_from(high * 16 + low).unwrap_or(b'%'));
            rest = after.get(2..).unwrap_or_default();
        } else {
            bytes.push(*byte);
            rest = after;
        }
    }
    String::from_utf8(bytes).map_err(|_| "it encodes no UTF-8")
}
