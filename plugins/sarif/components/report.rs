//! Reads SARIF documents. Nothing but the subject's content can be touched.

use chiron_plugin_sarif::SarifReport;

chiron_sdk::export!(SarifReport as content_scanner);
