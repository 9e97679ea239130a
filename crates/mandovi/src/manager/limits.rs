//! How many connections a server takes: in total, for each address, for each principal.
//!
//! Whoever is let in holds its place until it is dropped, whatever becomes of it: nothing is swept up, and nothing is counted twice.

use std::collections::HashMap;
use std::collections::hash_map::Entry;
use std::hash::{BuildHasher as _, Hash, RandomState};
use std::net::IpAddr;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

/// How many shards a table of counts has.
const SHARDS: usize = 32;

/// How many connections (streams of any transport) a [`ConnectionManager`](super::ConnectionManager) takes.
///
/// A call counts from its beginning, before anything else of it is looked at, until its handler is done. Beyond a limit it is refused
/// before the upgrade, with a message that names the setting, and a `Retry-After`.
///
/// ```
/// use mandovi::manager::{ConnectionLimits, ConnectionManager};
///
/// let limits = ConnectionLimits::default().max_connections(10_000).max_connections_per_principal(5);
/// let manager = ConnectionManager::builder().limits(limits).build();
/// # let _ = manager;
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ConnectionLimits {
    total: usize,
    address: PerAddress,
    principal: Option<usize>,
    retry_after: Duration,
}

/// The limit for each address, and whether somebody relies on it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum PerAddress {
    /// Where the address is known.
    Default,
    /// A server that does not know the address must not run.
    Set(usize),
    None,
}

/// What holds for each address where nothing else is said.
const PER_ADDRESS: usize = 1_000;

impl Default for ConnectionLimits {
    fn default() -> Self {
        Self::new()
    }
}

impl ConnectionLimits {
    /// The defaults.
    pub const fn new() -> Self {
        Self { total: 50_000, address: PerAddress::Default, principal: None, retry_after: Duration::from_secs(5) }
    }

    /// How many connections there may be; more are refused with 503. Default: 50,000.
    #[must_use]
    pub const fn max_connections(mut self, connections: usize) -> Self {
        self.total = connections;
        self
    }

    /// How many connections there may be from one address (IPv4, or the first 64 bits of IPv6); more are refused with 429.
    /// Default: 1,000 where the address is known, and no limit where it is not.
    ///
    /// Who sets it relies on it, so it must be possible to know the address: a server that cannot is told at its start, or with the
    /// first request, that is answered with 500.
    #[must_use]
    pub const fn max_connections_per_address(mut self, connections: usize) -> Self {
        self.address = PerAddress::Set(connections);
        self
    }

    /// No limit for an address: behind a proxy that does not tell the address, all clients share one.
    #[must_use]
    pub const fn no_limit_per_address(mut self) -> Self {
        self.address = PerAddress::None;
        self
    }

    /// How many connections there may be of one [principal](crate::Verified::name); more are refused with 429, after 401 and 403.
    /// Default: no limit.
    #[must_use]
    pub const fn max_connections_per_principal(mut self, connections: usize) -> Self {
        self.principal = Some(connections);
        self
    }

    /// When to come back, told to those who are refused. Default: 5 seconds.
    #[must_use]
    pub const fn retry_after(mut self, retry_after: Duration) -> Self {
        self.retry_after = retry_after;
        self
    }

    pub(crate) fn total(&self) -> usize {
        self.total
    }

    pub(crate) fn per_address(&self) -> Option<usize> {
        match self.address {
            PerAddress::Default => Some(PER_ADDRESS),
            PerAddress::Set(most) => Some(most),
            PerAddress::None => None,
        }
    }

    pub(crate) fn per_principal(&self) -> Option<usize> {
        self.principal
    }

    pub(crate) fn comes_back(&self) -> Duration {
        self.retry_after
    }

    /// Whether the address must be known.
    pub(crate) fn needs_address(&self) -> bool {
        matches!(self.address, PerAddress::Set(_))
    }
}

/// Whom an address stands for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) enum AddressKey {
    V4(u32),
    /// The network: one subscriber has all of it.
    V6(u64),
}

impl AddressKey {
    pub(crate) fn of(address: IpAddr) -> Self {
        match address.to_canonical() {
            IpAddr::V4(address) => Self::V4(address.to_bits()),
            IpAddr::V6(address) => Self::V6((address.to_bits() >> 64) as u64),
        }
    }
}

/// Why a call is not let in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Full {
    Total,
    Address,
    Principal,
    /// There is a limit for addresses, and no address.
    AddressUnknown,
}

