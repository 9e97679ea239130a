//! Believable measurements of a small web service: the same for the same seed and the same times.
//!
//! Nothing here knows what time it is. The metrics move together as those of a real service do: traffic follows the day, the
//! processor follows traffic, latency rises with it and once more while a burst of errors lasts.

use std::collections::BTreeMap;
use std::f64::consts::TAU;
use std::str::FromStr;

use jiff::Timestamp;
use rand_chacha::ChaCha8Rng;
use rand_chacha::rand_core::SeedableRng as _;
use rand_distr::{Distribution as _, LogNormal, StandardNormal, StandardUniform};

use crate::design::{DataPoint, MetricName};

/// Requests per second, on average over a day.
const REQUESTS: f64 = 400.0;
/// How far traffic is above and below that at its peak and its ebb, as a part of it.
const RHYTHM: f64 = 0.6;
/// When traffic peaks, in seconds after midnight, UTC.
const PEAK: f64 = 15.0 * 3600.0;
const DAY: f64 = 86_400.0;
/// How likely a burst of errors begins with a sample, and how likely a sample ends it: one in 200, for 12 samples.
const BURST_BEGINS: f64 = 1.0 / 200.0;
const BURST_ENDS: f64 = 1.0 / 12.0;
/// How many requests the percentiles are taken of.
const LATENCIES: usize = 200;
/// The median latency of an idle service in milliseconds, and the width of the distribution.
const LATENCY: f64 = 38.0;
const LATENCY_WIDTH: f64 = 0.45;
/// Memory after a start, what a second of average traffic leaks, and where the service is restarted: in MiB.
const MEMORY: f64 = 512.0;
const LEAK: f64 = 0.8;
const MEMORY_LIMIT: f64 = 2048.0;

/// What can be measured.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Kind {
    /// Requests per second.
    Requests,
    /// Answers that are errors, in percent.
    ErrorRate,
    /// The median of latencies, in milliseconds.
    LatencyP50,
    /// What 99 of 100 requests stay below, in milliseconds.
    LatencyP99,
    /// How busy the processors are, in percent.
    Cpu,
    /// Memory in use, in MiB.
    Memory,
}

impl Kind {
    /// All of them, in the order in which they are generated.
    pub const ALL: [Self; 6] =
        [Self::Requests, Self::ErrorRate, Self::LatencyP50, Self::LatencyP99, Self::Cpu, Self::Memory];

    /// The name of the metric.
    pub fn name(self) -> &'static str {
        match self {
            Self::Requests => "requests",
            Self::ErrorRate => "error_rate",
            Self::LatencyP50 => "latency_p50",
            Self::LatencyP99 => "latency_p99",
            Self::Cpu => "cpu",
            Self::Memory => "memory",
        }
    }

    /// The same, as it travels.
    pub fn metric(self) -> MetricName {
        MetricName(self.name().to_owned())
    }

    /// The unit of its values.
    pub fn unit(self) -> &'static str {
        match self {
            Self::Requests => "1/s",
            Self::ErrorRate | Self::Cpu => "%",
            Self::LatencyP50 | Self::LatencyP99 => "ms",
            Self::Memory => "MiB",
        }
    }
}

impl FromStr for Kind {
    type Err = String;

    fn from_str(name: &str) -> Result<Self, String> {
        Self::ALL.into_iter().find(|kind| kind.name() == name).ok_or_else(|| {
            let names: Vec<_> = Self::ALL.iter().map(|kind| kind.name()).collect();
            format!("there are {}", names.join(", "))
        })
    }
}

/// Makes one point of each metric at a time.
#[derive(Debug, Clone)]
pub struct Generator {
    random: ChaCha8Rng,
    kinds: Vec<Kind>,
    /// Whether a burst of errors is under way.
    burst: bool,
    memory: f64,
    /// When the last sample was.
    last: Option<Timestamp>,
}

impl Generator {
    /// A generator of these metrics. Which of them are left out changes nothing about the others.
    pub fn new(seed: u64, kinds: &[Kind]) -> Self {
        let mut kinds = kinds.to_vec();
        kinds.sort_unstable();
        kinds.dedup();
        Self { random: ChaCha8Rng::seed_from_u64(seed), kinds, burst: false, memory: MEMORY, last: None }
    }

    /// The metrics that it makes points of.
    pub fn kinds(&self) -> &[Kind] {
        &self.kinds
    }

