//! Compares the events on the bus with the commands sent and the decisions stored.

use domain_core::event::{Event, Kind};
use domain_core::id::CommandId;
use domain_loyalty::Redemption;
use serde::Deserialize;

use super::commits::record_of;
use super::erasure::TOPIC;
use super::ledger_oracle::{CommandKind, LedgerOracle, Publication};
use crate::engine::{Coverage, Invariant};

/// The fields of a command event that the oracle reads.
#[derive(Debug, Deserialize)]
struct ParsedEvent {
    customer: String,
    command: ParsedCommand,
}

#[derive(Debug, Deserialize)]
struct ParsedCommand {
    time: u64,
    id: CommandId,
    program_version: u64,
    action: ParsedAction,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "snake_case")]
enum ParsedAction {
    Redeem { reward: String, points: i64, until: u64 },
    Adjust { points: i64 },
}

/// The fields of a decision event that the oracle reads.
#[derive(Debug, Deserialize)]
struct Decision {
    version: u64,
    redemption: Redemption,
}

/// The fields of a webhook event that the oracle reads.
#[derive(Debug, Deserialize)]
struct Webhook {
    metadata: Metadata,
}

#[derive(Debug, Deserialize)]
struct Metadata {
    #[serde(rename = "x-shopify-webhook-id")]
    id: String,
    #[serde(rename = "x-shopify-topic")]
    topic: String,
}

// === impl LedgerOracle ===

impl LedgerOracle {
    /// Checks an event that the bus has accepted.
    pub(super) fn check_published(&mut self, event: &Event) {
        let message = match event.kind {
            Kind::ShopifyWebhook => self.webhook_published(&event.detail),
            Kind::LoyaltyCommanded => self.command_published(&event.detail),
            kind if Kind::REDEMPTIONS.contains(&kind) => self.decision_published(&event.detail),
            _ => Ok(()),
        };
        if let Err((invariant, message)) = message {
            self.report(invariant, || message);
        }
    }

    fn webhook_published(&mut self, detail: &str) -> Result<(), (Invariant, String)> {
        let webhook: Webhook = read(detail)?;
        if webhook.metadata.topic == TOPIC {
            return Ok(());
        }
        let number = webhook.metadata.id.split('-').nth(1).and_then(|text| text.parse().ok());
        let known = number.and_then(|number: usize| self.causes.get_mut(number));
        let known =
            known.ok_or_else(|| (Invariant::Accounted, format!("unknown webhook {detail}")))?;
        if known.is_published {
            self.run_log.count(Coverage::Republished);
        }
        known.is_published = true;
        Ok(())
    }

    fn command_published(&mut self, detail: &str) -> Result<(), (Invariant, String)> {
        let ParsedEvent { customer, command } = read(detail)?;
        let ParsedCommand { time, id, program_version, action } = command;
        let unknown = || (Invariant::SameBytes, format!("a command that was not sent: {detail}"));
        let (kind, until_ms) = match action {
            ParsedAction::Redeem { reward, points, until } => {
                (CommandKind::Redeem { reward, points }, until)
            }
            ParsedAction::Adjust { points } => (CommandKind::Gift { points }, 0),
        };
        if let CommandKind::Redeem { reward, points } = &kind {
            let plan = self.plans.iter().find(|one| one.version == program_version);
            let plan = plan.ok_or_else(unknown)?;
            let is_promised = plan.plan.cost(reward) == Some(*points)
                && until_ms == time + plan.plan.hold_minutes * 60_000
                && self.may_apply_at(program_version, time);
            let is_first = self.commands.get(&id).is_some_and(|one| one.published.is_none());
            if is_first && !is_promised {
                return Err((Invariant::Contract, format!("no program offers {detail}")));
            }
        }
        let accepted_at_ms = self.timeline.now_ms();
        let command = self.commands.get_mut(&id).ok_or_else(unknown)?;
        if command.kind != kind || command.customer != customer {
            return Err(unknown());
        }
        match &command.published {
            Some(before) if before.detail == detail => self.run_log.count(Coverage::Republished),
            Some(before) => {
                let message = format!("two events under one id: {} and {detail}", before.detail);
                return Err((Invariant::SameBytes, message));
            }
            None => {
                let (detail, at_ms, program) = (detail.to_owned(), time, program_version);
                let message = Publication { detail, at_ms, until_ms, program, accepted_at_ms };
                command.published = Some(message);
            }
        }
        Ok(())
    }

    fn decision_published(&mut self, detail: &str) -> Result<(), (Invariant, String)> {
        let Decision { version, redemption } = read(detail)?;
        let id = redemption.id;
        let stands = self
            .stored_redemption(id)
            .is_some_and(|(_, record)| record.status.decisions() >= version);
        if !stands {
            return Err((Invariant::Durable, format!("published, but not stored: {detail}")));
        }
        let status = record_of(&redemption).status;
        match self.announced.insert((id, version), status) {
            None => {}
            Some(before) if before == status => self.run_log.count(Coverage::Republished),
            Some(before) => {
                let message = format!("{id} was published as {before:?}, now as {status:?}");
                return Err((Invariant::SameBytes, message));
            }
        }
        Ok(())
    }
}

fn read<'a, T: Deserialize<'a>>(detail: &'a str) -> Result<T, (Invariant, String)> {
    serde_json::from_str(detail)
        .map_err(|error| (Invariant::Accounted, format!("{error}: {detail}")))
}
