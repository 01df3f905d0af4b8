//! Versions of the specification, and what they differ in for what is written here.

use super::wire::{Bom, Component, Property};

/// A version of CycloneDX.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) enum Version {
    /// For readers that know no newer one.
    V1_5,
    /// ECMA-424, first edition.
    V1_6,
    /// ECMA-424, second edition.
    V1_7,
}

impl Version {
    /// As documents name it.
    pub(super) const fn word(self) -> &'static str {
        match self {
            Self::V1_5 => "1.5",
            Self::V1_6 => "1.6",
            Self::V1_7 => "1.7",
        }
    }

    /// The schema of the JSON form.
    pub(super) const fn schema(self) -> &'static str {
        match self {
            Self::V1_5 => "http://cyclonedx.org/schema/bom-1.5.schema.json",
            Self::V1_6 => "http://cyclonedx.org/schema/bom-1.6.schema.json",
            Self::V1_7 => "http://cyclonedx.org/schema/bom-1.7.schema.json",
        }
    }

    /// Takes out what the version does not know; nothing is lost, it becomes properties.
    pub(super) fn fit(self, bom: &mut Bom) {
        match self {
            Self::V1_5 => bom.components.iter_mut().for_each(to_1_5),
            Self::V1_6 | Self::V1_7 => {}
        }
    }
}

/// 1.6 brought lines of occurrences and the type of cryptographic assets.
fn to_1_5(component: &mut Component) {
    if component.kind == "cryptographic-asset" {
        component.properties.push(Property::new("chiron:type", component.kind));
        component.kind = "library";
    }
    let Some(evidence) = &mut component.evidence else { return };
    for occurrence in &mut evidence.occurrences {
        let (line, context) = (occurrence.line.take(), occurrence.additional_context.take());
        if line.is_none() && context.is_none() {
            continue;
        }
        let line = line.map(|line| format!(":{line}")).unwrap_or_default();
        let context = context.map(|context| format!(" {context}")).unwrap_or_default();
        let value = format!("{}{line}{context}", occurrence.location);
        component.properties.push(Property::new("chiron:occurrence", value));
    }
}
