//! JSON Pointers (RFC 6901): places in documents, as errors name them.

/// The pointer to the member `key` of the object at `at`.
#[must_use]
pub fn member(at: &str, key: &str) -> String {
    format!("{at}/{}", key.replace('~', "~0").replace('/', "~1"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn slashes_and_tildes_of_a_name_are_escaped() {
        assert_eq!(member("", "a"), "/a");
        assert_eq!(member("/list/0", "a/b~1"), "/list/0/a~1b~01");
        let document = serde_json::json!({"a/b": {"~1": 7}});
        assert_eq!(document.pointer(&member(&member("", "a/b"), "~1")), Some(&7.into()));
    }
}
