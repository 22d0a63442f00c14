//! Tests of the simulation: the invariants hold, the mutants are found, and every run is
//! reproducible.

mod determinism;
mod invariants;
mod layers;
mod mutants;
mod pools;
