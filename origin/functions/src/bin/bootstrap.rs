//! Every Lambda of this deployment: the file that `provided.al2023` starts. The function's handler
//! selects which one runs.

use origin_functions::runtime::lambda;

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), lambda::Error> {
    lambda::run().await
}
