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

/// Which of several logs is chosen.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Logs {
    /// The newest version.
    Newest,
    /// One that promises a time of its own with each entry (version 1): for formats that have no place for a timestamp.
    Promising,
}

/// A log.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LogService {
    /// Below which the entries lie.
    pub address: String,
    /// How it is spoken to.
    pub version: LogVersion,
}

/// Addresses of services.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Services {
    /// Below which `/api/v2/signingCert` lies.
    pub fulcio: Option<String>,
    /// Where signatures are logged.
    pub rekor: Option<LogService>,
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
    /// Something needs the log's own promise.
    #[error("every log that the signing configuration names speaks version 2, which promises no time of its own")]
    NoPromise,
    /// Neither a log nor a timestamp authority.
    #[error(
        "the signing configuration names neither a transparency log nor a timestamp authority that can be used now"
    )]
    NoWitness,
}

impl Services {
    /// Reads a signing configuration and chooses: of each kind the first that is valid now. What is not there is None.
    ///
    /// # Errors
    /// When it cannot be used: also where it has several services asked of a kind, or names a log whose entries nobody gives a
    /// time, or none of those that `logs` wants.
    pub fn from_json(json: &[u8], logs: Logs) -> Result<Self, ServicesError> {
        strict_json::parse(json, CONFIG_BYTES_MAX)?;
        let unusable = |reason: String| ServicesError::Unusable {
            reason: chiron_model::text::cut(&chiron_model::text::one_line(&reason), 200).into_owned(),
        };
        let text = std::str::from_utf8(json).map_err(|error| unusable(error.to_string()))?;
        let config = SigningConfig::from_json(text).map_err(|error| unusable(error.to_string()))?;
        let promising = config.eligible_rekor_urls(Some(1));
        let all = match logs {
            Logs::Newest => config.eligible_rekor_urls(None),
            Logs::Promising if promising.is_empty() && !config.eligible_rekor_urls(None).is_empty() => {
                return Err(ServicesError::NoPromise);
            }
            Logs::Promising => promising,
        };
        let stamps = config.eligible_tsa_urls();
        if !all.is_empty() {
            one(Service::Rekor, &config.rekor_tlog_config, &all)?;
        }
        if !stamps.is_empty() {
            one(Service::Timestamps, &config.tsa_config, &stamps)?;
        }
        // Only versions that are known are eligible.
        let version = |number: u32| if number == 2 { LogVersion::V2 } else { LogVersion::V1 };
        let log =
            |log: &&ServiceEndpoint| LogService { address: log.url.clone(), version: version(log.major_api_version) };
        let (rekor, timestamps) = (all.first().map(log), stamps.first().map(|service| service.url.clone()));
        if timestamps.is_none() && rekor.as_ref().is_some_and(|log| log.version == LogVersion::V2) {
            return Err(ServicesError::NoTime);
        }
        Ok(Self { fulcio: config.fulcio_url().map(|service| service.url.clone()), rekor, timestamps })
    }

    /// Sigstore's public instance, as it was when this version was made.
    ///
    /// # Errors
    /// When nothing of it is valid any more.
    pub fn embedded(logs: Logs) -> Result<Self, ServicesError> {
        Self::from_json(SIGSTORE_PRODUCTION_SIGNING_CONFIG.as_bytes(), logs)
    }

    /// What a keyless session needs: an authority and a log.
    ///
    /// # Errors
    /// When one of them is missing.
    pub fn certifying(&self) -> Result<(&str, &LogService), ServicesError> {
        let fulcio = self.fulcio.as_deref().ok_or(ServicesError::Missing(Service::Fulcio))?;
        Ok((fulcio, self.rekor.as_ref().ok_or(ServicesError::Missing(Service::Rekor))?))
    }

    /// Whether anybody can witness what a key signs.
    ///
    /// # Errors
    /// When there is neither a log nor a timestamp authority.
    pub fn witnessing(&self) -> Result<(), ServicesError> {
        if self.rekor.is_none() && self.timestamps.is_none() { Err(ServicesError::NoWitness) } else { Ok(()) }
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
        Services::from_json(config.to_string().as_bytes(), Logs::Newest)
    }

    fn log(address: &str, version: LogVersion) -> Option<LogService> {
        Some(LogService { address: address.to_owned(), version })
    }

    /// With a log of version 2 beside the other.
    fn with_newer() -> Value {
        let mut config = config();
        let newer = json!({ "url": "https://r2.example", "majorApiVersion": 2, "validFor": { "start": "2020-01-01T00:00:00Z" } });
        config["rekorTlogUrls"].as_array_mut().unwrap().push(newer);
        config
    }

    #[test]
    fn the_newest_log_is_asked_and_needs_a_timestamp_authority() {
        assert_eq!(read(&config()).unwrap().rekor, log("https://r.example", LogVersion::V1));
        let mut config = with_newer();
        assert_eq!(read(&config).unwrap().rekor, log("https://r2.example", LogVersion::V2));
        config["tsaUrls"] = json!([]);
        assert_eq!(read(&config), Err(ServicesError::NoTime));
    }

    #[test]
    fn a_log_that_promises_is_chosen_where_it_is_needed_or_missed() {
        let promising = |config: &Value| Services::from_json(config.to_string().as_bytes(), Logs::Promising);
        let mut config = with_newer();
        assert_eq!(promising(&config).unwrap().rekor, log("https://r.example", LogVersion::V1));
        config["rekorTlogUrls"].as_array_mut().unwrap().remove(0);
        assert_eq!(promising(&config), Err(ServicesError::NoPromise));
        config["rekorTlogUrls"] = json!([]);
        assert_eq!(promising(&config).unwrap().certifying(), Err(ServicesError::Missing(Service::Rekor)));
    }

    #[test]
    fn what_is_missing_or_more_than_one_is_told() {
        let mut without = config();
        without["caUrls"] = json!([]);
        let services = read(&without).unwrap();
        assert_eq!(services.certifying(), Err(ServicesError::Missing(Service::Fulcio)));
        assert_eq!(services.witnessing(), Ok(()), "a key of one's own needs no certificate");
        let mut over = config();
        over["rekorTlogUrls"][0]["validFor"]["end"] = json!("2021-01-01T00:00:00Z");
        let services = read(&over).unwrap();
        assert_eq!(services.certifying(), Err(ServicesError::Missing(Service::Rekor)));
        assert_eq!(services.witnessing(), Ok(()), "a time alone is a witness");
        over["tsaUrls"] = json!([]);
        assert_eq!(read(&over).unwrap().witnessing(), Err(ServicesError::NoWitness));
        let mut several = config();
        several["tsaConfig"] = json!({ "selector": "EXACT", "count": 2 });
        assert_eq!(read(&several), Err(ServicesError::Several(Service::Timestamps)));
        let mut other = config();
        other["mediaType"] = json!("text/plain");
        assert!(matches!(read(&other), Err(ServicesError::Unusable { .. })));
        let public = Services::embedded(Logs::Promising).unwrap();
        assert!(public.certifying().is_ok() && public.witnessing().is_ok());
    }
}
