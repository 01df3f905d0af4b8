//! Runs syft through the profiles of the operator, and reads its report.

use chiron_plugin_syft::SyftAdapter;

chiron_sdk::export!(SyftAdapter as sbom_generator);
