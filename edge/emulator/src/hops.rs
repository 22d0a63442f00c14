//! Headers that belong to one connection, and end with it (5.12, 13.12).

use http::header::{CONNECTION, HOST};
use http::{HeaderMap, HeaderName};

/// Removes the headers that `Connection` lists; `Host` is part of the target.
pub(crate) fn remove_listed(headers: &mut HeaderMap) {
    let listed: Vec<HeaderName> = headers
        .get_all(CONNECTION)
        .iter()
        .filter_map(|value| value.to_str().ok())
        .flat_map(|value| value.split(','))
        .filter_map(|name| name.trim().parse().ok())
        .filter(|name| *name != HOST && *name != CONNECTION)
        .collect();
    for name in listed {
        headers.remove(name);
    }
}
