//! Which services sign: what a `signing_config.json` names (sigstore/protobuf-specs, `sigstore_trustroot.proto`).

use std::fmt;

use sigstore_verify::trust_root::{
    SIGSTORE_PRODUCTION_SIGNING_CONFIG, ServiceConfiguration, ServiceEndpoint, ServiceSelector, SigningConfig,
};

use crate::strict_json::{self, JsonError};

/// Largest signing configuration, in bytes. Sigstore's is 2 KiB.
const CONFIG_BYTES_MAX: usize = 1 << 20;

/// A service that takes part in a signature.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Service {
    /// Certifies the session's key for an identity.
    Fulcio,
    /// Logs signatures.
    Rekor,
    /// Says when.
    Timestamps,
}

impl fmt::Display for Service {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Fulcio => "the certificate authority (Fulcio)",
            Self::Rekor => "the transparency log (Rekor)",
            Self::Timestamps => "the timestamp authority",
        })
    }
}

/// How the log is spoken to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LogVersion {
    /// `/api/v1/log/entries`
    V1,
    /// `/api/v2/log/entries`
    V2,
}

/// Addresses of services.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Services {
    /// Below which `/api/v2/signingCert` lies.
    pub fulcio: String,
    /// Below which the entries lie.
    pub rekor: String,
    /// How it is spoken to.
    pub log: LogVersion,
    /// To which timestamps are asked of. A log of version 2 gives no time of its own.
    pub timestamps: Option<String>,
}

/// A signing configuration that cannot be used.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ServicesError {
    /// Too large, too deep, ambiguous or no JSON at all.
    #[error("the signing configuration cannot be read: {0}")]
    Json(#[from] JsonError),
    /// It is none.
    #[error("the signing configuration cannot be used: {reason}")]
    Unusable {
        /// Why.
        reason: String,
    },
    /// Nothing of a kind that is valid now and speaks a version that is known.
    #[error("the signing configuration names no {0} that can be used now")]
    Missing(Service),
    /// More than one is to be asked.
    #[error("the signing configuration wants several services for {0}, and one is asked here")]
    Several(Service),
    /// The log gives no time, and nobody else does.
    #[error("the log speaks version 2, which gives no time of signing, and no timestamp authority is named")]
    NoTime,
}

impl Services {
    /// Reads a signing configuration and chooses: of each kind the first that is valid now, of logs the newest version.
    ///
    /// # Errors
    /// When it cannot be used.
    pub fn from_json(json: &[u8]) -> Result<Self, ServicesError> {
        strict_json::parse(json, CONFIG_BYTES_MAX)?;
        let unusable = |reason: String| ServicesError::Unusable {
            reason: chiron_model::text::cut(&chiron_model::text::one_line(&reason), 200).into_owned(),
        };
        let text = std::str::from_utf8(json).map_err(|error| unusable(error.to_string()))?;
        let config = SigningConfig::from_json(text).map_err(|error| unusable(error.to_string()))?;
        let logs = config.eligible_rekor_urls(None);
        let stamps = config.eligible_tsa_urls();
        one(Service::Rekor, &config.rekor_tlog_config, &logs)?;
        if !stamps.is_empty() {
            one(Service::Timestamps, &config.tsa_config, &stamps)?;
        }
        let fulcio = config.fulcio_url().ok_or(ServicesError::Missing(Service::Fulcio))?;
        let rekor = logs.first().ok_or(ServicesError::Missing(Service::Rekor))?;
        // Only versions that are known are eligible.
        let log = if rekor.major_api_version == 2 { LogVersion::V2 } else { LogVersion::V1 };
        let timestamps = stamps.first().map(|service| service.url.clone());
        if log == LogVersion::V2 && timestamps.is_none() {
            return Err(ServicesError::NoTime);
        }
        Ok(Self { fulcio: fulcio.url.clone(), rekor: rekor.url.clone(), log, timestamps })
    }

    /// Sigstore's public instance, as it was when this version was made.
    ///
    /// # Errors
    /// When nothing of it is valid any more.
    pub fn embedded() -> Result<Self, ServicesError> {
        Self::from_json(SIGSTORE_PRODUCTION_SIGNING_CONFIG.as_bytes())
    }
}

/// One service is asked. Where the configuration wants more, less would be signed than it says.
fn one(service: Service, wanted: &ServiceConfiguration, among: &[&ServiceEndpoint]) -> Result<(), ServicesError> {
    let enough = match wanted.selector {
        ServiceSelector::Any => true,
        ServiceSelector::Exact => wanted.count == Some(1),
        ServiceSelector::All => among.len() <= 1,
        ServiceSelector::Undefined | _ => false,
    };
    if enough { Ok(()) } else { Err(ServicesError::Several(service)) }
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;

    fn config() -> Value {
        let service = |url: &str, version: u32| json!([{ "url": url, "majorApiVersion": version, "validFor": { "start": "2020-01-01T00:00:00Z" } }]);
        json!({
            "mediaType": "application/vnd.dev.sigstore.signingconfig.v0.2+json",
            "caUrls": service("https://f.example", 1), "rekorTlogUrls": service("https://r.example", 1),
            "tsaUrls": service("https://t.example/api", 1),
            "rekorTlogConfig": { "selector": "ANY" }, "tsaConfig": { "selector": "ANY" },
        })
    }

    fn read(config: &Value) -> Result<Services, ServicesError> {
        Services::from_json(config.to_string().as_bytes())
    }

    #[test]
    fn the_newest_log_is_asked_and_needs_a_timestamp_authority() {
        let mut config = config();
        assert_eq!(read(&config).unwrap().log, LogVersion::V1);
        let newer = json!({ "url": "https://r2.example", "majorApiVersion": 2, "validFor": { "start": "2020-01-01T00:00:00Z" } });
        config["rekorTlogUrls"].as_array_mut().unwrap().push(newer);
        let services = read(&config).unwrap();
        assert_eq!((services.log, services.rekor.as_str()), (LogVersion::V2, "https://r2.example"));
        config["tsaUrls"] = json!([]);
        assert_eq!(read(&config), Err(ServicesError::NoTime));
    }

    #[test]
    fn what_is_missing_or_more_than_one_is_told() {
        let mut without = config();
        without["caUrls"] = json!([]);
        assert_eq!(read(&without), Err(ServicesError::Missing(Service::Fulcio)));
        let mut over = config();
        over["rekorTlogUrls"][0]["validFor"]["end"] = json!("2021-01-01T00:00:00Z");
        assert_eq!(read(&over), Err(ServicesError::Missing(Service::Rekor)));
        let mut several = config();
        several["tsaConfig"] = json!({ "selector": "EXACT", "count": 2 });
        assert_eq!(read(&several), Err(ServicesError::Several(Service::Timestamps)));
        let mut other = config();
        other["mediaType"] = json!("text/plain");
        assert!(matches!(read(&other), Err(ServicesError::Unusable { .. })));
        assert!(Services::embedded().is_ok());
    }
}
