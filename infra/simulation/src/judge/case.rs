//! Everything the judge knows of one cart: what was asked, what was published, which states the
//! table has had.

use std::collections::HashMap;

use origin_domain::id::CommandId;
use serde::Deserialize;

use super::known::Known;
use super::told::Plain;
use super::violation::Reason;
use crate::ask::{Ask, Command};

/// How much younger a command must be for an older one to come too late.
const OVERTAKEN_MS: u64 = 48 * 60 * 60 * 1_000;
/// How much younger for its id to be forgotten.
const FORGOTTEN_MS: u64 = 15 * 24 * 60 * 60 * 1_000;

/// How old a pending command may be that a reset carries over, less what clocks may be apart.
const CARRIED_MS: u64 = 24 * 60 * 60 * 1_000 - 60_000;

/// One cart.
#[derive(Debug, Default)]
pub(crate) struct Case {
    pub(crate) commands: Vec<Told>,
    by_id: HashMap<CommandId, usize>,
    /// The numbers of the published commands in (time, id) order.
    order: Vec<usize>,
    pub(crate) states: Vec<State>,
    /// The state that a backup holds.
    backup: State,
    /// What the table had absorbed and no longer holds, since a backup was put back.
    lost: Known,
    /// Whether it is to come back by a replay.
    is_replayed: bool,
    /// Whose message is a dead letter.
    letters: Known,
}

/// One command, as its client told.
#[derive(Debug)]
pub(crate) struct Told {
    pub(crate) id: CommandId,
    pub(crate) command: Command,
    pub(crate) asked_at_ms: u64,
    /// What its client had seen or been promised when it first asked.
    pub(crate) needs: Known,
    pub(crate) published: Option<Published>,
    pub(crate) is_acknowledged: bool,
}

/// What the bus said of it, the first time.
#[derive(Debug)]
pub(crate) struct Published {
    pub(crate) detail: String,
    /// The command's time.
    pub(crate) at_ms: u64,
    /// When the bus took it.
    pub(crate) taken_at_ms: u64,
    price: i64,
}

/// One state of the table: what the consumers were given until then.
#[derive(Debug, Clone, Default)]
pub(crate) struct State {
    pub(crate) version: u64,
    pub(crate) at_ms: u64,
    pub(crate) known: Known,
}

/// An event as far as the judge reads it.
#[derive(Debug, Deserialize)]
pub(crate) struct Notice {
    pub(crate) cart: String,
    command: NoticedCommand,
}

#[derive(Debug, Deserialize)]
struct NoticedCommand {
    time: u64,
    id: CommandId,
    action: Noticed,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "snake_case")]
enum Noticed {
    Add { offer: NoticedOffer, quantity: u32 },
    Set { quantity: u32 },
    Remove {},
    Clear,
    Attributes { changes: HashMap<String, Option<String>> },
}

#[derive(Debug, Deserialize)]
struct NoticedOffer {
    variant_id: String,
    price: i64,
}

// === impl Case ===

impl Case {
    pub(crate) fn asked(&mut self, command: &Command, at_ms: u64, needs: Known) -> usize {
        let id = CommandId::of_key(&format!("cart/{}", command.cart), &command.key);
        let number = self.commands.len();
        self.by_id.insert(id, number);
        self.commands.push(Told {
            id,
            command: command.clone(),
            asked_at_ms: at_ms,
            needs,
            published: None,
            is_acknowledged: false,
        });
        number
    }

    pub(crate) fn number(&self, id: CommandId) -> Option<usize> {
        self.by_id.get(&id).copied()
    }

    /// Notes what the bus took; says what is wrong with it.
    pub(crate) fn published(
        &mut self,
        notice: &Notice,
        detail: &str,
        taken_at_ms: u64,
    ) -> Result<(), String> {
        let NoticedCommand { time, id, action } = &notice.command;
        let number = self.number(*id).ok_or("an event that nobody asked for")?;
        let told = &self.commands[number];
        if let Some(before) = &told.published {
            if before.detail == detail {
                return Ok(());
            }
            return Err(format!("two events under one id: {} and {detail}", before.detail));
        }
        let price = action.price_of(&told.command.ask).ok_or("an event of another content")?;
        let published = Published { detail: detail.to_owned(), at_ms: *time, taken_at_ms, price };
        self.commands[number].published = Some(published);
        let place = |number: &usize| self.commands[*number].place();
        let at = self.order.partition_point(|other| place(other) < place(&number));
        self.order.insert(at, number);
        Ok(())
    }

    /// Two commands of which the first was asked for before the second and sorts after it, one of
    /// them being this.
    pub(crate) fn overtaken(&self, number: usize) -> Option<(&Told, &Told)> {
        let told = &self.commands[number];
        let needed = self.order.iter().rev().find(|other| told.needs.contains(**other));
        let earlier = needed.map(|earlier| (&self.commands[*earlier], told));
        let needing = self.order.iter().map(|other| &self.commands[*other]);
        let later = needing.filter(|later| later.needs.contains(number)).map(|later| (told, later));
        earlier.into_iter().chain(later).find(|(first, second)| first.place() > second.place())
    }

    /// The cart that these commands are, from their order alone.
    pub(crate) fn fold(&self, known: &Known) -> Plain {
        let mut plain = Plain::default();
        for number in self.order.iter().filter(|number| known.contains(**number)) {
            let told = &self.commands[*number];
            if let Some(published) = &told.published {
                plain.run(published.at_ms, &told.command.ask, published.price);
            }
        }
        plain
    }

