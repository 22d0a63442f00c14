//! Carrying out an order from another process than the shop's, whether that one runs or not.

use std::path::Path;

use infra_bus::Bus;
use infra_dynamo::Embedded;
use origin_adapters::{Aws, lambda_http_client};
use tokio::sync::mpsc;

use super::door::knock;
use super::keeper::Keeper;
use super::order::{Order, Report};
use crate::data::DataFolder;
use crate::local::{LocalError, STOP_MAX, aws_config, kept};
use crate::wiring::bus_config;

/// Reports that wait for the terminal.
const REPORTS_MAX: usize = 16;

/// Carries out an order on a data folder: by the process that serves it, or on the files.
///
/// # Errors
/// One line for whoever gave the order.
pub(crate) fn carry_out(
    path: &Path,
    order: Order,
    on_report: impl FnMut(Report),
) -> Result<(), String> {
    match DataFolder::open_existing(path) {
        Ok(folder) => {
            let runtime = tokio::runtime::Runtime::new().map_err(|error| error.to_string())?;
            runtime.block_on(at_rest(&folder, order, on_report))
        }
        Err(LocalError::InUse(_)) => knock(&DataFolder::door_in(path), &order, on_report),
        Err(error) => Err(error.to_string()),
    }
}

async fn at_rest(
    folder: &DataFolder,
    order: Order,
    mut on_report: impl FnMut(Report),
) -> Result<(), String> {
    let told = |error: LocalError| error.to_string();
    let table =
        Embedded::open(folder.table()).map_err(|error| told(kept(&folder.table(), error)))?;
    // Nothing is published through it: the bus is spoken to directly.
    let aws = Aws::new(aws_config("bus.invalid"), table.http_client(), lambda_http_client());
    let bus = Bus::open_at_rest(&folder.bus(), bus_config(infra_bus::Faults::default()))
        .map_err(|error| told(kept(&folder.bus(), error)))?;
    let keeper = Keeper::new(bus.clone(), table, &aws, false);
    let (sender, mut reports) = mpsc::channel(REPORTS_MAX);
    let (outcome, ()) =
        tokio::join!(async move { keeper.carry_out(order, &sender).await }, async {
            while let Some(report) = reports.recv().await {
                on_report(report);
            }
        });
    bus.shutdown(STOP_MAX).await.map_err(|error| error.to_string())?;
    outcome
}
