//! Derives ids from names for shoppers: safe in a URL and unique.

use domain_core::authoring::{ID_BYTES_MAX, is_id};

use crate::ids::is_option_id;

/// Longest stem: leaves room for a suffix that makes the id unique.
const STEM_BYTES_MAX: usize = ID_BYTES_MAX - 16;

/// An id for an option, which begins with a letter.
pub(super) fn option_id(name: &str, taken: &[String]) -> String {
    let stem = stem(name);
    if is_option_id(&stem) {
        return unique(stem, taken);
    }
    unique(format!("option-{stem}").trim_end_matches('-').to_owned(), taken)
}

/// An id for a value or a product.
pub(super) fn other_id(name: &str, fallback: &str, taken: &[String]) -> String {
    let stem = stem(name);
    unique(if is_id(&stem) { stem } else { fallback.to_owned() }, taken)
}

/// The letters and digits of a name in lower case, with hyphens for the characters between them.
fn stem(name: &str) -> String {
    let mut stem = String::new();
    for letter in name.chars().flat_map(char::to_lowercase) {
        if letter.is_ascii_alphanumeric() {
            stem.push(letter);
        } else if !stem.is_empty() && !stem.ends_with('-') {
            stem.push('-');
        }
    }
    stem.truncate(STEM_BYTES_MAX);
    stem.trim_end_matches('-').to_owned()
}

fn unique(stem: String, taken: &[String]) -> String {
    let is_free = |id: &String| !taken.contains(id);
    if is_free(&stem) {
        return stem;
    }
    (2..)
        .map(|number: u32| format!("{stem}-{number}"))
        .find(is_free)
        .expect("there are more numbers than ids")
}

#[cfg(test)]
mod tests {
    use super::{option_id, other_id};

    #[test]
    fn names_become_ids_that_are_safe_in_a_url() {
        for (name, id) in [
            ("Extra Large", "extra-large"),
            ("Größe M", "gr-e-m"),
            ("26″", "26"),
            ("黒", "value"),
            ("_only", "only"),
            ("--", "value"),
        ] {
            assert_eq!(other_id(name, "value", &[]), id, "{name}");
        }
        assert_eq!(other_id("白", "value", &["value".into(), "value-2".into()]), "value-3");
        assert_eq!(other_id(&"x".repeat(90), "value", &[]).len(), 48);
    }

    #[test]
    fn an_option_id_begins_with_a_letter() {
        assert_eq!(option_id("Farbe", &[]), "farbe");
        assert_eq!(option_id("2. Farbe", &["option-2-farbe".into()]), "option-2-farbe-2");
        assert_eq!(option_id("色", &[]), "option");
    }
}
