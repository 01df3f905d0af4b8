//! What to do about a component with findings.

/// The way out of the findings of one component that apply.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Advice {
    /// Id of the component.
    pub component: String,
    /// The smallest version that leaves as little as possible; None where no fix is known, or none that can be ordered.
    pub upgrade_to: Option<String>,
    /// Ids of the findings that it ends.
    pub clears: Vec<String>,
    /// Ids of the findings that it does not end; all of them where there is no such version.
    pub leaves: Vec<String>,
    /// Records that apply to that version and not to this one.
    pub brings: Vec<String>,
}
