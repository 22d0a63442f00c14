//! Resolves fields of records by the schema: computed fields, stored fields, references, connections.

use std::sync::Arc;

use apollo_compiler::resolvers::{FieldError, ObjectValue, ResolveInfo, ResolvedValue};
use apollo_compiler::response::JsonValue;
use apollo_compiler::schema::{FieldDefinition, Type};
use serde_json::Value;
use sha2::{Digest as _, Sha256};

use super::failure::Failure;
use super::schema::{is_composite, is_connection};
use super::session::{Context, Session, View};
use super::version::Version;
use super::{access, connection, derived, mutations, queries, schema};
use crate::store::{RECORDS_MAX, kind_of, referenced};

/// Mutations that need the directive `@idempotent`, and the version since which they do.
const IDEMPOTENT: [&str; 2] = ["inventorySetQuantities", "refundCreate"];
const IDEMPOTENT_SINCE: &str = "2026-04";

/// `QueryRoot` or `Mutation`.
pub(crate) struct Root<'a, 's> {
    pub(crate) session: &'a Session<'s>,
    pub(crate) is_mutation: bool,
}

/// An object of an answer.
pub(crate) struct Object<'a, 's> {
    session: &'a Session<'s>,
    pub(crate) type_name: String,
    /// The record it is, or is a part of.
    pub(crate) owner: Option<String>,
    pub(crate) value: Arc<Value>,
}

impl ObjectValue for Root<'_, '_> {
    fn type_name(&self) -> &str {
        if self.is_mutation { "Mutation" } else { "QueryRoot" }
    }

    fn resolve_field<'a>(
        &'a self,
        info: &'a ResolveInfo<'a>,
    ) -> Result<ResolvedValue<'a>, FieldError> {
        self.field(info).map_err(|failure| self.session.report(failure))
    }
}

impl ObjectValue for Object<'_, '_> {
    fn type_name(&self) -> &str {
        &self.type_name
    }

    fn resolve_field<'a>(
        &'a self,
        info: &'a ResolveInfo<'a>,
    ) -> Result<ResolvedValue<'a>, FieldError> {
        self.field(info).map_err(|failure| self.session.report(failure))
    }
}

impl Root<'_, '_> {
    fn field<'a>(&'a self, info: &'a ResolveInfo<'a>) -> Result<ResolvedValue<'a>, Failure> {
        let arguments = arguments(info);
        let (name, session) = (info.field_name(), self.session);
        if let Some(scopes) = session.scopes {
            access::check_root(name, &arguments, self.is_mutation, scopes)?;
        }
        let value = if self.is_mutation {
            self.mutate(info, &arguments)?
        } else {
            let ty = info.field_definition().ty.inner_named_type();
            if is_connection(ty) {
                let candidates = queries::list(session, name, ty)?;
                connection::page(session, ty, candidates, &arguments)?
            } else {
                let shop = session.shop.borrow();
                let view = View { shop: &shop, now: session.now };
                queries::single(&view, info, &arguments, session.scopes.unwrap_or_default())?
            }
        };
        readable(session, info, &value)?;
        Ok(shape(session, &info.field_definition().ty, value, None))
    }

    fn mutate(&self, info: &ResolveInfo<'_>, arguments: &Value) -> Result<Value, Failure> {
        let (name, session) = (info.field_name(), self.session);
        let key = idempotency_key(session, info)?.map(|key| format!("{name} {key}"));
        let mut shop = session.shop.borrow_mut();
        let digest: [u8; 32] = Sha256::digest(arguments.to_string()).into();
        match key.as_deref().and_then(|key| shop.payload(key)) {
            Some((earlier, payload)) if *earlier == digest => return Ok(payload.clone()),
            Some(_) => {
                return Err(Failure {
                    message: "The idempotency key was used with other arguments.".to_owned(),
                    code: "IDEMPOTENCY_KEY_PARAMETER_MISMATCH",
                });
            }
            None => {}
        }
        if shop.records.len() >= RECORDS_MAX {
            return Err(Failure::bad_request(format!("The shop has {RECORDS_MAX} records.")));
        }
        let (schema, now, version) = (session.schema, session.now, session.version);
        let scopes = session.scopes;
        let mut context = Context { schema, shop: &mut shop, now, version, scopes };
        let payload = mutations::run(&mut context, name, arguments)?;
        let has_errors = payload["userErrors"].as_array().is_some_and(|errors| !errors.is_empty());
        if let Some(key) = key.filter(|_| !has_errors) {
            shop.remember(key, digest, payload.clone());
        }
        Ok(payload)
    }
}

/// The key of the directive `@idempotent`, without which some mutations are refused.
fn idempotency_key(
    session: &Session<'_>,
    info: &ResolveInfo<'_>,
) -> Result<Option<String>, Failure> {
    let directives = info.field_selections().iter().flat_map(|field| &field.directives.0);
    let directive = directives.into_iter().find(|directive| directive.name == "idempotent");
    let Some(directive) = directive else {
        let is_since =
            Version::parse(IDEMPOTENT_SINCE).is_some_and(|since| *session.version >= since);
        return match is_since && IDEMPOTENT.contains(&info.field_name()) {
            true => Err(Failure::bad_request(
                "The @idempotent directive is required for this mutation but was not provided.",
            )),
            false => Ok(None),
        };
    };
    let value = directive.specified_argument_by_name("key");
    let key = value.and_then(|value| match value.as_variable() {
        Some(name) => session.variables?.get(name.as_str())?.as_str(),
        None => value.as_str(),
    });
    let key = key.filter(|key| !key.trim().is_empty()).map(str::to_owned);
    key.map(Some).ok_or_else(|| Failure::bad_request("The idempotency key cannot be blank."))
}

