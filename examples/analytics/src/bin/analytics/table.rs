//! Points as a person reads them: a line for each, or, on a terminal, a line for each metric that stays where it is.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::io::{self, IsTerminal as _};

use analytics::design::DataPointViewed;

use crate::console::print_line;

/// What a table shows of a point, whatever its view.
pub(crate) struct Row {
    metric: String,
    text: String,
}

impl Row {
    pub(crate) fn of(point: &DataPointViewed) -> Self {
        let (timestamp, metric, value, change, metadata) = match point {
            DataPointViewed::Summary(point) => (point.timestamp, &point.metric, point.value, None, None),
            DataPointViewed::Detailed(point) => (point.timestamp, &point.metric, point.value, point.change, None),
            DataPointViewed::Full(point) => {
                (point.timestamp, &point.metric, point.value, point.change, Some(&point.metadata))
            }
            DataPointViewed::Default(point) => {
                (point.timestamp, &point.metric, point.value, point.change, Some(&point.metadata))
            }
        };
        let mut text = format!("{timestamp:.3}  {:<12} {value:>10.2}", metric.0);
        match change {
            Some(change) => _ = write!(text, " {change:>+10.2}"),
            None if metadata.is_some() => _ = write!(text, " {:>10}", ""),
            None => {}
        }
        for (name, value) in metadata.into_iter().flatten() {
            _ = write!(text, "  {name}={value}");
        }
        // Anybody may upload texts, and those that move the cursor are not for this terminal.
        Self { metric: metric.0.clone(), text: text.trim_end().replace(char::is_control, "\u{fffd}") }
    }
}

/// Where rows go.
pub(crate) struct Table {
    /// The newest row of each metric, where they are shown in place.
    rows: Option<BTreeMap<String, String>>,
}

impl Table {
    /// A row for each metric, where that can be shown; otherwise as [`lines`](Self::lines).
    pub(crate) fn live() -> Self {
        Self { rows: io::stdout().is_terminal().then(BTreeMap::new) }
    }

    /// A line for each row.
    pub(crate) fn lines() -> Self {
        Self { rows: None }
    }

    pub(crate) fn show(&mut self, row: Row) -> io::Result<()> {
        let Some(rows) = &mut self.rows else { return print_line(row.text) };
        let shown = rows.len();
        rows.insert(row.metric, row.text);
        print_line(frame(shown, rows.values()))
    }
}

/// What draws the rows over those so many that were shown before.
fn frame<'a>(shown: usize, rows: impl Iterator<Item = &'a String>) -> String {
    let mut frame = match shown {
        0 => String::new(),
        // Up to the first of them.
        shown => format!("\x1b[{shown}A"),
    };
    for (number, row) in rows.enumerate() {
        if number > 0 {
            frame.push('\n');
        }
        // What was there is erased first: it may have been longer.
        _ = write!(frame, "\r\x1b[2K{row}");
    }
    frame
}

#[cfg(test)]
mod tests {
    use super::*;
    use analytics::design::{DataPointDetailed, DataPointFull, DataPointSummary, MetricName};

    const NOON: jiff::Timestamp = jiff::Timestamp::constant(1_772_452_800, 0);

    #[test]
    fn a_row_shows_what_the_view_has() {
        let (timestamp, metric) = (NOON, MetricName("cpu".to_owned()));
        let summary = DataPointSummary { timestamp, metric: metric.clone(), value: 41.5 };
        assert_eq!(
            Row::of(&DataPointViewed::Summary(summary)).text,
            "2026-03-02T12:00:00.000Z  cpu               41.50"
        );
        let detailed = DataPointDetailed { timestamp, metric: metric.clone(), value: 41.5, change: Some(0.25) };
        let text = Row::of(&DataPointViewed::Detailed(detailed)).text;
        assert_eq!(text, "2026-03-02T12:00:00.000Z  cpu               41.50      +0.25");
        let metadata = BTreeMap::from([("host".to_owned(), "web-1".to_owned())]);
        let full = DataPointFull { timestamp, metric, value: 41.5, change: None, metadata };
        let text = Row::of(&DataPointViewed::Full(full)).text;
        assert_eq!(text, "2026-03-02T12:00:00.000Z  cpu               41.50             host=web-1");
    }

    #[test]
    fn no_text_moves_the_cursor() {
        let metadata = BTreeMap::from([("host".to_owned(), "web\x1b[2J\n".to_owned())]);
        let metric = MetricName("cpu".to_owned());
        let full = DataPointFull { timestamp: NOON, metric, value: 1.0, change: None, metadata };
        let row = Row::of(&DataPointViewed::Full(full));
        assert!(!row.text.contains(char::is_control));
    }

    #[test]
    fn a_frame_is_drawn_over_the_one_before() {
        let rows = ["a".to_owned(), "b".to_owned()];
        assert_eq!(frame(0, rows.iter()), "\r\x1b[2Ka\n\r\x1b[2Kb");
        assert_eq!(frame(2, rows.iter()), "\x1b[2A\r\x1b[2Ka\n\r\x1b[2Kb");
    }
}
