//! Files that tests write for others to read.

use std::path::Path;

/// Set it to write the files anew after a change of behaviour; review the difference.
const WRITE: &str = "FORECOURT_WRITE_VECTORS";

/// Fails where the committed file differs from `written`.
pub(crate) fn anew_or_equal(file: &str, written: &str) {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join(file);
    if is_written_anew() {
        std::fs::write(&path, written).unwrap();
    }
    let committed = std::fs::read_to_string(&path).unwrap();
    for (line, (committed, written)) in committed.lines().zip(written.lines()).enumerate() {
        assert_eq!(committed, written, "line {}; {WRITE}=1 writes the file anew", line + 1);
    }
    assert_eq!(committed.len(), written.len(), "{WRITE}=1 writes the file anew");
}

#[expect(clippy::disallowed_methods, reason = "a switch for whoever changes the behaviour")]
fn is_written_anew() -> bool {
    std::env::var_os(WRITE).is_some()
}
