//! A query about a product: a selection, and parameters of ours. The edge rejects repeated and
//! malformed parameters; this module applies the same rules to direct calls.

use std::collections::BTreeMap;

use domain_configurator::Selection;
use edge_wire::problem::Code;
use edge_wire::query::parse;

use super::configurator::{ChoicePlace, unknown_choices};
use crate::http::http_problem::HttpProblem;

/// A query of `{option}={value}` pairs and parameters of ours, which begin with `_`.
pub(crate) struct SelectionQuery {
    pub(crate) selection: Selection,
    parameters: BTreeMap<String, String>,
}

// === impl SelectionQuery ===

impl SelectionQuery {
    /// Reads a query that may have these parameters of ours.
    pub(crate) fn read(query: Option<&str>, names: &[&str]) -> Result<Self, HttpProblem> {
        let pairs = parse(query.unwrap_or_default()).map_err(|error| {
            invalid("The query is not form data.").at("query:", error.to_string())
        })?;
        let (ours, choices): (Vec<_>, Vec<_>) =
            pairs.iter().partition(|(name, _)| name.starts_with('_'));
        let mut parameters = BTreeMap::new();
        for (name, value) in ours {
            let is_known = names.contains(&name.as_ref());
            if !is_known || parameters.insert(name.to_string(), value.to_string()).is_some() {
                let message = "is unknown or repeated";
                return Err(invalid("See /v1/openapi.json.").at(format!("query:{name}"), message));
            }
        }
        let choices = choices.iter().map(|(name, value)| (name.as_ref(), value.as_ref()));
        let selection = Selection::from_pairs(choices)
            .map_err(|unknown| unknown_choices(ChoicePlace::Query, &unknown))?;
        Ok(Self { selection, parameters })
    }

    /// Whether a boolean parameter is set; its name alone sets it.
    pub(crate) fn is_set(&self, name: &str) -> Result<bool, HttpProblem> {
        match self.parameter(name) {
            None | Some("false" | "0") => Ok(false),
            Some("true" | "1" | "") => Ok(true),
            Some(_) => {
                let message = "must be `true` or `false`";
                Err(invalid("Send `true` or `false`.").at(format!("query:{name}"), message))
            }
        }
    }

    /// The value of a parameter of ours.
    pub(crate) fn parameter(&self, name: &str) -> Option<&str> {
        self.parameters.get(name).map(String::as_str)
    }
}

/// The problem of an invalid parameter.
pub(crate) fn invalid(detail: &str) -> HttpProblem {
    HttpProblem::new(Code::ParameterInvalid, detail)
}
