//! Reads reports of osv-scanner. Nothing but the subject's content can be touched.

use chiron_plugin_osv_scanner::OsvScannerReport;

chiron_sdk::export!(OsvScannerReport as content_scanner);
