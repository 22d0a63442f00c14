//! Rejection at start-up of every property that is set and not emulated, by name.

use std::collections::BTreeMap;

use serde_json::Value;

use crate::error::DistributionError;

/// Properties of one CloudFormation object without a field here.
pub(crate) type UnknownProperties = BTreeMap<String, Value>;

/// Plain names of CloudFormation properties, for messages.
const PLAIN_NAMES: [(&str, &str); 15] = [
    ("ContinuousDeploymentPolicyId", "continuous deployment"),
    ("Staging", "continuous deployment"),
    ("OriginGroups", "origin groups"),
    ("S3Origin", "legacy S3 origins"),
    ("CustomOrigin", "legacy custom origins"),
    ("S3OriginConfig", "S3 origins"),
    ("VpcOriginConfig", "VPC origins"),
    ("OriginAccessControlId", "origin access control (signed origin requests)"),
    ("OriginShield", "origin shield"),
    ("Restrictions", "geographic restrictions"),
    ("TrustedKeyGroups", "signed URLs and cookies"),
    ("TrustedSigners", "signed URLs and cookies"),
    ("FieldLevelEncryptionId", "field-level encryption"),
    ("FunctionAssociations", "CloudFront Functions (hand in the Lambda@Edge form)"),
    ("ForwardedValues", "legacy forwarding (use a cache policy)"),
];

/// Rejects every property in `rest` that is set to something and is not one of `harmless`, those
/// whose effect cannot be seen in an answer.
pub(crate) fn reject_unsupported(
    place: &str,
    rest: &UnknownProperties,
    harmless: &[&str],
) -> Result<(), DistributionError> {
    for (name, value) in rest {
        if harmless.contains(&name.as_str()) || is_unset(value) {
            continue;
        }
        let plain = PLAIN_NAMES.iter().find(|(property, _)| property == name);
        let feature = match plain {
            Some((_, plain)) => (*plain).to_owned(),
            None => format!("{place}.{name}"),
        };
        return Err(DistributionError::NotEmulated(feature));
    }
    Ok(())
}

/// Whether a value means that the property is not set.
fn is_unset(value: &Value) -> bool {
    match value {
        Value::Null | Value::Bool(false) => true,
        Value::Bool(true) | Value::Number(_) => false,
        Value::String(text) => text.is_empty() || text == "none",
        Value::Array(items) => items.is_empty(),
        Value::Object(fields) => {
            fields.get("Quantity").is_some_and(|quantity| quantity == 0)
                || fields.values().all(is_unset)
        }
    }
}
