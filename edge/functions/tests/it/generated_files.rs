//! Generated files that are committed.

use std::path::Path;

/// Set it to write the files after a change of behaviour; review the diff.
const WRITE: &str = "FORECOURT_WRITE_VECTORS";

/// Fails where the committed file differs from `generated`.
pub(crate) fn assert_up_to_date(file: &str, generated: &str) {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join(file);
    if is_update_requested() {
        std::fs::write(&path, generated).unwrap();
    }
    let committed = std::fs::read_to_string(&path).unwrap();
    for (line, (committed, generated)) in committed.lines().zip(generated.lines()).enumerate() {
        assert_eq!(committed, generated, "line {}; {WRITE}=1 writes the file", line + 1);
    }
    assert_eq!(committed.len(), generated.len(), "{WRITE}=1 writes the file");
}

#[expect(clippy::disallowed_methods, reason = "a switch for developers who change the behaviour")]
fn is_update_requested() -> bool {
    std::env::var_os(WRITE).is_some()
}
