//! Ids of traces and spans, and the parent that a CI system hands down (W3C Trace Context, `traceparent`).

use std::fmt;

/// Of a trace: 16 bytes, not all zero.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct TraceId(pub [u8; 16]);

/// Of a span: 8 bytes, not all zero.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct SpanId(pub [u8; 8]);

impl fmt::Display for TraceId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&hex::encode(self.0))
    }
}

impl fmt::Display for SpanId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&hex::encode(self.0))
    }
}

/// Whoever started the run, in a trace of theirs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Parent {
    /// Their trace, which the run joins.
    pub trace: TraceId,
    /// Their span.
    pub span: SpanId,
    /// Whether they record it.
    pub sampled: bool,
}

/// A `traceparent` that cannot be read. It is ignored, as the specification wants it, and said.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("it is no W3C traceparent (00-TRACE-SPAN-FLAGS, in lower-case hex)")]
pub struct ParentError;

impl Parent {
    /// Reads `00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01`. Of a newer version the first four fields are read.
    ///
    /// # Errors
    /// [`ParentError`].
    pub fn parse(text: &str) -> Result<Self, ParentError> {
        let mut fields = text.split('-');
        let mut next = || fields.next().ok_or(ParentError);
        let (version, trace, span, flags) = (next()?, next()?, next()?, next()?);
        let [version] = bytes::<1>(version)?;
        let rest = fields.next();
        if version == 0xff || (version == 0 && rest.is_some()) {
            return Err(ParentError);
        }
        let (trace, span, [flags]) = (bytes::<16>(trace)?, bytes::<8>(span)?, bytes::<1>(flags)?);
        if trace == [0; 16] || span == [0; 8] {
            return Err(ParentError);
        }
        Ok(Self { trace: TraceId(trace), span: SpanId(span), sampled: flags & 1 == 1 })
    }
}

fn bytes<const N: usize>(text: &str) -> Result<[u8; N], ParentError> {
    if text.bytes().any(|byte| byte.is_ascii_uppercase()) {
        return Err(ParentError);
    }
    let mut bytes = [0; N];
    hex::decode_to_slice(text, &mut bytes).map_err(|_| ParentError)?;
    Ok(bytes)
}

/// Gives ids. Random, so that runs on many machines do not meet; where the system has no random numbers, from the time.
#[derive(Debug)]
pub(crate) struct Ids(u64);

impl Ids {
    pub(crate) fn new(fallback: u64) -> Self {
        Self(getrandom::u64().unwrap_or(fallback))
    }

    pub(crate) fn trace(&mut self) -> TraceId {
        let mut bytes = [0; 16];
        bytes[..8].copy_from_slice(&self.draw().to_be_bytes());
        bytes[8..].copy_from_slice(&self.draw().to_be_bytes());
        TraceId(bytes)
    }

    pub(crate) fn span(&mut self) -> SpanId {
        SpanId(self.draw().to_be_bytes())
    }

    /// SplitMix64: ids have to differ, not to be hard to guess.
    fn draw(&mut self) -> u64 {
        loop {
            self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
            let mut mixed = self.0;
            mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
            mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
            mixed ^= mixed >> 31;
            if mixed != 0 {
                return mixed;
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const GOOD: &str = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01";

    #[test]
    fn a_traceparent_is_read_as_the_specification_has_it() {
        let parent = Parent::parse(GOOD).unwrap();
        assert_eq!(parent.trace.to_string(), "4bf92f3577b34da6a3ce929d0e0e4736");
        assert_eq!((parent.span.to_string().as_str(), parent.sampled), ("00f067aa0ba902b7", true));
        assert!(!Parent::parse(&GOOD.replace("-01", "-00")).unwrap().sampled);
        // A newer version may append fields.
        assert!(Parent::parse(&format!("01{}-more", &GOOD[2..])).is_ok());
        for wrong in [
            "",
            "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7",
            "ff-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01",
            "00-00000000000000000000000000000000-00f067aa0ba902b7-01",
            "00-4bf92f3577b34da6a3ce929d0e0e4736-0000000000000000-01",
            "00-4BF92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01",
            "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01-more",
        ] {
            assert_eq!(Parent::parse(wrong), Err(ParentError), "{wrong}");
        }
    }

    #[test]
    fn ids_differ() {
        let mut ids = Ids(7);
        let given: std::collections::BTreeSet<_> = (0..10_000).map(|_| ids.span()).collect();
        assert_eq!(given.len(), 10_000);
    }
}
