//! What staff may do: an extractor for each act. A handler states by its signature which act it is,
//! and runs only for staff who may do it.

use std::marker::PhantomData;
use std::sync::Arc;

use axum::extract::FromRequestParts;
use domain_staff::{Act, Actor, StaffAct, role_of};
use edge_wire::identity::{Kind, MACHINE};
use edge_wire::problem::Code;
use http::request::Parts;

use crate::http::caller::identity;
use crate::http::http_problem::HttpProblem;
use crate::runtime::shop::Shop;

/// Staff who may do `A`.
#[derive(Debug)]
pub(crate) struct Permitted<A> {
    /// Who acts.
    pub(crate) actor: Actor,
    act: PhantomData<A>,
}

/// An act as a type.
pub(crate) trait Permission: Send {
    const ACT: Act;
}

/// The types of the acts, by the names of [`Act`].
pub(crate) mod act {
    use super::{Act, Permission};

    macro_rules! permissions {
        ($($name:ident),+ $(,)?) => { $(
            #[derive(Debug)]
            pub(crate) struct $name;

            impl Permission for $name {
                const ACT: Act = Act::$name;
            }
        )+ };
    }

    permissions! {
        ViewProducts, PublishProducts, ViewProgram, TryProgram, PublishProgram, AdjustPoints, ReconcileOrders, Import,
        ViewDemands, DownloadExports, Install, ViewStaff, ChangeRoles, ViewAudit, ViewHealth,
        Redrive, ViewCustomers, RevokeTokens,
    }
}

// === impl Permitted ===

impl<A: Permission> Permitted<A> {
    /// The act now, for the audit log.
    pub(crate) fn act(&self, shop: &Shop) -> StaffAct {
        StaffAct { actor: self.actor.clone(), act: A::ACT, at: shop.clock.now() }
    }

    /// The same staff, if they may do this as well.
    pub(crate) fn also<B: Permission>(self) -> Result<Permitted<B>, HttpProblem> {
        Permitted::of(self.actor)
    }

    fn of(actor: Actor) -> Result<Self, HttpProblem> {
        match &actor {
            Actor::Person { role, .. } if !actor.may(A::ACT) => {
                let (role, act) = (role.word(), A::ACT.word().replace('_', " "));
                let detail =
                    format!("The role `{role}` may not {act}. An owner may give you another role.");
                Err(HttpProblem::new(Code::RoleInsufficient, detail)
                    .at("header:authorization", format!("is of a person with the role {role}")))
            }
            _ => Ok(Self { actor, act: PhantomData }),
        }
    }
}

impl<A: Permission> FromRequestParts<Arc<Shop>> for Permitted<A> {
    type Rejection = HttpProblem;

    async fn from_request_parts(parts: &mut Parts, shop: &Arc<Shop>) -> Result<Self, HttpProblem> {
        let id = identity(&parts.headers, &shop.config.keys, Kind::Staff).ok_or_else(|| {
            let detail = "Send a staff token or an ID token as Authorization: Bearer.";
            HttpProblem::new(Code::TokenMissing, detail)
        })?;
        if id == MACHINE {
            return Self::of(Actor::Machine);
        }
        let role = role_of(&shop.staff, &id, shop.clock.now()).await?;
        Self::of(Actor::Person { id, role })
    }
}
