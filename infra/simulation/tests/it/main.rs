//! What the simulation finds, what it does not, and that it says the same tomorrow.

mod bugs;
mod determinism;
mod laws;