    pub(crate) fn has_absorbed(&self, id: CommandId) -> bool {
        let known = |state: &State| self.number(id).is_some_and(|one| state.known.contains(one));
        self.states.last().is_some_and(known)
    }

    /// Notes a dead letter; says so if its reason does not hold.
    pub(crate) fn buried(&mut self, id: CommandId, reason: Reason) -> Result<(), String> {
        let number = self.number(id).ok_or("a letter that nobody wrote")?;
        let overtaken_by_ms = match reason {
            Reason::Attempts => 0,
            Reason::TooLate => OVERTAKEN_MS,
            Reason::TooOld => FORGOTTEN_MS,
            Reason::Elsewhere => return Err("no cart here goes into another".to_owned()),
        };
        if overtaken_by_ms > 0 && !self.is_overtaken(number, overtaken_by_ms) {
            return Err(format!("{} is not {reason:?}", self.commands[number].name()));
        }
        self.letters.insert(number);
        Ok(())
    }

    /// Remembers the present state as that of the backup.
    pub(crate) fn backed_up(&mut self) {
        self.backup = self.state();
    }

    /// The table is as it was at the backup.
    pub(crate) fn restored(&mut self, at_ms: u64, is_replayed: bool) {
        let backup = &self.backup.known;
        let gone = self.state().known;
        gone.iter().filter(|number| !backup.contains(*number)).for_each(|number| {
            self.lost.insert(number);
        });
        self.is_replayed = is_replayed;
        self.states.push(State { at_ms, ..self.backup.clone() });
    }

    /// What nobody can expect to see: what a lost table took along, and dead letters that nobody
    /// looked at for so long that they came to lie below the 48 hours. An answer that says `reset`
    /// carries over what is pending for less than a day.
    pub(crate) fn excused(&self, is_reset: bool, now_ms: u64) -> Known {
        let mut excused = self.lost.clone();
        let late = self.letters.iter().filter(|number| self.is_overtaken(*number, OVERTAKEN_MS));
        late.for_each(|number| excused.insert(number));
        if is_reset {
            let at_ms = |number: &usize| self.commands[*number].place().map_or(0, |place| place.0);
            let is_old = |number: &usize| at_ms(number) + CARRIED_MS < now_ms;
            let old = self.order.iter().copied().take_while(is_old);
            old.for_each(|number| excused.insert(number));
        }
        excused
    }

    /// A published command that is neither in the table nor in the dead letters, nor lost with a
    /// table.
    pub(crate) fn unaccounted(&self) -> Option<usize> {
        let mut accounted = self.state().known.with(&self.letters);
        if !self.is_replayed {
            accounted.extend(&self.lost);
        }
        self.order.iter().copied().find(|number| !accounted.contains(*number))
    }

    /// Whether the table has absorbed a command that much younger.
    fn is_overtaken(&self, number: usize, by_ms: u64) -> bool {
        let state = self.states.last();
        let is_known = |other: &&usize| state.is_some_and(|state| state.known.contains(**other));
        let newest = self.order.iter().rev().find(is_known);
        let at_ms = |number: usize| self.commands[number].place().map_or(0, |place| place.0);
        newest.is_some_and(|newest| at_ms(number) + by_ms <= at_ms(*newest))
    }

    /// The table's present state.
    pub(crate) fn state(&self) -> State {
        self.states.last().cloned().unwrap_or_default()
    }

    /// Whether the cart has ended and begun anew.
    pub(crate) fn has_begun_anew(&self) -> bool {
        self.states.windows(2).any(|pair| pair[1].version <= pair[0].version)
    }

    /// What the table had absorbed at a moment.
    pub(crate) fn absorbed_at(&self, at_ms: u64) -> Known {
        let until = self.states.partition_point(|state| state.at_ms <= at_ms);
        until.checked_sub(1).map(|last| self.states[last].known.clone()).unwrap_or_default()
    }

    /// The commands of a set by their keys, for a report.
    pub(crate) fn names(&self, known: &Known) -> String {
        let known = self.order.iter().filter(|number| known.contains(**number));
        let names: Vec<String> = known.map(|number| self.commands[*number].name()).collect();
        names.join(" ")
    }
}

// === impl Notice ===

impl Notice {
    pub(crate) fn id(&self) -> CommandId {
        self.command.id
    }
}

// === impl Told ===

impl Told {
    /// Its place in the order, if it was published.
    fn place(&self) -> Option<(u64, CommandId)> {
        self.published.as_ref().map(|published| (published.at_ms, self.id))
    }

    pub(crate) fn name(&self) -> String {
        let at_ms = self.published.as_ref().map(|published| published.at_ms);
        format!("[{} {:?} {at_ms:?}]", self.command.key, self.command.ask)
    }
}

// === impl Noticed ===

impl Noticed {
    /// The price it carries (zero if none), if it is what was asked for.
    fn price_of(&self, ask: &Ask) -> Option<i64> {
        match (self, ask) {
            (Self::Add { offer, quantity }, Ask::Add { variant, quantity: asked }) => {
                let is_asked = quantity == asked && offer.variant_id == variant.to_string();
                is_asked.then_some(offer.price)
            }
            (Self::Set { quantity }, Ask::Set { quantity: asked, .. }) => {
                (quantity == asked).then_some(0)
            }
            (Self::Remove {}, Ask::Remove { .. }) | (Self::Clear, Ask::Clear) => Some(0),
            (Self::Attributes { changes }, Ask::Attribute { name, value }) => {
                let value = value.map(|value| value.to_string());
                (changes.len() == 1 && changes.get(&name.to_string()) == Some(&value)).then_some(0)
            }
            _ => None,
        }
    }
}
