//! Store credit accounts: one for each owner and currency.

use serde_json::{Value, json};
use time::OffsetDateTime;

use super::derived::parent;
use super::failure::{Failure, user_error};
use super::mutations::error_payload;
use super::session::{Context, View};
use crate::store::{Decimal, Fields, Shop, kind_of, reference};

/// Most credit of an account.
const CREDIT_MAX: i64 = 100_000;
const SUBJECT: &str = "storeCreditAccountTransaction";

type Mutation = fn(&mut Context<'_>, &Value) -> Result<Value, Failure>;

/// One of the two mutations.
struct Act {
    input: &'static str,
    amount: &'static str,
    verb: &'static str,
    kind: &'static str,
}

const CREDIT: Act = Act {
    input: "creditInput",
    amount: "creditAmount",
    verb: "credit",
    kind: "StoreCreditAccountCreditTransaction",
};
const DEBIT: Act = Act {
    input: "debitInput",
    amount: "debitAmount",
    verb: "debit",
    kind: "StoreCreditAccountDebitTransaction",
};

pub(super) fn mutation(name: &str) -> Option<Mutation> {
    match name {
        "storeCreditAccountCredit" => Some(|context, arguments| post(context, arguments, &CREDIT)),
        "storeCreditAccountDebit" => Some(|context, arguments| post(context, arguments, &DEBIT)),
        _ => None,
    }
}

/// Computed fields of accounts and transactions.
pub(super) fn field(view: &View<'_>, gid: &str, name: &str) -> Option<Value> {
    match name {
        "owner" | "account" => parent(view, gid),
        "transactions" => {
            let kinds = [CREDIT.kind, DEBIT.kind];
            let below = kinds.iter().flat_map(|kind| view.shop.records.children(gid, kind));
            Some(below.map(|record| reference(&record.gid)).collect())
        }
        _ => None,
    }
}

/// An existing account, or an owner who gets one.
enum Account {
    Existing(String),
    New(String),
}

fn resolve(shop: &Shop, id: &str, currency: &str, act: &Act) -> Result<Account, Value> {
    let is_known = shop.records.get(id).is_some();
    if kind_of(id) == Some("StoreCreditAccount") && is_known {
        return Ok(Account::Existing(id.to_owned()));
    }
    let is_owner = matches!(kind_of(id), Some("Customer" | "CompanyLocation"));
    if is_owner && is_known {
        let mut accounts = shop.records.children(id, "StoreCreditAccount");
        let own = accounts.find(|one| one.value["balance"].text("currencyCode") == currency);
        return match own {
            Some(account) => Ok(Account::Existing(account.gid.clone())),
            None if act.verb == CREDIT.verb => Ok(Account::New(id.to_owned())),
            None => Err(account_missing()),
        };
    }
    if is_owner && act.verb == CREDIT.verb {
        return Err(user_error(&["id"], "Owner does not exist", Some("OWNER_NOT_FOUND")));
    }
    Err(account_missing())
}

fn account_missing() -> Value {
    user_error(&["id"], "Store credit account does not exist", Some("ACCOUNT_NOT_FOUND"))
}

fn post(context: &mut Context<'_>, arguments: &Value, act: &Act) -> Result<Value, Failure> {
    match check(context.shop, arguments, act, context.now) {
        Ok((account, change)) => Ok(write(context, arguments, act, (account, change))),
        Err(error) => error_payload(SUBJECT, vec![error]),
    }
}

/// The account and the amount, which is negative for a debit.
fn check(
    shop: &Shop,
    arguments: &Value,
    act: &Act,
    now: OffsetDateTime,
) -> Result<(Account, Decimal), Value> {
    let input = &arguments[act.input];
    let money = &input[act.amount];
    let amount = money.decimal("amount").unwrap_or_default();
    let currency = money.text("currencyCode");
    let account = resolve(shop, arguments.text("id"), currency, act)?;
    if input.time("expiresAt").is_some_and(|at| at <= now) {
        let path = [act.input, "expiresAt"];
        let code = Some("EXPIRES_AT_IN_PAST");
        return Err(user_error(&path, "The expiry date must be in the future", code));
    }
    let refuse = |field: &str, message: &str, code| {
        Err(user_error(&[act.input, act.amount, field], message, Some(code)))
    };
    if amount <= Decimal::ZERO {
        let verb = act.verb;
        let message = format!("A positive amount must be used to {verb} a store credit account");
        return refuse("amount", &message, "NEGATIVE_OR_ZERO_AMOUNT");
    }
    let balance = match &account {
        Account::Existing(gid) => shop.records.value(gid)["balance"].clone(),
        Account::New(_) => json!({ "amount": "0.0", "currencyCode": currency }),
    };
    if balance.text("currencyCode") != currency {
        let message =
            "The currency provided does not match the currency of the store credit account";
        return refuse("currencyCode", message, "MISMATCHING_CURRENCY");
    }
    let before = balance.decimal("amount").unwrap_or_default();
    if act.verb == CREDIT.verb {
        if before + amount >= Decimal::whole(CREDIT_MAX) {
            let message = "The operation would cause the account's credit limit to be exceeded";
            return refuse("amount", message, "CREDIT_LIMIT_EXCEEDED");
        }
        return Ok((account, amount));
    }
    if amount > before {
        let message =
            "The store credit account does not have sufficient funds to satisfy the request";
        return refuse("amount", message, "INSUFFICIENT_FUNDS");
    }
    Ok((account, -amount))
}

fn write(
    context: &mut Context<'_>,
    arguments: &Value,
    act: &Act,
    (account, change): (Account, Decimal),
) -> Value {
    let currency = arguments[act.input][act.amount].text("currencyCode").to_owned();
    let money = |amount: Decimal| json!({ "amount": amount.to_string(), "currencyCode": currency });
    let account = match account {
        Account::Existing(gid) => gid,
        Account::New(owner) => {
            let fields = json!({ "balance": money(Decimal::ZERO) });
            context.shop.create("StoreCreditAccount", Some(&owner), fields, context.now)
        }
    };
    let before =
        context.shop.records.value(&account)["balance"].decimal("amount").unwrap_or_default();
    let after = before + change;
    context.shop.records.update(&account, context.now, |fields| {
        fields.insert("balance".to_owned(), money(after));
    });
    let transaction = json!({
        "amount": money(change),
        "balanceAfterTransaction": money(after),
        "event": "ADJUSTMENT",
        "origin": null,
        "expiresAt": arguments[act.input]["expiresAt"],
        "remainingAmount": money(change),
    });
    let id = context.shop.create(act.kind, Some(&account), transaction, context.now);
    json!({ SUBJECT: reference(&id), "userErrors": [] })
}
