//! Text that others would obey.

/// What a terminal, a browser, a CI runner and a reader's eye would obey.
pub const ACTIVE: &str = "\u{1b}]0;owned\u{7}\u{1b}[2J\u{9b}31m<script>alert(1)</script>\u{202e}\r\n::error::forged\n::add-mask::a\n\
     \" onmouseover=\"alert(2) ##[error]forged ##vso[task.complete result=Failed]done";
