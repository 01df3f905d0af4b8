//! Elements of one entry, as they come.

use crate::bom::rules::{ALWAYS, Breaches};
use crate::text::one_line;

/// Elements of one entry: a component with all that is nested in it.
const ELEMENTS_MAX: usize = 500_000;

/// An element with what is in it.
#[derive(Debug, Default)]
pub(super) struct Element {
    pub(super) name: String,
    pub(super) attributes: Vec<(String, String)>,
    pub(super) text: String,
    pub(super) children: Vec<Self>,
}

/// One entry in the making: the elements that are open, outermost first.
#[derive(Default)]
pub(super) struct Builder {
    open: Vec<Element>,
    count: usize,
}

impl Builder {
    pub(super) fn is_open(&self) -> bool {
        !self.open.is_empty()
    }

    /// Whether an element in the innermost open one holds nothing that is read.
    pub(super) fn passes_over(&self, name: &str) -> bool {
        const UNREAD: [&str; 10] = [
            "evidence",
            "releaseNotes",
            "modelCard",
            "cryptoProperties",
            "signature",
            "commits",
            "patentAssertions",
            "provides",
            "formulation",
            "lifecycles",
        ];
        let parent = self.open.last().map(|element| element.name.as_str());
        UNREAD.contains(&name) || (name == "data" && parent == Some("component"))
    }

    pub(super) fn open(
        &mut self,
        name: &str,
        attributes: Vec<(String, String)>,
        breaches: &mut Breaches,
    ) -> Result<(), String> {
        if self.open.is_empty() {
            self.count = 0;
        }
        self.count += 1;
        if self.count > ELEMENTS_MAX {
            return Err(format!("an entry of more than {ELEMENTS_MAX} elements"));
        }
        if let Some(parent) = self.open.last().filter(|parent| !parent.text.trim().is_empty()) {
            breaches.add(ALWAYS, || format!("`{}` holds both text and elements", one_line(&parent.name, 60)));
        }
        self.open.push(Element { name: name.to_owned(), attributes, ..Element::default() });
        Ok(())
    }

    pub(super) fn text(&mut self, text: &str) {
        if let Some(element) = self.open.last_mut() {
            element.text.push_str(text);
        }
    }

    /// Ends the innermost element; gives the entry if that was its outermost.
    pub(super) fn close(&mut self) -> Option<Element> {
        let element = self.open.pop()?;
        match self.open.last_mut() {
            Some(parent) => {
                parent.children.push(element);
                None
            }
            None => Some(element),
        }
    }
}
