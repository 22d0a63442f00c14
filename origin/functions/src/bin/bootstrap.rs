//! Every Lambda of this deployment: the file that `provided.al2023` starts. Which of them it is says
//! the function's handler.

use origin_functions::lambda;

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), lambda::Error> {
    lambda::run().await
}