impl Object<'_, '_> {
    fn field<'a>(&'a self, info: &'a ResolveInfo<'a>) -> Result<ResolvedValue<'a>, Failure> {
        let arguments = arguments(info);
        let (name, definition) = (info.field_name(), info.field_definition());
        let computed = {
            let shop = self.session.shop.borrow();
            derived::field(&View { shop: &shop, now: self.session.now }, self, name, &arguments)?
        };
        let stored = computed.or_else(|| self.value.get(name).cloned());
        let ty = definition.ty.inner_named_type();
        let value = match stored {
            // A connection that was built already has its edges.
            Some(value) if is_connection(ty) && value.get("edges").is_none() => {
                let candidates = connection::of_list(&value);
                connection::page(self.session, ty, candidates, &arguments)?
            }
            None if is_connection(ty) => {
                let candidates = connection::of_children(self.session, self.owner.as_deref(), ty);
                connection::page(self.session, ty, candidates, &arguments)?
            }
            Some(value) => value,
            None => absent(&self.type_name, definition)?,
        };
        readable(self.session, info, &value)?;
        Ok(shape(self.session, &definition.ty, cut(value, &arguments), self.owner.as_deref()))
    }
}

/// Whether the token may read what a field leads to: the nodes of a connection, and records.
fn readable(session: &Session<'_>, info: &ResolveInfo<'_>, value: &Value) -> Result<(), Failure> {
    let Some(scopes) = session.scopes.filter(|_| !value.is_null()) else { return Ok(()) };
    let declared = info.field_definition().ty.inner_named_type();
    let node = schema::node_type(session.schema, declared);
    let declared = node.as_deref().unwrap_or(declared.as_str());
    access::check_kind(info.field_name(), declared, scopes)?;
    let shop = session.shop.borrow();
    let items = value.as_array().map_or(std::slice::from_ref(value), Vec::as_slice);
    for gid in items.iter().filter_map(referenced) {
        let kind = access::guarded_kind(&shop.records, gid);
        access::check_kind(info.field_name(), kind, scopes)?;
    }
    Ok(())
}

/// A list with an argument `first` is cut.
fn cut(mut value: Value, arguments: &Value) -> Value {
    if let (Value::Array(items), Some(first)) = (&mut value, arguments["first"].as_u64()) {
        items.truncate(usize::try_from(first).unwrap_or(usize::MAX));
    }
    value
}

/// The value of a field that no mutation has set.
fn absent(type_name: &str, definition: &FieldDefinition) -> Result<Value, Failure> {
    match &definition.ty {
        Type::NonNullList(_) => Ok(Value::Array(Vec::new())),
        Type::NonNullNamed(_) => {
            Err(Failure::not_emulated(&format!("{type_name}.{}", definition.name)))
        }
        Type::Named(_) | Type::List(_) => Ok(Value::Null),
    }
}

/// Makes a value what the schema says the field is.
fn shape<'a>(
    session: &'a Session<'_>,
    ty: &Type,
    value: Value,
    owner: Option<&str>,
) -> ResolvedValue<'a> {
    match value {
        Value::Null => ResolvedValue::null(),
        Value::Array(items) if ty.is_list() => {
            let inner = ty.item_type();
            let items: Vec<_> =
                items.into_iter().map(|item| shape(session, inner, item, owner)).collect();
            ResolvedValue::list(items)
        }
        value if is_composite(session.schema, ty.inner_named_type()) => {
            ResolvedValue::nullable_object(make_object(
                session,
                ty.inner_named_type(),
                value,
                owner,
            ))
        }
        Value::Number(number) if ty.inner_named_type() == "Float" => {
            ResolvedValue::leaf(number.as_f64().map_or(JsonValue::Null, JsonValue::from))
        }
        value => ResolvedValue::leaf(JsonValue::from(value)),
    }
}

fn make_object<'a, 's>(
    session: &'a Session<'s>,
    declared: &str,
    value: Value,
    owner: Option<&str>,
) -> Option<Object<'a, 's>> {
    let is_concrete = session.schema.get_object(declared).is_some();
    if let Some(gid) = referenced(&value) {
        let value = Arc::clone(&session.shop.borrow().records.get(gid)?.value);
        let type_name = if is_concrete { declared } else { kind_of(gid)? }.to_owned();
        return Some(Object { session, type_name, owner: Some(gid.to_owned()), value });
    }
    let type_name = if is_concrete { declared } else { value["__typename"].as_str()? }.to_owned();
    // A copy of a record, such as a metafield before it was set again, is that record.
    let own = value["id"].as_str().filter(|id| kind_of(id).is_some());
    let owner = own.or(owner).map(str::to_owned);
    Some(Object { session, type_name, owner, value: Arc::new(value) })
}

fn arguments(info: &ResolveInfo<'_>) -> Value {
    serde_json::to_value(info.arguments()).unwrap_or(Value::Null)
}
