//! `/v1/admin/staff`: who belongs to the staff, and the roles that an owner gives them.

use std::sync::Arc;

use axum::Json;
use axum::extract::{FromRequestParts, Path, State};
use domain_staff::{Act, Actor, PERSONS_MAX, Role, RosterRejection, RosterStore as _, assign_role};
use edge_wire::grammar::is_shopify_id;
use edge_wire::problem::Code;
use http::request::Parts;
use serde::{Deserialize, Serialize};
use strum::VariantArray as _;
use utoipa::ToSchema;

use crate::http::body::JsonBody;
use crate::http::http_problem::HttpProblem;
use crate::http::permitted::{Permitted, act};
use crate::runtime::shop::Shop;

/// The staff.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct StaffBody {
    /// The caller; null for the holder of the staff token, who may do everything.
    you: Option<PersonBody>,
    /// What the caller may do, in the words of the audit log.
    may: Vec<&'static str>,
    /// Everyone who has opened the admin or was given a role.
    staff: Vec<PersonBody>,
}

/// A person.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct PersonBody {
    /// Shopify's id: the `sub` of the person's ID tokens.
    id: String,
    /// `owner`, `manager`, `support` or `developer`.
    #[schema(value_type = String)]
    role: Role,
}

/// The role of a person.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct AssignRole {
    /// `owner`, `manager`, `support` or `developer`.
    #[schema(value_type = String)]
    role: Role,
}

/// The person of the path.
pub(crate) struct PersonOfPath(String);

impl<S: Send + Sync> FromRequestParts<S> for PersonOfPath {
    type Rejection = HttpProblem;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, HttpProblem> {
        let path = Path::<String>::from_request_parts(parts, state).await.ok();
        let person = path.map(|Path(text)| text).filter(|text| is_shopify_id(text));
        let detail = "A person's id is Shopify's numeric id.";
        person.map(Self).ok_or_else(|| HttpProblem::new(Code::Malformed, detail))
    }
}

/// Lists the staff with their roles.
#[utoipa::path(get, path = "/v1/admin/staff", tag = "admin",
    responses((status = 200, body = StaffBody)))]
pub(crate) async fn list(
    State(shop): State<Arc<Shop>>,
    staff: Permitted<act::ViewStaff>,
) -> Result<Json<StaffBody>, HttpProblem> {
    let may = Act::VARIANTS.iter().filter(|act| staff.actor.may(**act));
    let may = may.map(|act| act.word()).collect();
    let you = match staff.actor {
        Actor::Machine => None,
        Actor::Person { id, role } => Some(PersonBody { id, role }),
    };
    let persons = shop.staff.roster().await?.unwrap_or_default().persons;
    let staff = persons.into_iter().map(|(id, role)| PersonBody { id, role }).collect();
    Ok(Json(StaffBody { you, may, staff }))
}

/// Gives a person a role. It applies to the person's next request.
#[utoipa::path(put, path = "/v1/admin/staff/{person}", tag = "admin", request_body = AssignRole,
    params(("person" = String, Path)), responses((status = 200, body = PersonBody)))]
pub(crate) async fn assign(
    State(shop): State<Arc<Shop>>,
    staff: Permitted<act::ChangeRoles>,
    PersonOfPath(id): PersonOfPath,
    JsonBody(AssignRole { role }): JsonBody<AssignRole>,
) -> Result<Json<PersonBody>, HttpProblem> {
    assign_role(&shop.staff, &id, role, &staff.act(&shop)).await?;
    Ok(Json(PersonBody { id, role }))
}

impl From<RosterRejection> for HttpProblem {
    fn from(rejection: RosterRejection) -> Self {
        match rejection {
            RosterRejection::LastOwner => {
                let detail = "Make another person an owner first.";
                Self::new(Code::LastOwner, detail).at("/role", "leaves no owner")
            }
            RosterRejection::NotAllowed => {
                let detail = "Your own role was changed meanwhile. An owner may change roles.";
                Self::new(Code::RoleInsufficient, detail)
            }
            RosterRejection::Full => {
                let detail = format!("At most {PERSONS_MAX} persons have a role.");
                Self::new(Code::StaffFull, detail)
            }
            RosterRejection::Port(error) => error.into(),
        }
    }
}
