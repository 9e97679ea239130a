//! What the kernel knows of a process: its CPU time, and the core that it stays on.
//!
//! Linux only; elsewhere the package builds and says so when it is run.

use std::io;
use std::time::Duration;

/// What the scheduler counted for the live threads of a process since it began.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Scheduled {
    /// On a core, user and kernel.
    pub(crate) ran: Duration,
    /// Ready to run while something else had the core: other work on the machine.
    pub(crate) waited: Duration,
}

impl std::ops::Sub for Scheduled {
    type Output = Self;

    fn sub(self, earlier: Self) -> Self {
        Self { ran: self.ran.saturating_sub(earlier.ran), waited: self.waited.saturating_sub(earlier.waited) }
    }
}

/// The CPU time of all threads of a process.
///
/// It is the sum of the first two fields of `/proc/PID/task/*/schedstat`, which are in nanoseconds. The kernel brings
/// them up to date when a thread stops running, so read them while the process has nothing to do.
#[cfg(target_os = "linux")]
pub(crate) fn cpu_of(pid: u32) -> io::Result<Scheduled> {
    let mut sum = Scheduled::default();
    for task in std::fs::read_dir(format!("/proc/{pid}/task"))? {
        let one = read_schedstat(&task?.path().join("schedstat"))?;
        sum.ran += one.ran;
        sum.waited += one.waited;
    }
    Ok(sum)
}

/// The same of the calling thread. A thread that asks is running, so its own time comes from the clock.
#[cfg(target_os = "linux")]
pub(crate) fn cpu_of_this_thread() -> io::Result<Scheduled> {
    let time = rustix::time::clock_gettime(rustix::time::ClockId::ThreadCPUTime);
    let ran =
        Duration::new(u64::try_from(time.tv_sec).unwrap_or_default(), u32::try_from(time.tv_nsec).unwrap_or_default());
    let waited = read_schedstat("/proc/thread-self/schedstat".as_ref())?.waited;
    Ok(Scheduled { ran, waited })
}

#[cfg(target_os = "linux")]
fn read_schedstat(path: &std::path::Path) -> io::Result<Scheduled> {
    let text = std::fs::read_to_string(path)?;
    parse_schedstat(&text)
        .ok_or_else(|| io::Error::new(io::ErrorKind::InvalidData, format!("{}: {text:?}", path.display())))
}

/// Keeps the calling thread, and the threads that it starts from now on, on one core.
#[cfg(target_os = "linux")]
pub(crate) fn pin_to(core: usize) -> io::Result<()> {
    let mut cores = rustix::thread::CpuSet::new();
    if core >= rustix::thread::CpuSet::MAX_CPU {
        return Err(io::Error::new(io::ErrorKind::InvalidInput, format!("there is no core {core}")));
    }
    cores.set(core);
    rustix::thread::sched_setaffinity(None, &cores)
        .map_err(|error| io::Error::other(format!("cannot stay on core {core}: {error}")))
}

#[cfg(not(target_os = "linux"))]
pub(crate) fn cpu_of(_pid: u32) -> io::Result<Scheduled> {
    Err(unsupported())
}

#[cfg(not(target_os = "linux"))]
pub(crate) fn cpu_of_this_thread() -> io::Result<Scheduled> {
    Err(unsupported())
}

#[cfg(not(target_os = "linux"))]
pub(crate) fn pin_to(_core: usize) -> io::Result<()> {
    Err(unsupported())
}

#[cfg(not(target_os = "linux"))]
fn unsupported() -> io::Error {
    io::Error::new(io::ErrorKind::Unsupported, "the benchmark measures on Linux only")
}

/// Nanoseconds on a core, nanoseconds waiting for one, and a count that nobody here needs.
#[cfg(target_os = "linux")]
fn parse_schedstat(text: &str) -> Option<Scheduled> {
    let mut nanoseconds = text.split_whitespace().map(|field| field.parse().ok().map(Duration::from_nanos));
    Some(Scheduled { ran: nanoseconds.next()??, waited: nanoseconds.next()?? })
}

/// The machine in one line: processor, cores, kernel.
pub(crate) fn machine() -> String {
    let processors = std::fs::read_to_string("/proc/cpuinfo").unwrap_or_default();
    let model = processors
        .lines()
        .find_map(|line| line.strip_prefix("model name")?.split_once(':'))
        .map_or(std::env::consts::ARCH, |(_, model)| model.trim());
    // Not `available_parallelism`: this process is pinned to one core.
    let cores = processors.lines().filter(|line| line.starts_with("processor")).count();
    let kernel = std::fs::read_to_string("/proc/sys/kernel/osrelease").unwrap_or_default();
    format!("{model}, {cores} cores, {} {}", std::env::consts::OS, kernel.trim())
}

/// The value below which `percent` of the sorted samples lie; 0 without samples.
pub(crate) fn percentile(sorted: &[u32], percent: usize) -> u32 {
    let rank = (sorted.len() * percent).div_ceil(100);
    sorted.get(rank.saturating_sub(1)).copied().unwrap_or_default()
}

/// The middle value, or the mean of the two middle ones; `None` without values.
pub(crate) fn median(values: impl IntoIterator<Item = f64>) -> Option<f64> {
    let mut values: Vec<f64> = values.into_iter().collect();
    values.sort_by(f64::total_cmp);
    let upper = *values.get(values.len() / 2)?;
    if values.len() % 2 == 1 {
        return Some(upper);
    }
    let lower = *values.get(values.len() / 2 - 1)?;
    Some(f64::midpoint(lower, upper))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn percentiles_are_taken_by_nearest_rank() {
        let samples: Vec<u32> = (1..=200).collect();
        assert_eq!(percentile(&samples, 50), 100);
        assert_eq!(percentile(&samples, 99), 198);
        assert_eq!(percentile(&samples, 100), 200);
        assert_eq!(percentile(&[7], 1), 7);
        assert_eq!(percentile(&[], 99), 0);
    }

    #[test]
    fn the_median_of_an_even_number_is_the_mean_of_the_middle() {
        assert_eq!(median([3.0, 1.0, 2.0]), Some(2.0));
        assert_eq!(median([4.0, 1.0, 2.0, 3.0]), Some(2.5));
        assert_eq!(median([]), None);
    }

    #[cfg(target_os = "linux")]
    #[test]
    fn schedstat_gives_nanoseconds() {
        let scheduled = parse_schedstat("21573737 10446111 74\n").expect("it has three fields");
        assert_eq!(scheduled.ran, Duration::from_nanos(21_573_737));
        assert_eq!(scheduled.waited, Duration::from_nanos(10_446_111));
        assert_eq!(parse_schedstat("12"), None);
        assert_eq!(parse_schedstat(""), None);
    }

    #[cfg(target_os = "linux")]
    #[test]
    fn the_cpu_time_of_a_process_grows_with_its_work() -> io::Result<()> {
        let before = cpu_of(std::process::id())?;
        let mut sum = 0_u64;
        while cpu_of_this_thread()?.ran < Duration::from_millis(30) {
            sum = std::hint::black_box(sum.wrapping_add(1));
        }
        assert!(cpu_of(std::process::id())?.ran > before.ran);
        Ok(())
    }
}
