//! Accounts with the records of their commands: [`Source`](domain_core::resource::Source) and
//! [`CommandLog`].

use domain_core::id::CommandId;
use domain_core::idempotency::{Fingerprint, Recorded};
use domain_core::resource::{CommandLog, CommandRecord};
use domain_loyalty::{LoyaltyAction, LoyaltyCommand, LoyaltyEvent, Points};

use super::ledger::{Ledger, change};
use super::sample::{MORNING, batch, paid};
use crate::world::Both;

fn record(id: CommandId, body: &str) -> CommandRecord<LoyaltyEvent> {
    let action = LoyaltyAction::Redeem {
        reward: "bell".to_owned(),
        points: Points(250),
        until: MORNING.plus_ms(1_800_000),
    };
    let command = LoyaltyCommand { time: MORNING, id, program_version: 1, action };
    CommandRecord {
        fingerprint: Fingerprint::of("POST", "/v1/loyalty/redemptions", body.as_bytes()),
        event: LoyaltyEvent { customer: "1001".to_owned(), command },
    }
}

pub(crate) async fn a_request_is_recorded_once_and_comes_with_its_account(
    Both(ledger, log): Both<impl Ledger, impl CommandLog<LoyaltyEvent>>,
) {
    let ids = [CommandId::from([1; 16]), CommandId::from([2; 16])];
    assert_eq!(log.find(ids[0]).await, Ok(None));
    assert_eq!(ledger.batch("1001", &ids).await, Ok(batch("1001", None, vec![])));
    let first = record(ids[0], "first");
    assert_eq!(log.record(&first).await, Ok(Recorded::First));
    let again = log.record(&record(ids[0], "second")).await;
    assert_eq!(again, Ok(Recorded::Existing(Box::new(first.clone()))));
    assert_eq!(log.find(ids[0]).await, Ok(Some(first.clone())));
    let paid = change(&ledger, &paid("82", Some("1001"), MORNING)).await;
    ledger.commit(&paid).await.unwrap();
    let account = paid.account.map(|account| account.item);
    let read = ledger.batch("1001", &ids).await;
    assert_eq!(read, Ok(batch("1001", account, vec![first.clone()])));
    assert_eq!(ledger.batch("100", &ids[..1]).await, Ok(batch("100", None, vec![first])));
}
