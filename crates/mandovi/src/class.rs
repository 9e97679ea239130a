//! The one table of error classes: what a close code or an HTTP status tells a client to do next.
//!
//! Both sides read it, so there must be no second table anywhere. `docs/errors.md` is the same for people, and a test holds it
//! against this. What a client does about each class: `docs/client.md`.

/// What a client should do about an error.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum ErrorClass {
    /// Try again, with exponential backoff and full jitter.
    Recoverable,
    /// Wait for the hint of the server, slow down, and try again.
    Exhausted,
    /// Ask for a new token, once, and try again.
    Unauthenticated,
    /// Stop and report: trying again would not help.
    Fatal,
}

/// From how many faults of the server in a row (close code 1011, status 500) on a client should not try again.
pub const MAX_INTERNAL_ERRORS: u32 = 3;

impl ErrorClass {
    /// The class of a close code, without a look at its reason: where that holds a hint when to come back, ask
    /// [`of_status`](Self::of_status) for the status that the code stands for.
    ///
    /// 1005 stands for a close frame without a code, 1006 for a connection that ended without a close frame. 1000 is
    /// no error, but there is nothing to try again either.
    pub fn of_close_code(code: u16) -> Self {
        if let Some(status) = status_of_close_code(code) {
            return Self::of_status(status, false);
        }
        match code {
            // Drain, restart, a gateway in between, and ends without a reason.
            1001 | 1005 | 1006 | 1012 | 1014 => Self::Recoverable,
            // Our fault: at most MAX_INTERNAL_ERRORS in a row.
            1011 => Self::Recoverable,
            1013 => Self::Exhausted,
            // Protocol violation, broken contract, policy, too big, missing extension, TLS, and codes unknown here.
            _ => Self::Fatal,
        }
    }

    /// The class of an HTTP status other than 101.
    ///
    /// `retry_after` says whether the answer held a hint when to come back.
    pub fn of_status(status: u16, retry_after: bool) -> Self {
        match status {
            401 => Self::Unauthenticated,
            429 => Self::Exhausted,
            503 if retry_after => Self::Exhausted,
            408 => Self::Recoverable,
            // Not implemented, HTTP version not supported: this server will never do it.
            501 | 505 => Self::Fatal,
            // 502, 503, 504 come from a gateway or a restart. 500 and the rest are faults of the server: at most
            // MAX_INTERNAL_ERRORS in a row.
            500..=599 => Self::Recoverable,
            _ => Self::Fatal,
        }
    }
}

impl ErrorClass {
    /// The class of an error that a design declares: what that says of it, else what its status does.
    ///
    /// Goa's words (`temporary`, `timeout`, `fault`) only make recoverable what would be fatal.
    ///
    /// ```
    /// use mandovi::ErrorClass;
    /// use mandovi::model::ErrorClass as Declared;
    ///
    /// assert_eq!(ErrorClass::of_declared(409, false, Declared::FINAL.temporary()), ErrorClass::Recoverable);
    /// assert_eq!(ErrorClass::of_declared(409, false, Declared::FINAL), ErrorClass::Fatal);
    /// ```
    pub fn of_declared(status: u16, retry_after: bool, class: crate::model::ErrorClass) -> Self {
        let by_status = Self::of_status(status, retry_after);
        match class {
            _ if class.fatal => Self::Fatal,
            _ if class.unauthenticated => Self::Unauthenticated,
            _ if class.exhausted => Self::Exhausted,
            _ if class.recoverable => Self::Recoverable,
            _ if by_status == Self::Fatal && (class.temporary || class.timeout || class.fault) => Self::Recoverable,
            _ => by_status,
        }
    }
}

/// The close code that stands for a refusal with that HTTP status: 4000 + status.
///
/// A status outside of 100 to 599 is told as a fault of the server, 4500.
pub fn close_code_of_status(status: u16) -> u16 {
    match status {
        100..=599 => 4000 + status,
        _ => 4500,
    }
}

/// The HTTP status that a close code stands for, if it stands for one.
pub fn status_of_close_code(code: u16) -> Option<u16> {
    (4100..=4599).contains(&code).then(|| code - 4000)
}

/// Whether this is a fault of the server that counts towards [`MAX_INTERNAL_ERRORS`].
pub fn is_internal_error(close_code: u16) -> bool {
    match status_of_close_code(close_code) {
        Some(502..=504) => false,
        Some(status) => (500..=599).contains(&status),
        None => close_code == 1011,
    }
}

#[cfg(test)]
mod tests {
    use super::ErrorClass::{Exhausted, Fatal, Recoverable, Unauthenticated};
    use super::*;

    #[track_caller]
    fn closes(codes: &[u16], class: ErrorClass) {
        for &code in codes {
            assert_eq!(ErrorClass::of_close_code(code), class, "{code}");
        }
    }

