//! Path patterns of behaviors: `*` is any characters, `?` exactly one, case matters (2.2).

use std::borrow::Cow;

/// One path pattern; its leading slash may be left out.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct PathPattern(String);

// === impl PathPattern ===

impl PathPattern {
    pub(crate) fn new(pattern: &str) -> Self {
        match pattern.as_bytes().first() {
            Some(b'/' | b'*') => Self(pattern.to_owned()),
            _ => Self(format!("/{pattern}")),
        }
    }

    /// Whether the whole of `path` fits, by going back to the last `*` at most.
    pub(crate) fn matches(&self, path: &str) -> bool {
        let (pattern, path) = (self.0.as_bytes(), path.as_bytes());
        let (mut p, mut i) = (0, 0);
        let mut last_star: Option<(usize, usize)> = None;
        while i < path.len() {
            match pattern.get(p) {
                Some(b'*') => {
                    last_star = Some((p, i));
                    p += 1;
                }
                Some(&expected) if expected == b'?' || expected == path[i] => {
                    p += 1;
                    i += 1;
                }
                _ => {
                    let Some((star, from)) = last_star else { return false };
                    last_star = Some((star, from + 1));
                    (p, i) = (star + 1, from + 1);
                }
            }
        }
        pattern[p..].iter().all(|&byte| byte == b'*')
    }
}

/// The path that behaviors are matched against: unreserved characters decoded, dot segments
/// resolved, doubled slashes collapsed (2.3). The origin still gets the raw path.
pub(crate) fn normalised(path: &str) -> Cow<'_, str> {
    if !path.contains('%') && !path.contains("//") && !path.contains("/.") {
        return Cow::Borrowed(path);
    }
    let decoded = decode_unreserved(path);
    let mut segments: Vec<&str> = Vec::new();
    let mut ends_open = false;
    for segment in decoded.split('/') {
        ends_open = matches!(segment, "" | "." | "..");
        match segment {
            "" | "." => {}
            ".." => drop(segments.pop()),
            name => segments.push(name),
        }
    }
    let mut out = String::with_capacity(decoded.len());
    for segment in &segments {
        out.push('/');
        out.push_str(segment);
    }
    if ends_open || out.is_empty() {
        out.push('/');
    }
    Cow::Owned(out)
}

/// Decodes `%41`, `%2e` and the like (RFC 3986, 6.2.2.2), and nothing else.
fn decode_unreserved(path: &str) -> String {
    let mut out = String::with_capacity(path.len());
    let mut rest = path;
    while let Some(at) = rest.find('%') {
        out.push_str(&rest[..at]);
        let escape = rest.get(at + 1..at + 3);
        let byte = escape.and_then(|digits| u8::from_str_radix(digits, 16).ok());
        match byte {
            Some(byte) if byte.is_ascii_alphanumeric() || b"-._~".contains(&byte) => {
                out.push(char::from(byte));
                rest = &rest[at + 3..];
            }
            _ => {
                out.push('%');
                rest = &rest[at + 1..];
            }
        }
    }
    out.push_str(rest);
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_star_spans_slashes_and_a_question_mark_is_one_character() {
        let matches = |pattern: &str, path: &str| PathPattern::new(pattern).matches(path);
        assert!(matches("/v1/configurator/*/selections", "/v1/configurator/a/b/selections"));
        assert!(!matches("/v1/configurator/*/selections", "/v1/configurator/selections"));
        assert!(matches("*.jpg", "/a/b.jpg"));
        assert!(matches("a?c*", "/abc"));
        assert!(!matches("/a?c", "/ac"));
        assert!(!matches("/A", "/a"));
        assert!(matches("*", "/"));
    }

    #[test]
    fn matching_sees_the_resolved_path() {
        for (raw, resolved) in [
            ("/a/b/..", "/a/"),
            ("/a//b/./c", "/a/b/c"),
            ("/../..", "/"),
            ("/a/%2e%2E/b", "/b"),
            ("/%61%2fb", "/a%2fb"),
            ("/a%zz%", "/a%zz%"),
            ("/.well-known/x", "/.well-known/x"),
        ] {
            assert_eq!(normalised(raw), resolved, "{raw}");
        }
    }
}
