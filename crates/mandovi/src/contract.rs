//! A committed design held against the code.
