//! Global ids: `gid://shopify/Kind/number`.

const PREFIX: &str = "gid://shopify/";

/// A global id.
pub fn gid(kind: &str, id: impl std::fmt::Display) -> String {
    format!("{PREFIX}{kind}/{id}")
}

/// The kind of a global id, or nothing for other texts.
pub fn kind_of(gid: &str) -> Option<&str> {
    let (kind, id) = gid.strip_prefix(PREFIX)?.split_once('/')?;
    (!kind.is_empty() && !id.is_empty()).then_some(kind)
}

/// The part of a global id after its kind, without parameters.
pub fn legacy_id(gid: &str) -> &str {
    let last = gid.rsplit('/').next().unwrap_or(gid);
    last.split('?').next().unwrap_or(last)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_global_id_has_a_kind_and_a_number() {
        assert_eq!(gid("Product", 7), "gid://shopify/Product/7");
        assert_eq!(kind_of("gid://shopify/Product/7"), Some("Product"));
        assert_eq!(legacy_id("gid://shopify/InventoryLevel/7?inventory_item_id=8"), "7");
    }

    #[test]
    fn other_texts_are_no_global_ids() {
        for text in ["", "7", "gid://shopify/", "gid://shopify/Product", "gid://shopify/Product/"] {
            assert_eq!(kind_of(text), None, "{text}");
        }
    }
}
