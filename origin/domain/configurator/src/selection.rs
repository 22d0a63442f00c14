//! A shopper's choices so far, and the reasons why a choice can be unknown.

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};

use super::ids::{OptionId, ValueId};

/// The value of each option with a choice, in option order. It may be partial or inconsistent; a
/// `Resolution` tells.
#[derive(Debug, Clone, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Selection(pub BTreeMap<OptionId, ValueId>);

/// The part of an answer to compute.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Scope {
    /// Answer for these options only; `None` is all of them.
    pub only: Option<BTreeSet<OptionId>>,
}

/// A choice that the product does not have.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, thiserror::Error)]
pub enum UnknownChoice {
    /// There is no such option.
    #[error("there is no option {option:?}")]
    Option {
        /// The option as it was written.
        option: String,
    },
    /// The option has no such value.
    #[error("option {option:?} has no value {value:?}")]
    Value {
        /// The option as it was written.
        option: String,
        /// The value as it was written.
        value: String,
    },
    /// One option was chosen more than once.
    #[error("option {option:?} is chosen more than once")]
    Repeated {
        /// The option as it was written.
        option: String,
    },
}

// === impl Selection ===

impl Selection {
    /// The selection with these pairs of option and value. A text that is not an id names no option
    /// or value of any product.
    ///
    /// # Errors
    /// Every pair that cannot be a choice, and every option chosen twice.
    pub fn from_pairs<'a>(
        pairs: impl IntoIterator<Item = (&'a str, &'a str)>,
    ) -> Result<Self, Vec<UnknownChoice>> {
        let mut chosen = BTreeMap::new();
        let mut unknown = Vec::new();
        for (option, value) in pairs {
            let Some(id) = OptionId::parse(option) else {
                unknown.push(UnknownChoice::Option { option: option.to_owned() });
                continue;
            };
            let Some(value_id) = ValueId::parse(value) else {
                unknown.push(UnknownChoice::unknown_value(option, value));
                continue;
            };
            if chosen.insert(id, value_id).is_some() {
                unknown.push(UnknownChoice::Repeated { option: option.to_owned() });
            }
        }
        if unknown.is_empty() { Ok(Self(chosen)) } else { Err(unknown) }
    }

    /// The chosen value of `option`, if one is chosen.
    #[must_use]
    pub fn value_of(&self, option: &str) -> Option<&str> {
        self.0.get(option).map(ValueId::as_str)
    }

    /// Option and value of each choice, in option order.
    pub fn iter(&self) -> impl Iterator<Item = (&str, &str)> {
        self.0.iter().map(|(option, value)| (option.as_str(), value.as_str()))
    }
}

// === impl UnknownChoice ===

impl UnknownChoice {
    pub(super) fn unknown_value(option: &str, value: &str) -> Self {
        Self::Value { option: option.to_owned(), value: value.to_owned() }
    }

    /// The option the choice named.
    #[must_use]
    pub fn option(&self) -> &str {
        match self {
            Self::Option { option } | Self::Value { option, .. } | Self::Repeated { option } => {
                option
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{Selection, UnknownChoice};

    #[test]
    fn the_same_choices_in_any_order_are_one_selection() {
        let one = Selection::from_pairs([("frame", "steel"), ("fork", "air")]).unwrap();
        let two = Selection::from_pairs([("fork", "air"), ("frame", "steel")]).unwrap();
        assert_eq!(one, two);
        assert_eq!(serde_json::to_string(&one).unwrap(), r#"{"fork":"air","frame":"steel"}"#);
    }

    #[test]
    fn every_pair_that_cannot_be_a_choice_is_listed() {
        let result = Selection::from_pairs([("_only", "x"), ("a", ""), ("b", "1"), ("b", "2")]);
        assert_eq!(
            result.unwrap_err(),
            [
                UnknownChoice::Option { option: "_only".into() },
                UnknownChoice::unknown_value("a", ""),
                UnknownChoice::Repeated { option: "b".into() },
            ]
        );
    }
}
