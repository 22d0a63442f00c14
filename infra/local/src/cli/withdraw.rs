//! `forecourt withdraw`: a product is not sold any more.

use super::CliError;
use super::args::WithdrawArgs;
use super::publish::path_of;
use super::staff::Staff;
use crate::profile::Profile;

pub(super) fn run(args: &WithdrawArgs, profile: &Profile) -> Result<(), CliError> {
    let staff = Staff { profile, token: args.staff_token.as_deref() };
    staff.request("DELETE", &path_of(&args.product))?.expect_success()?;
    println!("{} is withdrawn; its versions stay", args.product);
    Ok(())
}
