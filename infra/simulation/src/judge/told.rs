//! What a cart is, told as plainly as possible: run every command in (time, id) order from empty;
//! thirty days of silence end a cart. Shares nothing with the domain's fold.

use std::collections::BTreeMap;

use origin_domain::cart::Contents;

use crate::ask::Ask;

/// Thirty days.
pub(crate) const SILENCE_MS: u64 = 30 * 24 * 60 * 60 * 1_000;

/// A cart as a shopper would note it down.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Plain {
    lines: BTreeMap<u32, Line>,
    attributes: BTreeMap<u32, u32>,
    /// How many commands this life of the cart has had.
    pub(crate) count: u64,
    /// The time of the newest command.
    pub(crate) newest_ms: u64,
}

/// A line of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Line {
    quantity: u32,
    price: i64,
    /// When it was last added to.
    added_ms: u64,
}

// === impl Plain ===

impl Plain {
    /// The next command in order.
    pub(crate) fn run(&mut self, at_ms: u64, ask: &Ask, price: i64) {
        self.go_on(at_ms);
        match ask {
            Ask::Add { variant, quantity } => {
                let before = self.lines.get(variant).map_or(0, |line| line.quantity);
                let line = Line { quantity: before + quantity, price, added_ms: at_ms };
                self.lines.insert(*variant, line);
            }
            Ask::Set { variant, quantity: 0 } | Ask::Remove { variant } => {
                self.lines.remove(variant);
            }
            Ask::Set { variant, quantity } => {
                if let Some(line) = self.lines.get_mut(variant) {
                    line.quantity = *quantity;
                }
            }
            Ask::Clear => self.lines = BTreeMap::new(),
            Ask::Attribute { name, value: Some(value) } => {
                self.attributes.insert(*name, *value);
            }
            Ask::Attribute { name, value: None } => {
                self.attributes.remove(name);
            }
            Ask::Take { lines, .. } => {
                for (variant, bought) in lines {
                    if let Some(line) = self.lines.get_mut(variant) {
                        line.quantity = line.quantity.saturating_sub(*bought);
                    }
                }
                self.lines.retain(|_, line| line.quantity > 0);
            }
            // A merge is told with its guest.
            Ask::Merge { .. } => {}
        }
    }

    /// Takes in what a guest's cart is at this place in the order: lines add up at the price of
    /// the later add, and the guest's attributes count.
    pub(crate) fn merge(&mut self, at_ms: u64, guest: &Self) {
        self.go_on(at_ms);
        if guest.has_ended_at(at_ms) {
            return;
        }
        self.count += guest.count;
        for (variant, theirs) in &guest.lines {
            let joined = self.lines.get(variant).map_or(*theirs, |own| {
                let latest = if theirs.added_ms > own.added_ms { theirs } else { own };
                Line { quantity: own.quantity + theirs.quantity, ..*latest }
            });
            self.lines.insert(*variant, joined);
        }
        self.attributes.extend(&guest.attributes);
    }

    fn go_on(&mut self, at_ms: u64) {
        if self.has_ended_at(at_ms) {
            *self = Self::default();
        }
        self.count += 1;
        self.newest_ms = at_ms;
    }

    /// Whether thirty days have passed in silence.
    pub(crate) fn has_ended_at(&self, at_ms: u64) -> bool {
        self.count > 0 && at_ms > self.newest_ms + SILENCE_MS
    }

    /// Whether this is what was shown.
    pub(crate) fn is_shown_by(&self, shown: &Contents) -> bool {
        let line = |line: &origin_domain::cart::Line| {
            let variant = line.offer.variant_id.as_ref().and_then(|id| id.parse().ok());
            variant.map(|variant: u32| (variant, (line.quantity, line.offer.price.0)))
        };
        let lines: Option<BTreeMap<u32, (u32, i64)>> = shown.lines.values().map(line).collect();
        let own = |(variant, line): (&u32, &Line)| (*variant, (line.quantity, line.price));
        let own: BTreeMap<u32, (u32, i64)> = self.lines.iter().map(own).collect();
        let attribute =
            |(name, value): (&String, &String)| Some((name.parse().ok()?, value.parse().ok()?));
        let attributes: Option<BTreeMap<u32, u32>> =
            shown.attributes.iter().map(attribute).collect();
        shown.lines.len() == self.lines.len()
            && lines == Some(own)
            && attributes.as_ref() == Some(&self.attributes)
    }

    /// For a report.
    pub(crate) fn told(&self) -> String {
        format!("{:?} {:?}", self.lines, self.attributes)
    }
}

/// The same of what was shown, for a report.
pub(crate) fn told(shown: &Contents) -> String {
    let line = |line: &origin_domain::cart::Line| {
        let variant = line.offer.variant_id.as_deref().unwrap_or("?");
        format!("{variant}: ({}, {})", line.quantity, line.offer.price.0)
    };
    let mut lines: Vec<String> = shown.lines.values().map(line).collect();
    lines.sort();
    format!("{{{}}} {:?}", lines.join(", "), shown.attributes)
}