    /// What is measured at this time, which is not before that of the last call. `change` is left to who knows the point before.
    pub fn sample(&mut self, at: Timestamp) -> Vec<DataPoint> {
        let passed = self.last.map_or(0.0, |last| at.duration_since(last).as_secs_f64().max(0.0));
        self.last = Some(at);
        // What is below a millisecond is of no interest to anybody.
        let timestamp = Timestamp::from_millisecond(at.as_millisecond()).unwrap_or(at);

        let time = at.as_millisecond() as f64 / 1000.0;
        let day = ((time - PEAK) / DAY * TAU).cos();
        // A second, faster wave, so that an afternoon is not a straight line.
        let hour = (time / 600.0 * TAU).sin();
        let requests = (REQUESTS * (1.0 + RHYTHM * day + 0.06 * hour) * (1.0 + 0.04 * self.normal())).max(0.0);
        let load = requests / REQUESTS;

        let turn: f64 = StandardUniform.sample(&mut self.random);
        self.burst = if self.burst { turn >= BURST_ENDS } else { turn < BURST_BEGINS };
        let errors = match self.burst {
            true => 8.0 + 3.0 * self.normal(),
            false => 0.2 + 0.08 * self.normal(),
        };

        let slow = (1.0 + 0.5 * load * load) * if self.burst { 2.5 } else { 1.0 };
        let latencies = self.latencies(LATENCY * slow);
        let cpu = 8.0 + 38.0 * load + 3.0 * self.normal();

        self.memory += LEAK * load * passed + 0.5 * self.normal();
        let restarted = self.memory >= MEMORY_LIMIT;
        if restarted {
            self.memory = MEMORY;
        }

        let value = |kind| match kind {
            Kind::Requests => requests,
            Kind::ErrorRate => errors.clamp(0.0, 100.0),
            Kind::LatencyP50 => latencies[LATENCIES / 2],
            Kind::LatencyP99 => latencies[LATENCIES * 99 / 100],
            Kind::Cpu => cpu.clamp(0.0, 100.0),
            Kind::Memory => self.memory.max(0.0),
        };
        let point = |&kind: &Kind| {
            let mut metadata = BTreeMap::from([("host".to_owned(), "web-1".to_owned())]);
            if kind == Kind::Memory && restarted {
                metadata.insert("event".to_owned(), "restart".to_owned());
            }
            if kind == Kind::ErrorRate && self.burst {
                metadata.insert("event".to_owned(), "burst".to_owned());
            }
            DataPoint { timestamp, metric: kind.metric(), value: rounded(value(kind)), change: None, metadata }
        };
        self.kinds.iter().map(point).collect()
    }

    fn normal(&mut self) -> f64 {
        StandardNormal.sample(&mut self.random)
    }

    /// So many latencies around a median, in order.
    fn latencies(&mut self, median: f64) -> Vec<f64> {
        let distribution = LogNormal::new(median.ln(), LATENCY_WIDTH).expect("the width is a positive number");
        let mut latencies: Vec<f64> = distribution.sample_iter(&mut self.random).take(LATENCIES).collect();
        latencies.sort_unstable_by(f64::total_cmp);
        latencies
    }
}

/// To two decimals. Mathematical functions may differ between machines in their last bits, which nobody is to see.
pub fn rounded(value: f64) -> f64 {
    (value * 100.0).round() / 100.0
}

#[cfg(test)]
mod tests {
    use super::*;
    use jiff::SignedDuration;

    fn start() -> Timestamp {
        "2026-03-02T00:00:00Z".parse().unwrap()
    }

    /// A point of each metric every so many seconds, for a whole day.
    fn day(seed: u64, seconds: i64) -> BTreeMap<String, Vec<DataPoint>> {
        let mut generator = Generator::new(seed, &Kind::ALL);
        let mut series = BTreeMap::<_, Vec<_>>::new();
        for step in 0..86_400 / seconds {
            for point in generator.sample(start() + SignedDuration::from_secs(step * seconds)) {
                series.entry(point.metric.0.clone()).or_default().push(point);
            }
        }
        series
    }

    fn mean(points: &[DataPoint]) -> f64 {
        points.iter().map(|point| point.value).sum::<f64>() / points.len() as f64
    }

