//! One request on the shop: what its resolvers share.

use std::cell::RefCell;
use std::collections::BTreeMap;

use apollo_compiler::Schema;
use apollo_compiler::resolvers::FieldError;
use apollo_compiler::validation::Valid;
use serde_json::Value;
use time::OffsetDateTime;

use super::failure::Failure;
use super::version::Version;
use crate::store::Shop;

/// What all resolvers of a request share.
pub(crate) struct Session<'s> {
    pub(crate) schema: &'s Valid<Schema>,
    pub(crate) shop: RefCell<&'s mut Shop>,
    pub(crate) now: OffsetDateTime,
    pub(crate) version: &'s Version,
    /// The scopes of the token; nothing if they are not checked.
    pub(crate) scopes: Option<&'s [String]>,
    /// Values of the request's variables.
    pub(crate) variables: Option<&'s Value>,
    /// Inside a bulk operation connections are whole.
    pub(crate) is_bulk: bool,
    /// The codes of failures by message: the engine's errors have no place for them.
    codes: RefCell<BTreeMap<String, &'static str>>,
}

/// The shop as a computed field sees it.
pub(crate) struct View<'v> {
    pub(crate) shop: &'v Shop,
    pub(crate) now: OffsetDateTime,
}

/// The shop as a mutation sees it.
pub(crate) struct Context<'c> {
    pub(crate) schema: &'c Valid<Schema>,
    pub(crate) shop: &'c mut Shop,
    pub(crate) now: OffsetDateTime,
    pub(crate) version: &'c Version,
    /// The scopes of the token; nothing if they are not checked.
    pub(crate) scopes: Option<&'c [String]>,
}

impl<'s> Session<'s> {
    pub(crate) fn new(
        schema: &'s Valid<Schema>,
        shop: &'s mut Shop,
        now: OffsetDateTime,
        version: &'s Version,
    ) -> Self {
        let codes = RefCell::default();
        let shop = RefCell::new(shop);
        Self { schema, shop, now, version, scopes: None, variables: None, is_bulk: false, codes }
    }

    pub(crate) fn report(&self, failure: Failure) -> FieldError {
        self.codes.borrow_mut().insert(failure.message.clone(), failure.code);
        FieldError { message: failure.message }
    }

    pub(crate) fn code(&self, message: &str) -> Option<&'static str> {
        self.codes.borrow().get(message).copied()
    }
}
