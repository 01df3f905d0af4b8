//! How much a subject may cost. The limits in force stand in the plan.

/// What reading one subject may cost. All of them hold for archives inside archives too.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Limits {
    /// Members of one archive. Among 431 popular wheels the most is 3,959; a million is an attack on the index.
    pub entries_max: u64,
    /// Bytes of one path. Linux's `PATH_MAX`: a longer one could not be unpacked.
    pub name_bytes_max: u32,
    /// Bytes of all paths of one archive or directory together: what an index may hold in memory.
    pub names_bytes_max: u64,
    /// Inflated bytes of one member. The largest shared libraries in GPU wheels are near 1 GiB.
    pub entry_bytes_max: u64,
    /// Inflated bytes of one archive, as declared (and then held to it); and inflated bytes that may lie in temporary
    /// files at one time, over all archives of the subject.
    pub total_bytes_max: u64,
    /// Inflated to stored bytes, for members beyond 1 MiB. Deflate cannot exceed 1032; the highest among the 105,000 members
    /// of 431 popular wheels is 224, the next 10.
    pub ratio_max: u32,
    /// Archives within archives. 1 opens a wheel, 2 a wheel inside a zip.
    pub depth_max: u32,
    /// Bytes of one read. 64 KiB windows are already within 1.3 of a native loop; more only costs memory.
    pub read_bytes_max: u32,
    /// Entries of a directory walk: files, directories, links and all else. A large virtual environment has 100,000.
    pub files_max: u64,
    /// Inflated bytes held in memory at one time, over all open members of the subject; beyond it they go to
    /// unlinked temporary files.
    pub memory_bytes_max: u64,
}

impl Default for Limits {
    fn default() -> Self {
        const MIB: u64 = 1 << 20;
        Self {
            entries_max: 100_000,
            name_bytes_max: 4096,
            names_bytes_max: 64 * MIB,
            entry_bytes_max: 1024 * MIB,
            total_bytes_max: 4096 * MIB,
            ratio_max: 1000,
            depth_max: 3,
            read_bytes_max: 1 << 20,
            files_max: 500_000,
            memory_bytes_max: 64 * MIB,
        }
    }
}

impl Limits {
    /// Name and value of each limit, in declaration order, for the plan and the report.
    #[must_use]
    pub fn describe(&self) -> Vec<(&'static str, u64)> {
        // Taken apart so that a limit that is added cannot be left out here.
        let Self {
            entries_max,
            name_bytes_max,
            names_bytes_max,
            entry_bytes_max,
            total_bytes_max,
            ratio_max,
            depth_max,
            read_bytes_max,
            files_max,
            memory_bytes_max,
        } = self;
        vec![
            ("entries_max", *entries_max),
            ("name_bytes_max", u64::from(*name_bytes_max)),
            ("names_bytes_max", *names_bytes_max),
            ("entry_bytes_max", *entry_bytes_max),
            ("total_bytes_max", *total_bytes_max),
            ("ratio_max", u64::from(*ratio_max)),
            ("depth_max", u64::from(*depth_max)),
            ("read_bytes_max", u64::from(*read_bytes_max)),
            ("files_max", *files_max),
            ("memory_bytes_max", *memory_bytes_max),
        ]
    }

    /// The most that `stored` bytes may inflate to: the ratio beyond 1 MiB, anything up to there.
    pub(crate) fn inflated_max(&self, stored: u64) -> u64 {
        /// Small members of many zeros reach the highest ratios and do no harm.
        const RATIO_FREE_BYTES: u64 = 1 << 20;
        stored.saturating_mul(u64::from(self.ratio_max)).max(RATIO_FREE_BYTES)
    }
}
