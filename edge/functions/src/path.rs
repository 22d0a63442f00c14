//! Paths have one form: segments of plain characters, none empty, none a dot segment, nothing
//! percent-encoded. No path of ours needs more, and two forms of one path would be two cache keys
//! or, worse, two interpretations of one request.

use edge_wire::problem::Code;

use crate::rejection::{Rejection, reject};

/// Rejects a path that is not in its one form.
pub(crate) fn check(uri: &str) -> Result<(), Rejection> {
    let Some(segments) = uri.strip_prefix('/') else {
        return Err(invalid("A path begins with a slash."));
    };
    if !uri.bytes().all(is_plain) {
        return Err(invalid(
            "A path holds letters, digits, `-._~` and `!$&'()*+,:=@`, and nothing percent-encoded.",
        ));
    }
    // The root is one empty segment, and no route.
    if segments.is_empty() {
        return Ok(());
    }
    if segments.split('/').any(str::is_empty) {
        return Err(invalid("A path has no empty segment and no slash at its end."));
    }
    if segments.split('/').any(|segment| matches!(segment, "." | "..")) {
        return Err(invalid("A path has no dot segment."));
    }
    Ok(())
}

/// `pchar` of RFC 3986 section 3.3 without `;`, which some servers cut paths at, and without
/// percent-encoding.
fn is_plain(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || b"/-._~!$&'()*+,:=@".contains(&byte)
}

fn invalid(detail: &str) -> Rejection {
    reject(Code::PathInvalid, detail)
}
