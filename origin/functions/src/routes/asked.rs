//! What is asked of a product: a selection, and parameters of ours. The edge has refused what is
//! repeated or misshapen; a direct call is held to the same.

use std::collections::BTreeMap;

use edge_wire::problem::Code;
use edge_wire::query::parse;
use origin_domain::configurator::Selection;

use super::configurator::selection_refused;
use crate::refused::Refused;

/// A query of `{option}={value}` pairs and parameters of ours, which begin with `_`.
pub(crate) struct Asked {
    pub(crate) selection: Selection,
    own: BTreeMap<String, String>,
}

// === impl Asked ===

impl Asked {
    /// Reads a query that may have these parameters of ours.
    pub(crate) fn read(query: Option<&str>, names: &[&str]) -> Result<Self, Refused> {
        let pairs = parse(query.unwrap_or_default()).map_err(|error| {
            invalid("The query is not form data.").at("query:", error.to_string())
        })?;
        let (ours, chosen): (Vec<_>, Vec<_>) =
            pairs.iter().partition(|(name, _)| name.starts_with('_'));
        let mut own = BTreeMap::new();
        for (name, value) in ours {
            let is_known = names.contains(&name.as_ref());
            if !is_known || own.insert(name.to_string(), value.to_string()).is_some() {
                let message = "is no parameter of this route, or stands twice";
                return Err(invalid("See /v1/openapi.json.").at(format!("query:{name}"), message));
            }
        }
        let chosen = chosen.iter().map(|(name, value)| (name.as_ref(), value.as_ref()));
        let selection = Selection::from_pairs(chosen)
            .map_err(|unknown| selection_refused("query:", &unknown))?;
        Ok(Self { selection, own })
    }

    /// Whether a parameter that is a yes or no says yes; naming it is enough.
    pub(crate) fn is_set(&self, name: &str) -> Result<bool, Refused> {
        match self.own(name) {
            None | Some("false" | "0") => Ok(false),
            Some("true" | "1" | "") => Ok(true),
            Some(_) => {
                let message = "is neither `true` nor `false`";
                Err(invalid("Say yes or no.").at(format!("query:{name}"), message))
            }
        }
    }

    /// The value of a parameter of ours.
    pub(crate) fn own(&self, name: &str) -> Option<&str> {
        self.own.get(name).map(String::as_str)
    }
}

/// A parameter that is not what the route takes.
pub(crate) fn invalid(detail: &str) -> Refused {
    Refused::new(Code::ParameterInvalid, detail)
}
