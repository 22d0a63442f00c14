//! Queries have one form too: known names, each once, sorted, escaped in one way.

use std::borrow::Cow;

use edge_wire::grammar::{is_id, is_option_id};
use edge_wire::problem::{Code, Problem};
use edge_wire::query::{Pairs, push};
use edge_wire::routes::{Parameters, SELECTION_PARAMETERS_MAX, is_tracking};

use crate::rejection::Rejection;

/// Longest parameter name repeated in a rejection; a staff token sent there by mistake has at least
/// 32 bytes.
const NAME_BYTES_PRINTED_MAX: usize = 31;
/// The parameter of ours whose value is a set of option ids.
const SET: &str = "_only";

/// The canonical query of a route's parameters.
pub(crate) fn canonical(parameters: Parameters, mut pairs: Pairs<'_>) -> Result<String, Rejection> {
    if parameters == Parameters::Ignored {
        return Ok(String::new());
    }
    pairs.retain(|(name, _)| !is_tracking(name));
    let mut selected = 0;
    for (name, value) in &mut pairs {
        match parameters {
            Parameters::Names(names) | Parameters::Selection(names)
                if names.contains(&name.as_ref()) =>
            {
                check_own(name, value)?;
            }
            Parameters::Selection(_) if is_option_id(name) && is_id(value) => selected += 1,
            Parameters::Selection(_) if is_option_id(name) => {
                return Err(invalid(name, "is not the id of an option value"));
            }
            _ => return Err(invalid(name, "is no parameter of this route")),
        }
    }
    if selected > SELECTION_PARAMETERS_MAX {
        let most = format!("at most {SELECTION_PARAMETERS_MAX} options may be selected");
        return Err(problem().at("query", most).into());
    }
    pairs.sort_unstable();
    if let Some([(name, _), _]) = pairs.array_windows().find(|[left, right]| left.0 == right.0) {
        return Err(invalid(name, "stands twice"));
    }
    let mut query = String::new();
    for (name, value) in pairs {
        push(&mut query, &name, &value);
    }
    Ok(query)
}

/// Checks a parameter of ours: no character at which the origin could split it, and a set sorted.
fn check_own(name: &str, value: &mut Cow<'_, str>) -> Result<(), Rejection> {
    if value.chars().any(|character| character.is_control() || character == ';') {
        return Err(invalid(name, "holds a control character or a semicolon"));
    }
    if name == SET {
        let mut options: Vec<&str> = value.split(',').collect();
        if !options.iter().all(|option| is_option_id(option)) {
            return Err(invalid(name, "is not a list of option ids"));
        }
        options.sort_unstable();
        options.dedup();
        *value = Cow::Owned(options.join(","));
    }
    Ok(())
}

/// The rejection of a parameter. Its name is printed if it can't be a secret, its value never.
pub(crate) fn invalid(name: &str, message: &str) -> Rejection {
    let is_printable = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'_' || byte == b'-';
    let is_short = (1..=NAME_BYTES_PRINTED_MAX).contains(&name.len());
    let field = if is_short && name.bytes().all(is_printable) {
        format!("query:{name}")
    } else {
        "query".to_owned()
    };
    problem().at(field, message).into()
}

/// A rejection of the query as a whole.
pub(crate) fn unreadable(message: impl ToString) -> Rejection {
    problem().at("query", message.to_string()).into()
}

fn problem() -> Problem {
    Problem::new(
        Code::ParameterInvalid,
        "See `errors` for the parameter and what is wrong with it.",
    )
}
