//! Reads reports of trivy. Nothing but the subject's content can be touched.

use chiron_plugin_trivy::TrivyReport;

chiron_sdk::export!(TrivyReport as content_scanner);