    #[track_caller]
    fn statuses(statuses: &[u16], class: ErrorClass) {
        for &status in statuses {
            assert_eq!(ErrorClass::of_status(status, false), class, "{status}");
            // A refusal after the upgrade is classed as the same refusal before it.
            closes(&[close_code_of_status(status)], class);
        }
    }

    #[test]
    fn the_end_of_a_stream_is_not_tried_again() {
        closes(&[1000], Fatal);
    }

    #[test]
    fn a_broken_contract_is_fatal() {
        closes(&[1007], Fatal);
    }

    #[test]
    fn a_protocol_violation_too_big_or_policy_is_fatal() {
        closes(&[1002, 1009, 1008], Fatal);
    }

    #[test]
    fn our_fault_is_recoverable_a_few_times() {
        closes(&[1011], Recoverable);
        statuses(&[500], Recoverable);
        assert!(is_internal_error(1011) && is_internal_error(4500));
        assert!(!is_internal_error(1012) && !is_internal_error(4503) && !is_internal_error(4429));
        assert_eq!(MAX_INTERNAL_ERRORS, 3);
    }

    #[test]
    fn drain_and_restart_are_recoverable() {
        closes(&[1012, 1001], Recoverable);
    }

    #[test]
    fn try_later_is_exhausted() {
        closes(&[1013, 4429], Exhausted);
        statuses(&[429], Exhausted);
        assert_eq!(ErrorClass::of_status(503, true), Exhausted);
    }

    #[test]
    fn a_bad_network_is_recoverable() {
        closes(&[1005, 1006, 1014], Recoverable);
        statuses(&[408, 502, 503, 504], Recoverable);
    }

    #[test]
    fn a_credential_that_is_not_taken_is_unauthenticated() {
        closes(&[4401], Unauthenticated);
        statuses(&[401], Unauthenticated);
    }

    #[test]
    fn all_else_is_fatal() {
        statuses(&[200, 301, 400, 403, 404, 405, 409, 418, 426, 501, 505], Fatal);
        closes(&[1003, 1010, 1015, 2000, 3000, 3999, 4000, 4099, 4600, 4999, 0, 65535], Fatal);
    }

    #[test]
    fn what_a_design_says_counts_before_the_status() {
        use crate::model::ErrorClass as Said;
        let cases = [
            (409, false, Said::FINAL, Fatal),
            (409, false, Said::FINAL.temporary(), Recoverable),
            (409, false, Said::FINAL.timeout(), Recoverable),
            (400, false, Said::FINAL.fault(), Recoverable),
            (409, false, Said::FINAL.recoverable(), Recoverable),
            (409, false, Said::FINAL.exhausted(), Exhausted),
            (403, false, Said::FINAL.unauthenticated(), Unauthenticated),
            (429, false, Said::FINAL.temporary(), Exhausted),
            (429, false, Said::FINAL.recoverable(), Recoverable),
            (429, true, Said::FINAL.temporary().fatal(), Fatal),
            (401, false, Said::FINAL.temporary(), Unauthenticated),
            (503, true, Said::FINAL, Exhausted),
            (503, false, Said::FINAL.fatal(), Fatal),
        ];
        for (status, retry_after, said, class) in cases {
            assert_eq!(ErrorClass::of_declared(status, retry_after, said), class, "{status} {said:?}");
        }
    }

    /// The words of documents, whatever a design says.
    #[cfg(feature = "docs")]
    #[test]
    fn documents_say_what_clients_do() {
        for status in 400..=599 {
            for flags in 0..128u8 {
                let mut said = crate::model::ErrorClass::FINAL;
                (said.temporary, said.timeout, said.fault) = (flags & 1 > 0, flags & 2 > 0, flags & 4 > 0);
                (said.exhausted, said.recoverable) = (flags & 8 > 0, flags & 16 > 0);
                (said.unauthenticated, said.fatal) = (flags & 32 > 0, flags & 64 > 0);
                for retry_after in [false, true] {
                    let word = match ErrorClass::of_declared(status, retry_after, said) {
                        Recoverable => "recoverable",
                        Exhausted => "exhausted",
                        Unauthenticated => "unauthenticated",
                        Fatal => "fatal",
                    };
                    assert_eq!(mandovi_docs::class_of(status, retry_after, said), word, "{status} {said:?}");
                }
            }
        }
    }

    #[test]
    fn close_codes_and_statuses_go_both_ways() {
        for status in 100..=599 {
            assert_eq!(status_of_close_code(close_code_of_status(status)), Some(status));
        }
        for code in [1000, 3999, 4000, 4099, 4600, 4999] {
            assert_eq!(status_of_close_code(code), None, "{code}");
        }
        assert_eq!(close_code_of_status(99), 4500);
        assert_eq!(close_code_of_status(600), 4500);
        assert_eq!(close_code_of_status(u16::MAX), 4500);
    }
}
