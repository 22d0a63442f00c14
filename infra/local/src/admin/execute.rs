//! Executes a request from another process than the shop's, whether the shop runs or not.

use std::path::Path;

use infra_bus::Bus;
use infra_dynamo::Embedded;
use origin_adapters::{Aws, lambda_http_client};
use tokio::sync::mpsc;

use super::admin_socket::call;
use super::maintenance::Maintenance;
use super::protocol::{AdminRequest, Report};
use crate::data::DataFolder;
use crate::local::{LocalError, STOP_MAX, aws_config, unusable_file};
use crate::wiring::bus_config;

/// Reports buffered for the terminal.
const REPORTS_MAX: usize = 16;

/// Executes a request on a data folder: in the process that serves it, or on the files.
///
/// # Errors
/// One line for the terminal.
pub(crate) fn execute(
    path: &Path,
    request: AdminRequest,
    on_report: impl FnMut(Report),
) -> Result<(), String> {
    match DataFolder::open_existing(path) {
        Ok(folder) => {
            let runtime = tokio::runtime::Runtime::new().map_err(|error| error.to_string())?;
            runtime.block_on(at_rest(&folder, request, on_report))
        }
        Err(LocalError::InUse(_)) => call(&DataFolder::admin_socket_in(path), &request, on_report),
        Err(error) => Err(error.to_string()),
    }
}

async fn at_rest(
    folder: &DataFolder,
    request: AdminRequest,
    mut on_report: impl FnMut(Report),
) -> Result<(), String> {
    let message = |error: LocalError| error.to_string();
    let table = Embedded::open(folder.table())
        .map_err(|error| message(unusable_file(&folder.table(), error)))?;
    // Nothing is published through it: events go to the bus directly.
    let aws = Aws::new(aws_config("bus.invalid"), table.http_client(), lambda_http_client());
    let bus = Bus::open_at_rest(&folder.bus(), bus_config(infra_bus::Faults::default()))
        .map_err(|error| message(unusable_file(&folder.bus(), error)))?;
    let maintenance = Maintenance::new(bus.clone(), table, &aws, false);
    let (sender, mut reports) = mpsc::channel(REPORTS_MAX);
    let (outcome, ()) =
        tokio::join!(async move { maintenance.execute(request, &sender).await }, async {
            while let Some(report) = reports.recv().await {
                on_report(report);
            }
        });
    bus.shutdown(STOP_MAX).await.map_err(|error| error.to_string())?;
    outcome
}
