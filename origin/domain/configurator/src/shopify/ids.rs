//! Derives ids from names: safe in a URL, unique, and the same whatever other names there are, in
//! whichever order. A name in plain words is its own id; any other has a hash of the name in it.

use std::collections::{HashMap, HashSet};

use domain_core::authoring::{ID_BYTES_MAX, is_id};
use domain_core::id::{digest, hex};

use crate::ids::is_option_id;

/// Bytes of the hash: two names of a shop have the same in one of some 10^14 pairs.
const HASH_BYTES: usize = 6;
/// Longest stem beside a prefix and a hash in hexadecimal, each with its hyphen.
const STEM_BYTES_MAX: usize = ID_BYTES_MAX - "product-".len() - 2 * HASH_BYTES - 1;

/// What a name belongs to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Named {
    /// A product, by its handle.
    Product,
    /// An option. Its id begins with a letter.
    Option,
    /// A value of an option.
    Value,
}

// === impl Named ===

impl Named {
    /// The id of one name among others.
    pub(super) fn id(self, name: &str) -> String {
        self.plain(name).unwrap_or_else(|| self.hashed(name))
    }

    /// The ids of all these names, which differ. A name in `given` was published with that id and
    /// retains it; no other name gets it. Of new names that differ in case only, each has a hash.
    pub(super) fn ids(self, names: &[&str], given: &HashMap<&str, &str>) -> Vec<String> {
        let taken: HashSet<&str> = given.values().copied().collect();
        let mut uses: HashMap<String, u32> = HashMap::new();
        for id in names.iter().filter_map(|name| self.plain(name)) {
            *uses.entry(id).or_default() += 1;
        }
        let id = |name: &&str| {
            if let Some(given) = given.get(name) {
                return (*given).to_owned();
            }
            let is_free = |id: &String| uses[id] == 1 && !taken.contains(id.as_str());
            self.plain(name).filter(is_free).unwrap_or_else(|| self.hashed(name))
        };
        names.iter().map(id).collect()
    }

    /// The id of a name whose words need no other letters: only case is lost.
    fn plain(self, name: &str) -> Option<String> {
        let id = name.to_ascii_lowercase().replace(' ', "-");
        let is_plain = id == stem(name) && self.is_id(&id) && !is_hashed(&id);
        is_plain.then_some(id)
    }

    fn hashed(self, name: &str) -> String {
        let hash = hex(&digest("forecourt/name/1", &[name.as_bytes()])[..HASH_BYTES]);
        let mut stem = stem(name);
        stem.truncate(STEM_BYTES_MAX);
        let stem = stem.trim_end_matches('-');
        match (self, stem) {
            (_, "") => format!("{}-{hash}", self.prefix()),
            (Self::Option, stem) if !is_option_id(stem) => {
                format!("{}-{stem}-{hash}", self.prefix())
            }
            (_, stem) => format!("{stem}-{hash}"),
        }
    }

    fn is_id(self, id: &str) -> bool {
        if self == Self::Option { is_option_id(id) } else { is_id(id) }
    }

    fn prefix(self) -> &'static str {
        match self {
            Self::Product => "product",
            Self::Option => "option",
            Self::Value => "value",
        }
    }
}

/// Whether it looks like an id with a hash, which no other name may have.
fn is_hashed(id: &str) -> bool {
    let hash = id.rsplit('-').next().unwrap_or_default();
    hash.len() == 2 * HASH_BYTES && hash.bytes().all(|byte| byte.is_ascii_hexdigit())
}

/// The letters and digits of a name in lower case, with one hyphen for the characters between them.
fn stem(name: &str) -> String {
    let mut stem = String::new();
    for letter in name.chars().flat_map(char::to_lowercase) {
        if letter.is_ascii_alphanumeric() {
            stem.push(letter);
        } else if !stem.is_empty() && !stem.ends_with('-') {
            stem.push('-');
        }
    }
    stem.truncate(stem.trim_end_matches('-').len());
    stem
}

#[cfg(test)]
mod tests {
    use std::collections::HashMap;

    use super::Named;

    #[test]
    fn a_name_in_plain_words_is_its_own_id_and_any_other_has_a_hash() {
        for (name, id) in [
            ("Extra Large", "extra-large"),
            ("2XL", "2xl"),
            ("26", "26"),
            ("26″", "26-5a57586f00f4"),
            ("26 ", "26-f799990036b7"),
            ("Größe M", "gr-e-m-9ce2851e62fe"),
            ("S/M", "s-m-0a154415fbf0"),
            ("黒", "value-be42f83c7980"),
            ("白", "value-d2a996ad3a1f"),
            ("", "value-582b85c15cb9"),
            ("a-0123456789ab", "a-0123456789ab-28e4b356365d"),
        ] {
            assert_eq!(Named::Value.id(name), id, "{name}");
        }
        assert_eq!(Named::Value.id(&"x".repeat(64)), "x".repeat(64));
        let long = ["x", "y"].map(|last| Named::Product.id(&format!("{}{last}", "x".repeat(254))));
        assert_eq!((long[0].len(), long[0] == long[1]), (56, false));
    }

    #[test]
    fn an_option_id_begins_with_a_letter() {
        for (name, id) in [
            ("Farbe", "farbe"),
            ("2. Farbe", "option-2-farbe-53a28eb0ea37"),
            ("26", "option-26-906488be6630"),
            ("色", "option-a962a86a49b4"),
        ] {
            assert_eq!(Named::Option.id(name), id);
        }
    }

    #[test]
    fn names_that_differ_in_case_only_are_apart_and_a_published_one_retains_its_id() {
        let ids = |names: &[&str], given| Named::Value.ids(names, &given);
        let (upper, lower) = (Named::Value.hashed("XL"), Named::Value.hashed("xl"));
        assert_ne!(upper, lower);
        assert_eq!(ids(&["XL", "M"], HashMap::new()), ["xl", "m"]);
        assert_eq!(ids(&["XL", "M", "xl"], HashMap::new()), [&upper, "m", &lower]);
        let published = HashMap::from([("XL", "xl"), ("黒", "value"), ("白", "value-2")]);
        assert_eq!(ids(&["xl", "白", "黒", "XL"], published), [&lower, "value-2", "value", "xl"]);
    }
}
