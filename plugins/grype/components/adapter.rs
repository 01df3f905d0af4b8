//! Runs grype through the profile of the operator, and reads its report.

use chiron_plugin_grype::GrypeAdapter;

chiron_sdk::export!(GrypeAdapter as scanner);
