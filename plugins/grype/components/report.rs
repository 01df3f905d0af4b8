//! Reads reports of grype. Nothing but the subject's content can be touched.

use chiron_plugin_grype::GrypeReport;

chiron_sdk::export!(GrypeReport as content_scanner);
