//! Timestamps, dates and lengths of time of the usual crates, each behind a feature of its name.
