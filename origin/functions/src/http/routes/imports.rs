//! `POST /v1/admin/imports`: balances and past orders from CSV.

use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use domain_core::time::SECOND_MS;
use domain_loyalty::{IMPORT_ROWS_MAX, ImportError, balance_rows, order_rows};
use edge_wire::problem::Code;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::reconciliation::{CustomerDifferenceBody, RejectedOrderBody, bodies};
use crate::http::body::JsonBody;
use crate::http::http_problem::HttpProblem;
use crate::http::permitted::{Permitted, act};
use crate::importing::{ImportFailure, Imported, Importer};
use crate::runtime::shop::Shop;

/// How long the calls to Shopify of one import may take: less than the function's 30 seconds.
const IMPORT_MS_MAX: u64 = 20 * SECOND_MS;
/// Longest name of an import.
const NAME_BYTES_MAX: usize = 64;
/// Most mistakes of a file that an answer lists.
const MISTAKES_MAX: usize = 100;
/// Greatest number of a first row.
const FIRST_ROW_MAX: u64 = 10_000_000;

/// A part of a file.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct Import {
    kind: ImportKind,
    /// 1 to 64 of `A-Z a-z 0-9 - _ .`: a row of balances counts once for each name and customer.
    name: String,
    /// The header and at most 100 rows, RFC 4180, 64 KB with the rest. `customer` is Shopify's id or an e-mail
    /// address; `points` are added, or removed if negative; `amount` is that of the goods after discounts.
    csv: String,
    /// The number of the first row after the header in its file, for mistakes; 2 by default.
    first_row: Option<u64>,
    /// `true` writes nothing.
    dry_run: bool,
}

#[derive(Clone, Copy, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
enum ImportKind {
    /// `customer,points`.
    Balances,
    /// `order,customer,placed_at,amount`.
    Orders,
}

/// What an import has done, or would do.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct ImportedBody {
    /// How many rows had counted before.
    known: usize,
    /// Their customers, or their orders.
    known_ids: Vec<String>,
    /// By customer, what the other rows add.
    customers: Vec<CustomerDifferenceBody>,
    /// Orders that can't be absorbed, or whose customer was erased since.
    rejected: Vec<RejectedOrderBody>,
}

/// Imports rows. Repeating it changes nothing; nothing is written if any row has a mistake.
#[utoipa::path(post, path = "/v1/admin/imports", tag = "admin", request_body = Import,
    responses((status = 200, body = ImportedBody)))]
pub(crate) async fn create(
    State(shop): State<Arc<Shop>>,
    staff: Permitted<act::Import>,
    JsonBody(import): JsonBody<Import>,
) -> Result<Json<ImportedBody>, HttpProblem> {
    let is_letter = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_' | b'.');
    let is_name = (1..=NAME_BYTES_MAX).contains(&import.name.len());
    if !is_name || !import.name.bytes().all(is_letter) {
        let detail = format!("A name is 1 to {NAME_BYTES_MAX} of A-Z a-z 0-9 - _ .");
        return Err(HttpProblem::new(Code::Malformed, detail).at("/name", "is not a name"));
    }
    let first_row = import.first_row.unwrap_or(2);
    if !(2..=FIRST_ROW_MAX).contains(&first_row) {
        let detail = "The header is row 1, so the first row after it is 2.";
        return Err(HttpProblem::new(Code::Malformed, detail).at("/first_row", "is out of range"));
    }
    let importer = Importer {
        shop: &shop,
        name: &import.name,
        act: staff.act(&shop),
        is_dry_run: import.dry_run,
        until: shop.clock.now().plus_ms(IMPORT_MS_MAX),
    };
    let imported = match import.kind {
        ImportKind::Balances => {
            let rows = balance_rows(&import.csv, first_row).map_err(mistakes)?;
            importer.balances(&rows).await?
        }
        ImportKind::Orders => {
            let rows = order_rows(&import.csv, first_row, &shop.config.currency);
            importer.orders(&rows.map_err(mistakes)?).await?
        }
    };
    let Imported { known: known_ids, missing } = imported;
    let (customers, _, rejected) = bodies(missing);
    Ok(Json(ImportedBody { known: known_ids.len(), known_ids, customers, rejected }))
}

fn mistakes(errors: Vec<ImportError>) -> HttpProblem {
    let detail = format!(
        "Fix the rows below and send all of them again: nothing was written. A request has at most \
         {IMPORT_ROWS_MAX} rows."
    );
    let errors = errors.into_iter().take(MISTAKES_MAX);
    errors.fold(HttpProblem::new(Code::ImportInvalid, detail), |problem, error| {
        problem.at(place(error.row, &error.column), error.message)
    })
}

fn place(row: u64, column: &str) -> String {
    if column.is_empty() { format!("row {row}") } else { format!("row {row}, {column}") }
}

impl From<ImportFailure> for HttpProblem {
    fn from(failure: ImportFailure) -> Self {
        match failure {
            ImportFailure::Rows(errors) => mistakes(errors),
            ImportFailure::Contradiction { row } => {
                let detail = "Fix the row and send all of them again: rows before it count once.";
                let message = "was imported under this name with other points: choose another \
                               name, or adjust the account";
                Self::new(Code::ImportInvalid, detail).at(place(row, "points"), message)
            }
            ImportFailure::NoApp { row } => {
                let detail = "This deployment has no Shopify app: name customers by their ids.";
                Self::new(Code::ImportInvalid, detail)
                    .at(place(row, "customer"), "is an e-mail address")
            }
            ImportFailure::Shopify(error) => error.into(),
            ImportFailure::Port(error) => error.into(),
            ImportFailure::Problem(problem) => problem,
        }
    }
}
