//! Which files a generator wants to be asked about.

use chiron_archive::GLOB_BYTES_MAX;
use globset::{GlobBuilder, GlobSet, GlobSetBuilder};

use chiron_model::plugin::Description;

/// Property by which a generator names a media type it reads.
const MEDIA_TYPE: &str = "chiron:input-media-type";

/// Property by which a generator names a glob of file names it reads.
const GLOB: &str = "chiron:input-glob";

/// Property by which a generator names a glob of files that mark a tree it wants to see whole.
const TREE: &str = "chiron:input-tree";

/// Most globs of one property.
const GLOBS_MAX: usize = 1_000;

/// What a generator reads. One that names nothing is asked about whole subjects.
#[derive(Clone, Debug)]
pub struct Inputs {
    media_types: Vec<String>,
    globs: GlobSet,
    marks: GlobSet,
    whole: bool,
}

impl Inputs {
    /// Reads the properties of a description.
    ///
    /// # Errors
    /// A glob that cannot be read.
    pub fn of(description: &Description) -> Result<Self, String> {
        let values = |key: &str| {
            description
                .properties
                .iter()
                .filter(move |(name, _)| name == key)
                .map(|(_, value)| value.clone())
                .collect::<Vec<_>>()
        };
        let (media_types, globs, marks) = (values(MEDIA_TYPE), values(GLOB), values(TREE));
        let whole = media_types.is_empty() && globs.is_empty() && marks.is_empty();
        Ok(Self { media_types, globs: set_of(&globs)?, marks: set_of(&marks)?, whole })
    }

    /// Whether it is asked about whole subjects, not single files.
    #[must_use]
    pub fn whole(&self) -> bool {
        self.whole
    }

    /// Whether it reads this file. A glob without a slash is matched against the file's name, one with a slash against its path.
    #[must_use]
    pub fn reads(&self, path: &str, media_type: &str) -> bool {
        let name = path.rsplit('/').next().unwrap_or(path);
        self.media_types.iter().any(|known| known == media_type)
            || self.globs.is_match(name)
            || self.globs.is_match(path)
    }

    /// Whether this file or link marks a tree that it wants to see whole. Matched as file names are.
    #[must_use]
    pub fn marks(&self, path: &str) -> bool {
        let name = path.rsplit('/').next().unwrap_or(path);
        self.marks.is_match(name) || self.marks.is_match(path)
    }
}

/// The globs are a plugin's: no longer than those by which it lists a tree, and no more than anyone has.
fn set_of(globs: &[String]) -> Result<GlobSet, String> {
    if globs.len() > GLOBS_MAX {
        return Err(format!("{} globs, and at most {GLOBS_MAX} are taken", globs.len()));
    }
    let mut set = GlobSetBuilder::new();
    for glob in globs {
        if glob.len() > GLOB_BYTES_MAX {
            return Err(format!("a glob of {} bytes, and {GLOB_BYTES_MAX} are taken", glob.len()));
        }
        set.add(GlobBuilder::new(glob).literal_separator(true).build().map_err(|error| error.to_string())?);
    }
    set.build().map_err(|error| error.to_string())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn globs_made_to_cost_are_refused() {
        let refused = |glob: String| set_of(&[glob]).is_err();
        assert!(refused("{".repeat(500)));
        assert!(refused(format!("{}{}", "{a,".repeat(128), "}".repeat(128))));
        assert!(refused(format!("{}{}", "{a,".repeat(100_000), "}".repeat(100_000))));
        assert!(refused("*a".repeat(300)));
        assert!(set_of(&vec!["*.whl".to_owned(); GLOBS_MAX + 1]).is_err());
        assert!(set_of(&["*.whl".to_owned(), "**/{a,b}/*".to_owned()]).unwrap().is_match("x/a/y"));
    }
}
