//! All records of a database, one after the other.

use fst::Streamer as _;

use super::{Database, LookupError};

impl Database {
    /// Whether it holds a record of that id.
    #[must_use]
    pub fn holds(&self, id: &str) -> bool {
        self.ids.contains_key(id)
    }

    /// The ids of all records, sorted by their bytes.
    ///
    /// # Errors
    /// [`LookupError::Damaged`] where the index holds what no id is.
    pub fn ids(&self) -> Result<Vec<String>, LookupError> {
        let mut ids = Vec::with_capacity(self.ids.len());
        let mut stream = self.ids.stream();
        while let Some((id, _)) = stream.next() {
            let id =
                std::str::from_utf8(id).map_err(|_| LookupError::Damaged { what: "the index of ids".to_owned() })?;
            ids.push(id.to_owned());
        }
        Ok(ids)
    }
}
