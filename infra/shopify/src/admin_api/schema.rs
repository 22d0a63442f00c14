//! The Admin schema, parsed once in a process.

use std::io::Read as _;
use std::sync::OnceLock;

use apollo_compiler::Schema;
use apollo_compiler::schema::ExtendedType;
use apollo_compiler::validation::Valid;
use flate2::read::GzDecoder;

/// The version of the schema in this crate.
pub const VERSION: &str = "2026-07";
const PACKED: &[u8] = include_bytes!("../../schema/admin_2026-07.graphql.gz");

/// The schema in this crate is not valid.
#[derive(Debug, thiserror::Error)]
pub enum SchemaError {
    /// It cannot be unpacked.
    #[error("the packed schema cannot be read")]
    Packed(#[from] std::io::Error),
    /// It has errors.
    #[error("the schema is not valid: {0}")]
    Invalid(String),
}

/// The schema, which all shops of a process share.
pub(crate) fn shared() -> Result<&'static Valid<Schema>, SchemaError> {
    static SCHEMA: OnceLock<Valid<Schema>> = OnceLock::new();
    if let Some(schema) = SCHEMA.get() {
        return Ok(schema);
    }
    let schema = parse()?;
    Ok(SCHEMA.get_or_init(|| schema))
}

fn parse() -> Result<Valid<Schema>, SchemaError> {
    let mut text = String::new();
    GzDecoder::new(PACKED).read_to_string(&mut text)?;
    Schema::parse_and_validate(text, "admin.graphql")
        .map_err(|invalid| SchemaError::Invalid(invalid.errors.to_string()))
}

/// The type of the nodes of a connection type.
pub(crate) fn node_type(schema: &Schema, connection: &str) -> Option<String> {
    let nodes = schema.get_object(connection)?.fields.get("nodes")?;
    Some(nodes.ty.inner_named_type().to_string())
}

pub(crate) fn is_connection(name: &str) -> bool {
    name.ends_with("Connection")
}

/// Whether values of a type have fields.
pub(crate) fn is_composite(schema: &Schema, name: &str) -> bool {
    schema.types.get(name).is_some_and(|definition| {
        matches!(
            definition,
            ExtendedType::Object(_) | ExtendedType::Interface(_) | ExtendedType::Union(_)
        )
    })
}