/// Counts by key; a key without a count is not there.
#[derive(Debug)]
pub(crate) struct Counts<K> {
    shards: [Mutex<HashMap<K, usize>>; SHARDS],
    hasher: RandomState,
}

impl<K> Default for Counts<K> {
    fn default() -> Self {
        Self { shards: std::array::from_fn(|_| Mutex::default()), hasher: RandomState::new() }
    }
}

impl<K: Hash + Eq> Counts<K> {
    fn shard(&self, key: &K) -> MutexGuard<'_, HashMap<K, usize>> {
        let shard = &self.shards[self.hasher.hash_one(key) as usize % SHARDS];
        shard.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Counts one more, unless there are as many as may be.
    pub(crate) fn add(&self, key: K, most: usize) -> bool {
        let mut shard = self.shard(&key);
        match shard.entry(key) {
            Entry::Occupied(mut count) if *count.get() < most => *count.get_mut() += 1,
            Entry::Vacant(count) if most > 0 => drop(count.insert(1)),
            _ => return false,
        }
        true
    }

    pub(crate) fn remove(&self, key: K) {
        if let Entry::Occupied(mut count) = self.shard(&key).entry(key) {
            *count.get_mut() -= 1;
            if *count.get() == 0 {
                count.remove();
            }
        }
    }

    #[cfg(test)]
    pub(crate) fn is_empty(&self) -> bool {
        self.shards.iter().all(|shard| shard.lock().unwrap().is_empty())
    }
}

/// Who is in.
#[derive(Debug, Default)]
pub(super) struct Admission {
    pub(super) limits: ConnectionLimits,
    total: AtomicUsize,
    addresses: Counts<AddressKey>,
    principals: Counts<Arc<str>>,
}

impl Admission {
    pub(super) fn new(limits: ConnectionLimits) -> Self {
        Self { limits, ..Self::default() }
    }

    /// Whether there are as many as there may be, in total.
    pub(super) fn is_full(&self) -> bool {
        self.total.load(Ordering::Acquire) >= self.limits.total()
    }

    /// Counts a call in.
    pub(super) fn enter(&self, address: Option<IpAddr>) -> Result<Option<AddressKey>, Full> {
        let most = self.limits.total();
        let more = |total: usize| (total < most).then_some(total + 1);
        self.total.fetch_update(Ordering::AcqRel, Ordering::Acquire, more).map_err(|_| Full::Total)?;
        let counted = self.enter_address(address);
        if counted.is_err() {
            self.total.fetch_sub(1, Ordering::AcqRel);
        }
        counted
    }

    fn enter_address(&self, address: Option<IpAddr>) -> Result<Option<AddressKey>, Full> {
        match (self.limits.per_address(), address.map(AddressKey::of)) {
            (Some(most), Some(key)) if self.addresses.add(key, most) => Ok(Some(key)),
            (Some(_), Some(_)) => Err(Full::Address),
            (Some(_), None) if self.limits.needs_address() => Err(Full::AddressUnknown),
            _ => Ok(None),
        }
    }

    /// Counts a call that is in for its principal too. Says whether there is anything to take back later.
    pub(super) fn enter_principal(&self, principal: &Arc<str>) -> Result<bool, Full> {
        match self.limits.per_principal() {
            None => Ok(false),
            Some(most) if self.principals.add(Arc::clone(principal), most) => Ok(true),
            Some(_) => Err(Full::Principal),
        }
    }

    pub(super) fn leave(&self, address: Option<AddressKey>, principal: Option<Arc<str>>) {
        if let Some(principal) = principal {
            self.principals.remove(principal);
        }
        if let Some(key) = address {
            self.addresses.remove(key);
        }
        self.total.fetch_sub(1, Ordering::AcqRel);
    }

    #[cfg(test)]
    pub(super) fn is_pristine(&self) -> bool {
        self.total.load(Ordering::Acquire) == 0 && self.addresses.is_empty() && self.principals.is_empty()
    }
}

#[cfg(all(test, not(mandovi_loom)))]
mod tests {
    use super::*;

    fn key(address: &str) -> AddressKey {
        AddressKey::of(address.parse().unwrap())
    }

    #[test]
    fn an_address_is_an_ipv4_or_a_network_of_ipv6() {
        assert_eq!(key("192.0.2.1"), key("::ffff:192.0.2.1"));
        assert_ne!(key("192.0.2.1"), key("192.0.2.2"));
        assert_eq!(key("2001:db8:0:1::1"), key("2001:db8:0:1:ffff:ffff:ffff:ffff"));
        assert_ne!(key("2001:db8:0:1::1"), key("2001:db8:0:2::1"));
    }

