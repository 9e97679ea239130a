//! The connection against a frame-level peer in memory. Each sentence of the design has its test here, and each pitfall
//! of a one-task connection that a test can show.

mod peer;

mod backpressure;
mod cancellation;
mod compression;
mod defaults;
mod ending;
mod faults;
mod floods;
mod healing;
mod health;
mod heartbeat;
mod idle;
mod limits;
mod order;
mod sizes;
mod slow;
mod wakes;
mod zeros;
