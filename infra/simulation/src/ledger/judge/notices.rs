//! What the bus takes, held against what was asked and decided.

use origin_domain::event::{Event, Kind};
use origin_domain::id::CommandId;
use serde::Deserialize;

use super::books::{Judge, Published, What};
use crate::counts::Occasion;
use crate::judge::Law;

/// A command as far as the judge reads it.
#[derive(Debug, Deserialize)]
struct Notice {
    customer: String,
    command: NoticedCommand,
}

#[derive(Debug, Deserialize)]
struct NoticedCommand {
    time: u64,
    id: CommandId,
    program_version: u64,
    action: NoticedAction,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "snake_case")]
enum NoticedAction {
    Redeem { reward: String, points: i64, until: u64 },
    Adjust { points: i64 },
}

/// A decision as far as the judge reads it.
#[derive(Debug, Deserialize)]
struct Decision {
    version: u64,
    redemption: DecidedRedemption,
}

#[derive(Debug, Deserialize)]
struct DecidedRedemption {
    id: CommandId,
}

/// A webhook as far as the judge reads it.
#[derive(Debug, Deserialize)]
struct Webhook {
    metadata: Metadata,
}

#[derive(Debug, Deserialize)]
struct Metadata {
    #[serde(rename = "X-Shopify-Webhook-Id")]
    id: String,
}

// === impl Judge ===

impl Judge {
    /// The bus has taken an event.
    pub(crate) fn published(&mut self, event: &Event) {
        self.minutes.remember(&event.detail);
        self.trace(|| format!("bus     takes {:?} {}", event.kind, event.detail));
        let wrong = match event.kind {
            Kind::ShopifyWebhook => self.webhook_published(&event.detail),
            Kind::LoyaltyCommanded => self.command_published(&event.detail),
            _ => self.decision_published(&event.detail),
        };
        if let Err((law, told)) = wrong {
            self.find(law, || told);
        }
    }

    fn webhook_published(&mut self, detail: &str) -> Result<(), (Law, String)> {
        let webhook: Webhook = read(detail)?;
        let number = webhook.metadata.id.split('-').nth(1).and_then(|text| text.parse().ok());
        let known = number.and_then(|number: usize| self.causes.get_mut(number));
        let known = known.ok_or_else(|| (Law::Accounted, format!("nobody told {detail}")))?;
        if known.is_published {
            self.minutes.note(Occasion::Republished);
        }
        known.is_published = true;
        Ok(())
    }

    fn command_published(&mut self, detail: &str) -> Result<(), (Law, String)> {
        let Notice { customer, command } = read(detail)?;
        let NoticedCommand { time, id, program_version, action } = command;
        let nobody = || (Law::SameBytes, format!("nobody asked for {detail}"));
        let told = match action {
            NoticedAction::Redeem { reward, points, until } => {
                (What::Redeem { reward, points }, until)
            }
            NoticedAction::Adjust { points } => (What::Gift { points }, 0),
        };
        let (what, until_ms) = told;
        if let What::Redeem { reward, points } = &what {
            let plan = self.plans.iter().find(|one| one.version == program_version);
            let plan = plan.ok_or_else(nobody)?;
            let is_promised = plan.plan.cost(reward) == Some(*points)
                && until_ms == time + plan.plan.hold_minutes * 60_000
                && self.is_told_at(program_version, time);
            let is_first = self.asked.get(&id).is_some_and(|one| one.published.is_none());
            if is_first && !is_promised {
                return Err((Law::Contract, format!("no programme promises {detail}")));
            }
        }
        let taken_at_ms = self.timeline.now_ms();
        let asked = self.asked.get_mut(&id).ok_or_else(nobody)?;
        if asked.what != what || asked.customer != customer {
            return Err(nobody());
        }
        match &asked.published {
            Some(before) if before.detail == detail => self.minutes.note(Occasion::Republished),
            Some(before) => {
                let told = format!("two events under one id: {} and {detail}", before.detail);
                return Err((Law::SameBytes, told));
            }
            None => {
                let (detail, at_ms, program) = (detail.to_owned(), time, program_version);
                let told = Published { detail, at_ms, until_ms, program, taken_at_ms };
                asked.published = Some(told);
            }
        }
        Ok(())
    }

    fn decision_published(&mut self, detail: &str) -> Result<(), (Law, String)> {
        let Decision { version, redemption: DecidedRedemption { id } } = read(detail)?;
        let stands = self.stand(id).is_some_and(|(_, stand)| stand.fate.decisions() >= version);
        if !stands {
            return Err((Law::Durable, format!("told, and not stored: {detail}")));
        }
        if !self.told.insert((id, version)) {
            self.minutes.note(Occasion::Republished);
        }
        Ok(())
    }
}

fn read<'a, T: Deserialize<'a>>(detail: &'a str) -> Result<T, (Law, String)> {
    serde_json::from_str(detail).map_err(|error| (Law::Accounted, format!("{error}: {detail}")))
}
