//! The table of docs/owasp.md, held against the names of these tests.
