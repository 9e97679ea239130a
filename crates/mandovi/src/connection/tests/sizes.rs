//! What a connection costs before it holds anything: to be raised only on purpose.

use crate::connection::{EventsPump, Pump, Shared};

#[cfg(target_pointer_width = "64")]
#[test]
fn a_connection_is_small() {
    let sizes = [size_of::<Pump>(), size_of::<EventsPump>(), size_of::<Shared>()];
    for (size, most) in sizes.into_iter().zip([576, 192, 704]) {
        assert!(size <= most, "{sizes:?}");
    }
}
