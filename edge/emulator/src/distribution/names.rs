//! The names (of headers, cookies, query parameters) that a policy includes.

use crate::error::DistributionError;

/// At most so many names of one kind in one policy, so many characters together (4.19).
const NAMES_MAX: usize = 10;
const NAME_CHARS_MAX: usize = 1_024;

/// The names a policy includes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum NameSet {
    None,
    All,
    Only(Vec<String>),
    Except(Vec<String>),
}

// === impl NameSet ===

impl NameSet {
    /// Reads `{behavior, names}` as CloudFormation spells them.
    pub(crate) fn parse(
        place: &str,
        behavior: &str,
        names: Vec<String>,
    ) -> Result<Self, DistributionError> {
        let invalid = |reason: &str| Err(DistributionError::invalid(place, reason));
        if names.len() > NAMES_MAX || names.iter().map(String::len).sum::<usize>() > NAME_CHARS_MAX
        {
            return invalid("too many names: 10 and 1,024 characters is the limit");
        }
        match (behavior, names.is_empty()) {
            ("none", true) => Ok(Self::None),
            ("all" | "allViewer", true) => Ok(Self::All),
            ("whitelist", false) => Ok(Self::Only(names)),
            ("allExcept", false) => Ok(Self::Except(names)),
            ("none" | "all" | "allViewer", false) => invalid("names listed but none expected"),
            ("whitelist" | "allExcept", true) => invalid("names expected but none listed"),
            (other, _) => Err(DistributionError::NotEmulated(format!("{place} `{other}`"))),
        }
    }

    /// Whether it includes a name whose case matters (cookies, query parameters).
    pub(crate) fn includes(&self, name: &str) -> bool {
        match self {
            Self::None => false,
            Self::All => true,
            Self::Only(names) => names.iter().any(|listed| listed == name),
            Self::Except(names) => names.iter().all(|listed| listed != name),
        }
    }

    /// Whether it includes a header, whose case does not matter.
    pub(crate) fn includes_header(&self, name: &str) -> bool {
        match self {
            Self::None => false,
            Self::All => true,
            Self::Only(names) => names.iter().any(|listed| listed.eq_ignore_ascii_case(name)),
            Self::Except(names) => names.iter().all(|listed| !listed.eq_ignore_ascii_case(name)),
        }
    }

    pub(crate) fn is_none(&self) -> bool {
        *self == Self::None
    }
}
