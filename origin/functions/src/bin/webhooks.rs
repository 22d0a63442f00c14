//! The webhook receiver, as a Lambda.

use origin_functions::functions::Function;
use origin_functions::lambda;

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), lambda::Error> {
    lambda::serve(Function::Webhooks).await
}