    #[test]
    fn as_many_as_may_be_and_no_more() {
        for most in [0, 1, 2, 3] {
            let admission = Admission::new(ConnectionLimits::default().max_connections(most));
            for _ in 0..most {
                assert_eq!(admission.enter(None), Ok(None));
            }
            assert_eq!(admission.enter(None), Err(Full::Total));
            for again in 0..most {
                admission.leave(None, None);
                assert!(admission.enter(None).is_ok(), "{again}");
                assert_eq!(admission.enter(None), Err(Full::Total));
            }
        }
        let ip: IpAddr = "192.0.2.1".parse().unwrap();
        for most in [0, 1, 2, 3] {
            let admission = Admission::new(ConnectionLimits::default().max_connections_per_address(most));
            for _ in 0..most {
                assert!(admission.enter(Some(ip)).is_ok());
            }
            assert_eq!(admission.enter(Some(ip)), Err(Full::Address));
            assert_eq!(admission.enter(None), Err(Full::AddressUnknown));
            let key = admission.enter(Some("192.0.2.2".parse().unwrap()));
            assert_eq!(key.is_ok(), most > 0);
            if let Ok(key) = key {
                admission.leave(key, None);
            }
            (0..most).for_each(|_| admission.leave(Some(AddressKey::of(ip)), None));
            assert!(admission.is_pristine(), "who was refused is not counted");
        }
    }

    #[test]
    fn what_is_unknown_is_limited_only_where_somebody_relies_on_it() {
        assert_eq!(Admission::default().enter(None), Ok(None));
        let none = Admission::new(ConnectionLimits::default().no_limit_per_address());
        for _ in 0..2 * PER_ADDRESS {
            assert_eq!(none.enter(Some("192.0.2.1".parse().unwrap())), Ok(None));
        }
        let default = Admission::default();
        for _ in 0..PER_ADDRESS {
            assert!(default.enter(Some("192.0.2.1".parse().unwrap())).is_ok());
        }
        assert_eq!(default.enter(Some("192.0.2.1".parse().unwrap())), Err(Full::Address));
    }

    /// Many at once: never more than may be, and what was let in is exactly that where nobody leaves.
    #[test]
    fn many_at_once_never_exceed_a_limit() {
        for _ in 0..20 {
            let limits = ConnectionLimits::default()
                .max_connections(100)
                .max_connections_per_address(30)
                .max_connections_per_principal(7);
            let admission = Admission::new(limits);
            let (total, principals) = (AtomicUsize::new(0), AtomicUsize::new(0));
            let ada: Arc<str> = "ada".into();
            std::thread::scope(|scope| {
                for thread in 0..8u32 {
                    let (admission, total, principals, ada) = (&admission, &total, &principals, &ada);
                    scope.spawn(move || {
                        for n in 0..40u32 {
                            // Five addresses of 30: more than there may be in total.
                            let address = IpAddr::V4(((thread + n) % 5).into());
                            if admission.enter(Some(address)).is_ok() {
                                total.fetch_add(1, Ordering::SeqCst);
                                let one_more = admission.enter_principal(ada) == Ok(true);
                                principals.fetch_add(one_more.into(), Ordering::SeqCst);
                            }
                        }
                    });
                }
            });
            assert_eq!(total.into_inner(), 100);
            assert_eq!(principals.into_inner(), 7);
        }
    }

    /// The same while they leave: nobody is left behind.
    #[test]
    fn whoever_leaves_leaves_nothing() {
        let limits = ConnectionLimits::default().max_connections(10).max_connections_per_address(3);
        let admission = Admission::new(limits);
        let now = AtomicUsize::new(0);
        std::thread::scope(|scope| {
            for thread in 0..4u32 {
                let (admission, now) = (&admission, &now);
                scope.spawn(move || {
                    for n in 0..20_000u32 {
                        let Ok(key) = admission.enter(Some(IpAddr::V4(((thread + n) % 6).into()))) else { continue };
                        assert!(now.fetch_add(1, Ordering::SeqCst) < 10);
                        now.fetch_sub(1, Ordering::SeqCst);
                        admission.leave(key, None);
                    }
                });
            }
        });
        assert!(admission.is_pristine());
    }
}
