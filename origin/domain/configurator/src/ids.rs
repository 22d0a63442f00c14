//! Ids of options and values: short, safe in a URL, never starting with `_`.

use std::borrow::Borrow;
use std::fmt;

use domain_core::authoring::is_id;
use serde::{Deserialize, Serialize};

/// Whether `text` may name an option: an id that begins with a letter.
#[must_use]
pub fn is_option_id(text: &str) -> bool {
    is_id(text) && text.bytes().next().is_some_and(|first| first.is_ascii_alphabetic())
}

macro_rules! id {
    ($(#[$doc:meta])* $name:ident, $shape:path) => {
        $(#[$doc])*
        #[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
        #[serde(try_from = "String")]
        pub struct $name(Box<str>);

        impl $name {
            /// The id, if `text` is one.
            #[must_use]
            pub fn parse(text: &str) -> Option<Self> {
                $shape(text).then(|| Self(text.into()))
            }

            /// The id as it was written.
            #[must_use]
            pub fn as_str(&self) -> &str {
                &self.0
            }
        }

        impl TryFrom<String> for $name {
            type Error = NotAnId;

            fn try_from(text: String) -> Result<Self, NotAnId> {
                if $shape(&text) { Ok(Self(text.into())) } else { Err(NotAnId(text)) }
            }
        }

        impl Borrow<str> for $name {
            fn borrow(&self) -> &str {
                &self.0
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
                out.write_str(&self.0)
            }
        }

        impl fmt::Debug for $name {
            fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
                write!(out, "{:?}", &*self.0)
            }
        }
    };
}

id! {
    /// The id of a product option. It begins with a letter, so it never equals a query parameter of
    /// the API.
    OptionId, is_option_id
}

id! {
    /// The id of an option value, unique within its option.
    ValueId, is_id
}

/// The text is not a valid id.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{0:?} is not an id")]
pub struct NotAnId(pub String);

#[cfg(test)]
mod tests {
    use super::{is_id, is_option_id};

    #[test]
    fn ids_have_the_characters_and_length_of_the_contract() {
        let longest = "a".repeat(64);
        for id in ["a", "7", "26.5", "x-l_1", longest.as_str()] {
            assert!(is_id(id), "{id}");
        }
        let too_long = "a".repeat(65);
        for text in ["", "_only", "-a", ".a", "a b", "é", "a/b", "a:b", too_long.as_str()] {
            assert!(!is_id(text), "{text}");
        }
        assert!(!is_option_id("26"), "an option begins with a letter");
    }
}
