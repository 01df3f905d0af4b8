//! Reads reports of syft. Nothing but the subject's content can be touched.

use chiron_plugin_syft::SyftReport;

chiron_sdk::export!(SyftReport as sbom_generator);
