//! Declared licences: one expression, or a reference to a text of this document.

use std::collections::HashMap;

use chiron_model::component::License as Model;
use spdx::{Expression, ParseMode};

use super::wire::{ExtractedLicense, NO_ASSERTION};

/// Texts that are no expressions, each once.
#[derive(Default)]
pub(super) struct Licenses {
    infos: Vec<ExtractedLicense>,
    ids: HashMap<String, String>,
}

impl Licenses {
    /// What a package declares, and a comment where that is more than one licence: joining several with AND or OR would be
    /// a guess about what the package means, so they are listed in the comment and nothing is asserted.
    pub(super) fn declared(&mut self, licenses: &[Model]) -> (String, Option<String>) {
        let texts: Vec<&str> = licenses.iter().map(text).filter(|text| !text.trim().is_empty()).collect();
        match texts[..] {
            [] => (NO_ASSERTION.to_owned(), None),
            [one] if is_expression(one) => (one.to_owned(), None),
            [one] => (self.reference(one), None),
            _ => (NO_ASSERTION.to_owned(), Some(format!("The package declares: {}", texts.join("; ")))),
        }
    }

    pub(super) fn into_infos(self) -> Vec<ExtractedLicense> {
        self.infos
    }

    fn reference(&mut self, text: &str) -> String {
        if let Some(id) = self.ids.get(text) {
            return id.clone();
        }
        let id = format!("LicenseRef-{}", self.infos.len() + 1);
        self.ids.insert(text.to_owned(), id.clone());
        self.infos.push(ExtractedLicense { license_id: id.clone(), extracted_text: text.to_owned() });
        id
    }
}

fn text(license: &Model) -> &str {
    let (Model::Expression(text) | Model::Text(text)) = license;
    text
}

/// A reference of somebody else's document means nothing in this one.
pub(crate) fn is_expression(text: &str) -> bool {
    let mode = ParseMode { allow_deprecated: true, ..ParseMode::STRICT };
    !text.contains("Ref-") && Expression::parse_mode(text, mode).is_ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_no_expression_becomes_a_text_of_the_document() {
        let mut licenses = Licenses::default();
        let mut declared = |texts: &[&str]| {
            let models: Vec<Model> = texts.iter().map(|text| Model::Text((*text).to_owned())).collect();
            licenses.declared(&models)
        };
        assert_eq!(declared(&["MIT OR Apache-2.0"]), ("MIT OR Apache-2.0".to_owned(), None));
        assert_eq!(declared(&["See LICENSE"]), ("LicenseRef-1".to_owned(), None));
        assert_eq!(declared(&["See LICENSE"]), ("LicenseRef-1".to_owned(), None));
        assert_eq!(declared(&["LicenseRef-1"]), ("LicenseRef-2".to_owned(), None));
        assert_eq!(declared(&[" "]), ("NOASSERTION".to_owned(), None));
        let comment = Some("The package declares: MIT; BSD".to_owned());
        assert_eq!(declared(&["MIT", "BSD"]), ("NOASSERTION".to_owned(), comment));
    }
}
