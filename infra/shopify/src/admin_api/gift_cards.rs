//! Gift cards, as far as they keep customers from being merged.

use serde_json::{Value, json};

use super::failure::{Failure, user_error};
use super::mutations::error_payload;
use super::session::Context;
use crate::store::{Decimal, Fields, reference, timestamp};

/// Shortest and longest code.
const CODE_LENGTH: std::ops::RangeInclusive<usize> = 8..=20;

pub(super) fn create(context: &mut Context<'_>, arguments: &Value) -> Result<Value, Failure> {
    let input = &arguments["input"];
    let currency = context.shop.settings.currency.clone();
    let amount = input.decimal("initialValue").or_else(|| input["initialAmount"].decimal("amount"));
    let amount = amount.unwrap_or(Decimal::ZERO);
    let mut errors = Vec::new();
    if amount <= Decimal::ZERO {
        let message = "must be greater than 0";
        errors.push(user_error(&["input", "initialValue"], message, Some("GREATER_THAN")));
    }
    let minted = context.shop.mint("GiftCardCode");
    let generated = format!("card{}", crate::store::legacy_id(&minted));
    let code = input.present("code").and_then(Value::as_str).unwrap_or(&generated);
    let is_code =
        CODE_LENGTH.contains(&code.len()) && code.bytes().all(|byte| byte.is_ascii_alphanumeric());
    if !is_code {
        errors.push(user_error(&["input", "code"], "is invalid", Some("INVALID")));
    }
    let customer = input.present("customerId").and_then(Value::as_str);
    if customer.is_some_and(|id| context.shop.records.of("Customer", id).is_none()) {
        let message = "The customer could not be found.";
        errors.push(user_error(&["input", "customerId"], message, Some("CUSTOMER_NOT_FOUND")));
    }
    if !errors.is_empty() {
        return error_payload("giftCard", errors);
    }
    let last: String = code.chars().skip(code.chars().count().saturating_sub(4)).collect();
    let money = json!({ "amount": amount.to_string(), "currencyCode": currency });
    let card = json!({
        "enabled": true, "deactivatedAt": null, "balance": money, "initialValue": money,
        "lastCharacters": last, "maskedCode": format!("•••• •••• •••• {last}"),
        "note": input["note"], "customer": customer.map(reference), "expiresOn": input["expiresOn"],
        "isRedeemable": true,
    });
    let id = context.shop.create("GiftCard", None, card, context.now);
    Ok(json!({ "giftCard": reference(&id), "giftCardCode": code, "userErrors": [] }))
}

pub(super) fn deactivate(context: &mut Context<'_>, arguments: &Value) -> Result<Value, Failure> {
    let id = arguments.text("id");
    if context.shop.records.of("GiftCard", id).is_none() {
        let error =
            user_error(&["id"], "The gift card could not be found.", Some("GIFT_CARD_NOT_FOUND"));
        return error_payload("giftCard", vec![error]);
    }
    let at = timestamp(context.now);
    context.shop.records.update(id, context.now, |fields| {
        fields.insert("enabled".to_owned(), json!(false));
        fields.insert("isRedeemable".to_owned(), json!(false));
        fields.insert("deactivatedAt".to_owned(), at);
    });
    Ok(json!({ "giftCard": reference(id), "userErrors": [] }))
}
