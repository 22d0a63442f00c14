//! A resource in full: a wish list, which is a set of wishes. Its type, its fold, and a table, a
//! log and a bus in memory.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::sync::{Arc, Mutex, MutexGuard};

use domain_core::bookmark::Pending;
use domain_core::event::{Event, Events, Kind};
use domain_core::id::CommandId;
use domain_core::idempotency::Recorded;
use domain_core::port::{Consistency, PortError};
use domain_core::resource::{
    CommandEvent, CommandLog, CommandRecord, Draft, Read, Resource, Source,
};
use domain_core::time::Time;
use serde::{Deserialize, Serialize};

/// A wish list: the commands it has absorbed.
#[derive(Debug, Clone, Default, PartialEq)]
pub(crate) struct WishList(pub(crate) BTreeMap<Pending, WishEvent>);

/// A wish is made or withdrawn.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(crate) struct WishEvent {
    pub(crate) list: String,
    #[serde(flatten)]
    pub(crate) place: Pending,
    pub(crate) wish: String,
    pub(crate) is_made: bool,
}

impl CommandEvent for WishEvent {
    // A resource of the shop has a kind of its own.
    const KIND: Kind = Kind::CartCommanded;
    const RESOURCE_FIELD: &'static str = "list";

    fn resource(&self) -> &str {
        &self.list
    }

    fn place(&self) -> Pending {
        self.place
    }
}

impl Resource for WishList {
    type Event = WishEvent;
    type View = BTreeSet<String>;

    const NAME: &'static str = "wishes";

    fn empty(_id: &str) -> Self {
        Self::default()
    }

    fn version(&self) -> u64 {
        self.0.len() as u64
    }

    fn highest(&self) -> Time {
        self.0.last_key_value().map_or(Time(0), |(place, _)| place.time)
    }

    fn knows(&self, id: CommandId) -> bool {
        self.0.keys().any(|place| place.id == id)
    }

    fn fold(&self, pending: &[&WishEvent]) -> BTreeSet<String> {
        let mut events: BTreeMap<Pending, &WishEvent> =
            self.0.iter().map(|(place, event)| (*place, event)).collect();
        events.extend(pending.iter().map(|event| (event.place, *event)));
        let mut wishes = BTreeSet::new();
        for event in events.into_values() {
            if event.is_made {
                wishes.insert(event.wish.clone());
            } else {
                wishes.remove(&event.wish);
            }
        }
        wishes
    }

    fn bytes(&self) -> usize {
        128 * self.0.len()
    }
}

/// The check of an accepted command: a wish is made once.
pub(crate) fn wish(draft: &Draft<'_, WishList>, wish: &str) -> Result<WishEvent, AlreadyMade> {
    if draft.answer.view.contains(wish) {
        return Err(AlreadyMade);
    }
    Ok(event(draft, wish, true))
}

/// The check of a command that withdraws a wish.
pub(crate) fn withdraw(draft: &Draft<'_, WishList>, wish: &str) -> WishEvent {
    event(draft, wish, false)
}

/// The wish is in the list.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct AlreadyMade;

fn event(draft: &Draft<'_, WishList>, wish: &str, is_made: bool) -> WishEvent {
    WishEvent {
        list: draft.request.resource.clone(),
        place: Pending { time: draft.time_after(draft.request.now), id: draft.id },
        wish: wish.to_owned(),
        is_made,
    }
}

/// A table of wish lists, a log and a bus. Clones are the same.
#[derive(Debug, Clone, Default)]
pub(crate) struct Memory(Arc<Mutex<State>>);

/// What they hold.
#[derive(Debug, Default)]
pub(crate) struct State {
    /// Every state of each list, oldest first.
    pub(crate) lists: HashMap<String, Vec<WishList>>,
    pub(crate) records: HashMap<CommandId, CommandRecord<WishEvent>>,
    /// The events that no consumer has absorbed.
    pub(crate) published: Vec<Event>,
    /// By how many states an eventually consistent read is behind.
    pub(crate) lag: usize,
    /// Whether the bus rejects events.
    pub(crate) is_bus_down: bool,
}

// === impl Memory ===

impl Memory {
    pub(crate) fn state(&self) -> MutexGuard<'_, State> {
        self.0.lock().unwrap()
    }

    /// The consumer: absorbs an event, however often it is delivered.
    pub(crate) fn absorb(&self, event: &Event) {
        let event: WishEvent = serde_json::from_str(&event.detail).unwrap();
        let mut state = self.state();
        let states = state.lists.entry(event.list.clone()).or_default();
        let mut list = states.last().cloned().unwrap_or_default();
        if list.0.insert(event.place, event).is_none() {
            states.push(list);
        }
    }
}

impl Source<WishList> for Memory {
    async fn item(
        &self,
        id: &str,
        consistency: Consistency,
    ) -> Result<Option<WishList>, PortError> {
        let state = self.state();
        let lag = if consistency == Consistency::Strong { 0 } else { state.lag };
        let states = state.lists.get(id);
        Ok(states.and_then(|states| states.iter().rev().nth(lag).cloned()))
    }

    async fn batch(&self, id: &str, commands: &[CommandId]) -> Result<Read<WishList>, PortError> {
        let item = self.item(id, Consistency::Strong).await?.map(Arc::new);
        let state = self.state();
        let records = commands.iter().filter_map(|id| state.records.get(id).cloned());
        Ok(Read { id: id.to_owned(), item, records: records.collect() })
    }
}

impl CommandLog<WishEvent> for Memory {
    async fn record(
        &self,
        record: &CommandRecord<WishEvent>,
    ) -> Result<Recorded<CommandRecord<WishEvent>>, PortError> {
        let mut state = self.state();
        if let Some(existing) = state.records.get(&record.event.place.id) {
            return Ok(Recorded::Existing(Box::new(existing.clone())));
        }
        state.records.insert(record.event.place.id, record.clone());
        Ok(Recorded::First)
    }

    async fn find(&self, id: CommandId) -> Result<Option<CommandRecord<WishEvent>>, PortError> {
        Ok(self.state().records.get(&id).cloned())
    }
}

impl Events for Memory {
    async fn publish(&self, events: &[Event]) -> Result<(), PortError> {
        let mut state = self.state();
        if state.is_bus_down {
            return Err(PortError::Unavailable("the bus is down".to_owned()));
        }
        state.published.extend_from_slice(events);
        Ok(())
    }
}
