//! Who belongs to the staff, with their roles. The first person who opens the admin is the owner;
//! everyone after that begins as support.

use std::collections::BTreeMap;

use domain_core::port::{CONFLICT_ROUNDS_MAX, PortError, Written};
use domain_core::time::Time;
use serde::{Deserialize, Serialize};

use crate::audit::{AuditEntry, StaffAct};
use crate::permission::{Actor, Role};
use crate::ports::RosterStore;

/// Most persons of the roster. Those who come later are support, and are not listed.
pub const PERSONS_MAX: usize = 500;

/// The word in the audit log for a person's first call, which is no act of a role.
const JOINING: &str = "join_staff";

/// The persons and their roles.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Roster {
    /// Counts the changes.
    pub version: u64,
    /// The role of each person, by Shopify's id.
    pub persons: BTreeMap<String, Role>,
}

/// Why a role is not changed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum RosterRejection {
    /// The person who acts lost the role that may change roles meanwhile.
    NotAllowed,
    /// The shop would have no owner.
    LastOwner,
    /// The roster has [`PERSONS_MAX`] persons.
    Full,
    /// A port failed.
    Port(PortError),
}

/// A role that was assigned.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Assigned {
    /// The person's role before; `None`: not a person of the roster.
    pub before: Option<Role>,
}

// === impl Roster ===

impl Roster {
    /// Whether the actor still has a role that may do the act: the request was permitted by an
    /// earlier version of the roster.
    fn allows(&self, act: &StaffAct) -> bool {
        match &act.actor {
            Actor::Machine => true,
            Actor::Person { id, .. } => {
                self.persons.get(id).is_some_and(|role| act.act.roles().contains(role))
            }
        }
    }

    fn with(&self, person: &str, role: Role) -> Result<Self, RosterRejection> {
        let mut persons = self.persons.clone();
        persons.insert(person.to_owned(), role);
        if persons.len() > PERSONS_MAX {
            return Err(RosterRejection::Full);
        }
        if !persons.values().any(|role| *role == Role::Owner) {
            return Err(RosterRejection::LastOwner);
        }
        Ok(Self { version: self.version + 1, persons })
    }
}

/// The role of a person who calls. A person who was never seen before joins the roster.
///
/// # Errors
/// The port's, or [`PortError::Unavailable`] after [`CONFLICT_ROUNDS_MAX`] lost races.
pub async fn role_of<S: RosterStore>(
    store: &S,
    person: &str,
    now: Time,
) -> Result<Role, PortError> {
    for _ in 0..CONFLICT_ROUNDS_MAX {
        let roster = store.roster().await?.unwrap_or_default();
        if let Some(role) = roster.persons.get(person) {
            return Ok(*role);
        }
        let role = if roster.persons.is_empty() { Role::Owner } else { Role::Support };
        // A full roster has an owner.
        let Ok(joined) = roster.with(person, role) else { return Ok(Role::Support) };
        let entry = AuditEntry {
            at: now,
            person: Some(person.to_owned()),
            role: Some(role.word().to_owned()),
            act: JOINING.to_owned(),
            subject: subject(person),
            detail: String::new(),
        };
        if store.save(&joined, &entry).await? == Written::Done {
            return Ok(role);
        }
    }
    Err(lost())
}

/// Gives a person a role.
///
/// # Errors
/// [`RosterRejection`].
pub async fn assign_role<S: RosterStore>(
    store: &S,
    person: &str,
    role: Role,
    act: &StaffAct,
) -> Result<Assigned, RosterRejection> {
    for _ in 0..CONFLICT_ROUNDS_MAX {
        let roster = store.roster().await?.unwrap_or_default();
        if !roster.allows(act) {
            return Err(RosterRejection::NotAllowed);
        }
        let before = roster.persons.get(person).copied();
        if before == Some(role) {
            return Ok(Assigned { before });
        }
        let changed = roster.with(person, role)?;
        let word = before.map_or("none", Role::word);
        let entry = act.entry(&subject(person), &format!("{word} to {}", role.word()));
        if store.save(&changed, &entry).await? == Written::Done {
            return Ok(Assigned { before });
        }
    }
    Err(lost().into())
}

fn subject(person: &str) -> String {
    format!("staff/{person}")
}

fn lost() -> PortError {
    PortError::Unavailable("the roster changes too often".to_owned())
}

impl From<PortError> for RosterRejection {
    fn from(error: PortError) -> Self {
        Self::Port(error)
    }
}