    fn values<'a>(series: &'a BTreeMap<String, Vec<DataPoint>>, name: &str) -> impl Iterator<Item = f64> + 'a {
        series[name].iter().map(|point| point.value)
    }

    #[test]
    fn a_seed_names_one_sequence() {
        let of = |seed| Generator::new(seed, &Kind::ALL).sample(start());
        assert_eq!(of(1), of(1));
        assert_ne!(of(1), of(2));
        let values: Vec<_> = of(7).into_iter().map(|point| (point.metric, point.value)).collect();
        let values: Vec<_> = values.iter().map(|(metric, value)| (metric.0.as_str(), *value)).collect();
        let expected = [
            ("requests", 223.15),
            ("error_rate", 0.27),
            ("latency_p50", 43.62),
            ("latency_p99", 122.54),
            ("cpu", 29.67),
            ("memory", 511.93),
        ];
        assert_eq!(values, expected);
    }

    #[test]
    fn a_metric_does_not_depend_on_which_others_are_made() {
        let (mut all, mut one) = (Generator::new(3, &Kind::ALL), Generator::new(3, &[Kind::Memory]));
        for step in 0..100 {
            let at = start() + SignedDuration::from_secs(step);
            assert_eq!(all.sample(at).last(), one.sample(at).last());
        }
    }

    #[test]
    fn traffic_follows_the_day() {
        let series = day(1, 60);
        let requests = &series["requests"];
        let at = |hour: usize| mean(&requests[hour * 60..hour * 60 + 60]);
        assert!(at(14) > 3.0 * at(2), "{} {}", at(14), at(2));
        assert!((mean(requests) - REQUESTS).abs() < REQUESTS * 0.05, "{}", mean(requests));
        assert!(values(&series, "requests").all(|value| (50.0..1000.0).contains(&value)));
    }

    #[test]
    fn errors_are_rare_and_come_in_bursts() {
        let series = day(2, 10);
        let errors: Vec<_> = values(&series, "error_rate").collect();
        let high = errors.iter().filter(|value| **value > 2.0).count() as f64 / errors.len() as f64;
        assert!((0.02..0.12).contains(&high), "{high} of all samples");
        // Beside a high one there is mostly another.
        let pairs =
            errors.windows(2).filter(|pair| pair[0] > 2.0 && pair[1] > 2.0).count() as f64 / errors.len() as f64;
        assert!(pairs > 0.7 * high, "{pairs} of {high}");
        assert!(errors.iter().all(|value| (0.0..=100.0).contains(value)));
    }

    #[test]
    fn percentiles_are_in_order_and_skewed() {
        let series = day(3, 60);
        for (p50, p99) in values(&series, "latency_p50").zip(values(&series, "latency_p99")) {
            assert!(10.0 < p50 && 1.5 * p50 < p99 && p99 < 12.0 * p50, "{p50} {p99}");
        }
    }

    #[test]
    fn the_processor_follows_traffic() {
        let series = day(4, 60);
        let (cpu, requests) = (&series["cpu"], &series["requests"]);
        assert!(values(&series, "cpu").all(|value| (0.0..=100.0).contains(&value)));
        let (busy, calm): (Vec<_>, Vec<_>) =
            requests.iter().zip(cpu).partition(|(requests, _)| requests.value > REQUESTS);
        let mean = |pairs: &[(&DataPoint, &DataPoint)]| {
            pairs.iter().map(|(_, cpu)| cpu.value).sum::<f64>() / pairs.len() as f64
        };
        assert!(mean(&busy) > mean(&calm) + 20.0);
    }

    #[test]
    fn memory_leaks_until_a_restart() {
        let series = day(5, 10);
        let memory = &series["memory"];
        let restarts = memory.iter().filter(|point| point.metadata.contains_key("event")).count();
        assert!(restarts > 10, "{restarts}");
        for pair in memory.windows(2) {
            let fell = pair[0].value - pair[1].value > 100.0;
            assert_eq!(fell, pair[1].metadata.get("event").is_some_and(|event| event == "restart"));
        }
        assert!(values(&series, "memory").all(|value| (MEMORY - 50.0..=MEMORY_LIMIT).contains(&value)));
    }

    #[test]
    fn a_metric_is_found_by_its_name_and_others_are_listed() {
        assert_eq!("cpu".parse(), Ok(Kind::Cpu));
        let refused = "CPU".parse::<Kind>().unwrap_err();
        assert_eq!(refused, "there are requests, error_rate, latency_p50, latency_p99, cpu, memory");
    }
}
