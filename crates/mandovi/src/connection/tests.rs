//! The connection against a frame-level peer in memory. Each sentence of the design has its test here, and each pitfall
//! of a one-task connection that a test can show.

mod peer;

mod backpressure;
mod cancellation;
mod compression;
mod ending;
mod faults;
mod floods;
mod idle;
mod order;
mod slow;
mod wakes;
