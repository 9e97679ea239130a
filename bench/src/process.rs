//! What a process holds, from /proc, and the slope of it.

use std::fs::{read_dir, read_to_string};
use std::time::Duration;

use crate::AnyError;

/// Resident memory of a process, in bytes.
pub(crate) fn resident(pid: u32) -> Result<u64, AnyError> {
    let status = read_to_string(format!("/proc/{pid}/status"))?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:")).ok_or("no VmRSS")?;
    Ok(line.trim().trim_end_matches(" kB").trim().parse::<u64>()? * 1024)
}

/// Resident memory in bytes, once it no longer changes.
pub(crate) fn settled(pid: u32) -> Result<u64, AnyError> {
    let mut last = resident(pid)?;
    for _ in 0..20 {
        std::thread::sleep(Duration::from_millis(100));
        let now = resident(pid)?;
        if now == last {
            break;
        }
        last = now;
    }
    Ok(last)
}

/// How many files a process has open.
pub(crate) fn files(pid: u32) -> Result<usize, AnyError> {
    Ok(read_dir(format!("/proc/{pid}/fd"))?.count())
}

/// The line through points by least squares: its slope, and the standard error of that.
pub(crate) fn slope(points: &[(f64, f64)]) -> (f64, f64) {
    let n = points.len() as f64;
    if n < 3.0 {
        return (0.0, 0.0);
    }
    let (x, y) = points.iter().fold((0.0, 0.0), |mean, point| (mean.0 + point.0 / n, mean.1 + point.1 / n));
    let (mut over, mut under) = (0.0, 0.0);
    for point in points {
        over += (point.0 - x) * (point.1 - y);
        under += (point.0 - x).powi(2);
    }
    let slope = over / under;
    let rest: f64 = points.iter().map(|point| (point.1 - y - slope * (point.0 - x)).powi(2)).sum();
    (slope, (rest / (n - 2.0) / under).sqrt())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_has_its_slope_and_no_error() {
        let points: Vec<_> = (0..10).map(|x| (f64::from(x), 7.0 + 3.0 * f64::from(x))).collect();
        let (slope, error) = slope(&points);
        assert!((slope - 3.0).abs() < 1e-9 && error < 1e-9, "{slope} {error}");
    }

    #[test]
    fn noise_is_an_error_and_no_slope() {
        let points: Vec<_> = (0..100).map(|x| (f64::from(x), f64::from(x % 2))).collect();
        let (slope, error) = slope(&points);
        assert!(slope.abs() < 0.01 && error > 0.001, "{slope} {error}");
    }

    #[test]
    fn this_process_holds_something() {
        let me = std::process::id();
        assert!(resident(me).expect("memory") > 100_000);
        assert!(files(me).expect("files") > 2);
    }
}
