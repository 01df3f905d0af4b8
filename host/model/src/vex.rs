//! VEX: what people say about whether a vulnerability matters in a product.

/// Where a product stands towards a vulnerability. The four words of OpenVEX, which are CISA's minimum.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum VexStatus {
    /// The vulnerability cannot be exploited there.
    NotAffected,
    /// It can be, and something should be done.
    Affected,
    /// The product holds a fix.
    Fixed,
    /// Nobody knows yet.
    UnderInvestigation,
}

impl VexStatus {
    /// All of them, those first that leave a finding standing: of two statements of one age the first here holds.
    pub const WORST_FIRST: [Self; 4] = [Self::Affected, Self::UnderInvestigation, Self::Fixed, Self::NotAffected];

    /// The word in files.
    #[must_use]
    pub const fn word(self) -> &'static str {
        match self {
            Self::NotAffected => "not_affected",
            Self::Affected => "affected",
            Self::Fixed => "fixed",
            Self::UnderInvestigation => "under_investigation",
        }
    }

    /// Reads OpenVEX's words.
    #[must_use]
    pub fn from_word(word: &str) -> Option<Self> {
        Self::WORST_FIRST.into_iter().find(|status| status.word() == word)
    }

    /// Whether a finding that it speaks of does not apply.
    #[must_use]
    pub const fn sets_aside(self) -> bool {
        match self {
            Self::NotAffected | Self::Fixed => true,
            Self::Affected | Self::UnderInvestigation => false,
        }
    }
}

/// Why a product is not affected (CISA, "VEX Status Justifications").
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Justification {
    /// The component is not in the product.
    ComponentNotPresent,
    /// The component is, its vulnerable code is not.
    VulnerableCodeNotPresent,
    /// The code is there and never runs.
    VulnerableCodeNotInExecutePath,
    /// It runs, and no attacker decides on what.
    VulnerableCodeCannotBeControlledByAdversary,
    /// Something in the product stops the attack.
    InlineMitigationsAlreadyExist,
}

impl Justification {
    /// All of them.
    pub const ALL: [Self; 5] = [
        Self::ComponentNotPresent,
        Self::VulnerableCodeNotPresent,
        Self::VulnerableCodeNotInExecutePath,
        Self::VulnerableCodeCannotBeControlledByAdversary,
        Self::InlineMitigationsAlreadyExist,
    ];

    /// The word in files.
    #[must_use]
    pub const fn word(self) -> &'static str {
        match self {
            Self::ComponentNotPresent => "component_not_present",
            Self::VulnerableCodeNotPresent => "vulnerable_code_not_present",
            Self::VulnerableCodeNotInExecutePath => "vulnerable_code_not_in_execute_path",
            Self::VulnerableCodeCannotBeControlledByAdversary => "vulnerable_code_cannot_be_controlled_by_adversary",
            Self::InlineMitigationsAlreadyExist => "inline_mitigations_already_exist",
        }
    }

    /// Reads the words that OpenVEX and CSAF share.
    #[must_use]
    pub fn from_word(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|justification| justification.word() == word)
    }
}

/// A statement that speaks of a finding, and what came of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct VexRemark {
    /// The document it stands in, as the operator named it.
    pub document: String,
    /// Who says it.
    pub author: Option<String>,
    /// What it says.
    pub status: VexStatus,
    /// Why.
    pub justification: Option<Justification>,
    /// Why, or what to do, in words.
    pub text: Option<String>,
    /// RFC 3339: since when it says so.
    pub timestamp: Option<String>,
    /// What came of it.
    pub effect: VexEffect,
}

/// What came of a statement that speaks of a finding.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum VexEffect {
    /// It is the one that holds.
    Holds,
    /// A newer one says otherwise, or of the same age a worse.
    Overruled,
    /// Its time is over.
    Expired,
}

impl VexEffect {
    /// The word in files.
    #[must_use]
    pub const fn word(self) -> &'static str {
        match self {
            Self::Holds => "holds",
            Self::Overruled => "overruled",
            Self::Expired => "expired",
        }
    }
}

/// A VEX document of a run.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct VexDocument {
    /// As the operator named it, without folders that a report must not hold.
    pub name: String,
    /// `sha256:…` of its bytes.
    pub digest: String,
    /// `openvex`, `csaf` or `cyclonedx`.
    pub format: String,
    /// Who says so.
    pub author: Option<String>,
    /// How many statements it makes.
    pub statements: u64,
    /// How many of them speak of a finding.
    pub matched: u64,
    /// Those that speak of none, with the reason: first those whose vulnerability was found.
    pub unmatched: Vec<VexMiss>,
    /// How many more there are than are listed.
    pub unlisted: u64,
}

/// A statement that speaks of no finding.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct VexMiss {
    /// Whether its vulnerability was found, in another product: sorted first.
    pub elsewhere: VexNear,
    /// The vulnerability.
    pub vulnerability: String,
    /// The product, or the first of several.
    pub product: String,
    /// The word of its status.
    pub status: String,
    /// Why it met nothing, in a sentence.
    pub reason: String,
}

/// How near a statement came.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum VexNear {
    /// Its vulnerability was found.
    SameVulnerability,
    /// It was not.
    NothingFound,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_are_read_as_they_are_written() {
        for status in VexStatus::WORST_FIRST {
            assert_eq!(VexStatus::from_word(status.word()), Some(status));
        }
        for justification in Justification::ALL {
            assert_eq!(Justification::from_word(justification.word()), Some(justification));
        }
        assert_eq!((VexStatus::from_word("Fixed"), Justification::from_word("")), (None, None));
    }
}
