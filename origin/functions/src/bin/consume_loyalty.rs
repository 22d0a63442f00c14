//! Applies webhooks, commands and decisions to the ledger, as a Lambda behind two queues.

use origin_functions::lambda;

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), lambda::Error> {
    lambda::consume_loyalty().await
}
