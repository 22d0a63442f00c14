//! Transactions: the requests, and the outcome of one that DynamoDB cancelled.

use aws_sdk_dynamodb::operation::transact_write_items::TransactWriteItemsError;
use aws_sdk_dynamodb::types::{self, TransactWriteItem};
use domain_core::port::PortError;

use super::DynamoTable;
use super::attributes::{Condition, of_key, of_put};
use crate::error::{coded, corrupt, port_error, unavailable};
use crate::table::{Key, Put, Transacted};

// === impl DynamoTable ===

impl DynamoTable {
    /// The SDK's token makes its own repetitions of one call harmless.
    pub(super) async fn write_transaction(
        &self,
        puts: &[Put],
        deletes: &[Key],
    ) -> Result<Transacted, PortError> {
        let puts = puts.iter().map(|put| self.transact_put(put));
        let deletes = deletes.iter().map(|key| self.transact_delete(key));
        let writes = puts.chain(deletes).collect::<Result<Vec<_>, PortError>>()?;
        let request = self.aws.dynamodb().transact_write_items().set_transact_items(Some(writes));
        let Err(error) = request.send().await else { return Ok(Transacted::Done) };
        let Some(TransactWriteItemsError::TransactionCanceledException(cancelled)) =
            error.as_service_error()
        else {
            return Err(port_error("transact", &error));
        };
        let reasons = cancelled.cancellation_reasons().iter();
        outcome_of(reasons.filter_map(types::CancellationReason::code))
    }

    fn transact_put(&self, put: &Put) -> Result<TransactWriteItem, PortError> {
        let condition = Condition::of(put);
        let write = types::Put::builder()
            .table_name(self.aws.table_name(put.key.table))
            .set_item(Some(of_put(put)))
            .set_condition_expression(condition.expression.map(str::to_owned))
            .set_expression_attribute_names(condition.names)
            .set_expression_attribute_values(condition.values)
            .build()
            .map_err(|_| corrupt("transact", "a write without table or item"))?;
        Ok(TransactWriteItem::builder().put(write).build())
    }

    fn transact_delete(&self, key: &Key) -> Result<TransactWriteItem, PortError> {
        let delete = types::Delete::builder()
            .table_name(self.aws.table_name(key.table))
            .set_key(Some(of_key(key)))
            .build()
            .map_err(|_| corrupt("transact", "a delete without table or key"))?;
        Ok(TransactWriteItem::builder().delete(delete).build())
    }
}

/// The outcome of a cancelled transaction by its reasons. A failed guard takes precedence over any
/// other reason: the caller has to read again anyway.
fn outcome_of<'a>(codes: impl Iterator<Item = &'a str> + Clone) -> Result<Transacted, PortError> {
    let mut failures = codes.filter(|code| *code != "None");
    if failures.clone().any(|code| code == "ConditionalCheckFailed") {
        return Ok(Transacted::ConditionFailed);
    }
    if failures.clone().any(|code| code == "TransactionConflict") {
        return Ok(Transacted::Collided);
    }
    match failures.next() {
        Some("ValidationError") => Err(corrupt("transact", "ValidationError")),
        Some(code) => Err(coded("transact", code)),
        None => Err(unavailable("transact", "cancelled for no reason")),
    }
}

#[cfg(test)]
mod tests {
    use domain_core::port::PortError;

    use super::outcome_of;
    use crate::table::Transacted;

    fn of(codes: &[&'static str]) -> Result<Transacted, PortError> {
        outcome_of(codes.iter().copied())
    }

    #[test]
    fn the_reasons_of_a_cancelled_transaction_decide_its_outcome() {
        assert_eq!(of(&["None", "ConditionalCheckFailed"]), Ok(Transacted::ConditionFailed));
        assert_eq!(
            of(&["TransactionConflict", "ConditionalCheckFailed"]),
            Ok(Transacted::ConditionFailed)
        );
        assert_eq!(of(&["None", "TransactionConflict"]), Ok(Transacted::Collided));
        assert!(of(&["None", "ThrottlingError"]).unwrap_err().is_retryable());
        assert!(of(&["ProvisionedThroughputExceeded"]).unwrap_err().is_retryable());
        assert!(of(&["None"]).unwrap_err().is_retryable());
        assert!(!of(&["ValidationError", "None"]).unwrap_err().is_retryable());
    }
}
