//! A model of Shopify's discounts: codes are unique in the shop, batches are imported later, and each code
//! is accepted once.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use domain_core::id::digest;
use domain_core::port::PortError;
use domain_core::time::{SECOND_MS, Time};
use domain_loyalty::{Added, Created, CreationId, Discount, DiscountId, Discounts, RewardCode};

use super::PoolMutant;
use super::process::Process;
use crate::engine::Rng;

/// One code in so many exists already, in a discount of the merchant's own.
const FOREIGN_OF: u64 = 97;
/// The longest import.
const IMPORT_MS_MAX: u64 = 20 * SECOND_MS;
/// The discount of the codes that exist already.
const FOREIGN: &str = "foreign";

/// The discounts of the shop.
#[derive(Debug, Clone)]
pub(super) struct Shopify(Arc<Mutex<State>>);

#[derive(Debug)]
struct State {
    rng: Rng,
    now: Time,
    /// No call is answered until then.
    down_until: Time,
    discounts: u64,
    codes: BTreeMap<RewardCode, Code>,
    imports: Vec<Import>,
}

#[derive(Debug)]
struct Code {
    discount: DiscountId,
    is_used: bool,
}

#[derive(Debug)]
struct Import {
    discount: DiscountId,
    codes: Vec<RewardCode>,
    done_at: Time,
    added: Option<Vec<Added>>,
}

/// The discounts as one process calls them.
#[derive(Debug, Clone)]
pub(super) struct ProcessDiscounts {
    pub(super) process: Process,
    pub(super) shopify: Shopify,
    pub(super) mutant: Option<PoolMutant>,
}

// === impl Shopify ===

impl Shopify {
    pub(super) fn new(rng: Rng, now: Time) -> Self {
        let (codes, imports) = (BTreeMap::new(), Vec::new());
        let down_until = Time(0);
        Self(Arc::new(Mutex::new(State { rng, now, down_until, discounts: 0, codes, imports })))
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The time has come to this: what is due is imported.
    pub(super) fn advance(&self, now: Time) {
        let mut state = self.state();
        state.now = now;
        state.import_due();
    }

    pub(super) fn goes_down_until(&self, until: Time) {
        self.state().down_until = until;
    }

    /// Uses a code at a checkout; whether it is accepted.
    pub(super) fn accepts(&self, code: &RewardCode) -> bool {
        let mut state = self.state();
        let code = state.codes.get_mut(code).filter(|code| code.discount.0 != FOREIGN);
        code.is_some_and(|code| !std::mem::replace(&mut code.is_used, true))
    }

    /// Whether a code would be accepted.
    pub(super) fn is_usable(&self, code: &RewardCode) -> bool {
        let state = self.state();
        let code = state.codes.get(code);
        code.is_some_and(|code| code.discount.0 != FOREIGN && !code.is_used)
    }
}

// === impl State ===

impl State {
    fn is_up(&self) -> Result<(), PortError> {
        if self.now < self.down_until {
            return Err(PortError::Unavailable("Shopify is down".to_owned()));
        }
        Ok(())
    }

    fn owner(&self, code: &RewardCode) -> Option<DiscountId> {
        self.codes.get(code).map(|code| code.discount.clone())
    }

    fn import_due(&mut self) {
        for at in 0..self.imports.len() {
            if self.imports[at].added.is_some() || self.imports[at].done_at > self.now {
                continue;
            }
            let (discount, codes) =
                (self.imports[at].discount.clone(), self.imports[at].codes.clone());
            let added = codes.into_iter().map(|code| {
                let is_made = self.owner(&code).is_none();
                if is_made {
                    let made = Code { discount: discount.clone(), is_used: false };
                    self.codes.insert(code.clone(), made);
                }
                Added { code, is_made }
            });
            let added = added.collect();
            self.imports[at].added = Some(added);
        }
    }
}

/// Whether the merchant happens to have this code, too.
fn is_foreign(code: &RewardCode) -> bool {
    let digest = digest("forecourt/simulation/foreign", &[code.to_string().as_bytes()]);
    let number = digest.iter().take(8).fold(0, |number, byte| number << 8 | u64::from(*byte));
    number % FOREIGN_OF == 0
}

impl Discounts for ProcessDiscounts {
    async fn discount_of(&self, code: &RewardCode) -> Result<Option<DiscountId>, PortError> {
        let call = async {
            let state = self.shopify.state();
            state.is_up()?;
            Ok(state.owner(code))
        };
        self.process.step("look a code up", call).await
    }

    async fn create(&self, _: &Discount, code: &RewardCode) -> Result<Created, PortError> {
        let call = async {
            let mut state = self.shopify.state();
            state.is_up()?;
            if state.owner(code).is_some() {
                return Ok(Created::Taken);
            }
            state.discounts += 1;
            let discount = DiscountId(format!("discount-{}", state.discounts));
            let made = Code { discount: discount.clone(), is_used: false };
            state.codes.insert(code.clone(), made);
            Ok(Created::Done(discount))
        };
        self.process.step("create a discount", call).await
    }

    async fn add(&self, id: &DiscountId, codes: &[RewardCode]) -> Result<CreationId, PortError> {
        let call = async {
            let mut state = self.shopify.state();
            state.is_up()?;
            let done_at = state.now.plus_ms(state.rng.below(IMPORT_MS_MAX));
            let (discount, codes) = (id.clone(), codes.to_vec());
            for code in codes.iter().filter(|code| is_foreign(code)) {
                let discount = DiscountId(FOREIGN.to_owned());
                state.codes.entry(code.clone()).or_insert(Code { discount, is_used: false });
            }
            state.imports.push(Import { discount, codes, done_at, added: None });
            Ok(CreationId((state.imports.len() - 1).to_string()))
        };
        self.process.step("add codes", call).await
    }

    async fn added(&self, creation: &CreationId) -> Result<Option<Vec<Added>>, PortError> {
        let call = async {
            let state = self.shopify.state();
            state.is_up()?;
            let import = creation.0.parse().ok().and_then(|at: usize| state.imports.get(at));
            let import = import.ok_or_else(|| PortError::Corrupt("no such import".to_owned()))?;
            if import.added.is_none() && self.mutant == Some(PoolMutant::ReadyUnconfirmed) {
                let made = |code: &RewardCode| Added { code: code.clone(), is_made: true };
                return Ok(Some(import.codes.iter().map(made).collect()));
            }
            let mut added = import.added.clone();
            if self.mutant == Some(PoolMutant::TakenIsOwn) {
                added.iter_mut().flatten().for_each(|added| added.is_made = true);
            }
            Ok(added)
        };
        self.process.step("ask whether codes are imported", call).await
    }
}
