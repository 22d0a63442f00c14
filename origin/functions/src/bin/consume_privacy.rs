//! Exports and erases what Shopify demands, as a Lambda behind a queue.

use origin_functions::lambda;

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), lambda::Error> {
    lambda::consume_privacy().await
}
