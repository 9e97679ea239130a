//! Histograms, as text and as SVG.

use std::fmt::Write as _;

/// The longest bar of text.
const CELLS: u64 = 60;
/// The most bars; what lies beyond shares the last.
const BARS: usize = 60;

/// Values, counted in bins of one width.
pub(super) struct Histogram {
    title: &'static str,
    width: u64,
    bins: Vec<u64>,
}

impl Histogram {
    pub(super) fn of(title: &'static str, width: u64, values: impl Iterator<Item = u64>) -> Self {
        let mut bins = Vec::new();
        for value in values {
            let bin = usize::try_from(value / width).unwrap_or(BARS).min(BARS - 1);
            if bins.len() <= bin {
                bins.resize(bin + 1, 0);
            }
            bins[bin] += 1;
        }
        Self { title, width, bins }
    }

    fn most(&self) -> u64 {
        self.bins.iter().copied().max().unwrap_or(0).max(1)
    }

    /// What a bin is called.
    fn name(&self, bin: usize) -> String {
        let beyond = if bin + 1 == BARS { "+" } else { "" };
        format!("{}{beyond}", bin as u64 * self.width)
    }

    pub(super) fn text(&self) -> String {
        let mut text = format!("{} (bins of {})\n", self.title, self.width);
        for (bin, count) in self.bins.iter().enumerate() {
            let cells = (count * CELLS).div_ceil(self.most());
            let _ = writeln!(text, "{:>7} {:<60} {count}", self.name(bin), "#".repeat(cells as usize));
        }
        text
    }
}

/// All of them, one below the other.
pub(super) fn svg(pictures: &[Histogram]) -> String {
    const WIDTH: usize = 760;
    const HEIGHT: usize = 220;
    let mut text = format!(
        r#"<svg xmlns="http://www.w3.org/2000/svg" width="{WIDTH}" height="{}" font-family="sans-serif" font-size="11"><rect width="100%" height="100%" fill="white"/>"#,
        HEIGHT * pictures.len()
    );
    for (row, picture) in pictures.iter().enumerate() {
        let top = row * HEIGHT;
        let _ = write!(text, r#"<text x="30" y="{}" font-size="13">{}</text>"#, top + 20, picture.title);
        let step = (WIDTH - 60) / picture.bins.len().max(1);
        for (bin, count) in picture.bins.iter().enumerate() {
            let height = (count * 140).div_ceil(picture.most()) as usize;
            let (x, y) = (30 + bin * step, top + 185 - height);
            let _ = write!(
                text,
                r##"<rect x="{x}" y="{y}" width="{}" height="{height}" fill="#3b6ea5"><title>{}: {count}</title></rect>"##,
                step.saturating_sub(1).max(1),
                picture.name(bin)
            );
            if bin % picture.bins.len().div_ceil(12).max(1) == 0 {
                let _ = write!(text, r#"<text x="{x}" y="{}">{}</text>"#, top + 200, picture.name(bin));
            }
        }
        let _ = write!(
            text,
            r#"<text x="{}" y="{}" text-anchor="end">most: {}</text>"#,
            WIDTH - 30,
            top + 20,
            picture.most()
        );
    }
    text.push_str("</svg>\n");
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_fall_into_their_bins_and_the_last_holds_what_lies_beyond() {
        let histogram = Histogram::of("times", 10, [0, 9, 10, 25, 1_000_000].into_iter());
        assert_eq!(histogram.bins[..3], [2, 1, 1]);
        assert_eq!((histogram.bins.len(), histogram.bins[BARS - 1]), (BARS, 1));
        assert!(histogram.text().contains("   590+ "), "{}", histogram.text());
        assert!(svg(&[histogram]).ends_with("</svg>\n"));
    }
}
