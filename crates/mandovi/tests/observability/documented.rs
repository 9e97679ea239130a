//! The guide, the dashboard and the alerts say what the code does: the one table of metrics holds for all.

use std::collections::BTreeSet;
use std::path::PathBuf;

use mandovi::metrics::{Kind, Metric, TABLE};

fn read(path: &str) -> String {
    let path = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../docs").join(path);
    std::fs::read_to_string(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

#[test]
fn the_guide_has_the_table() {
    let guide = read("observability.md");
    let rows: Vec<_> = guide.lines().filter(|line| line.starts_with("| `mandovi_")).collect();
    let expected: Vec<_> = TABLE
        .iter()
        .map(|Metric { name, kind, unit, labels, help, .. }| {
            let labels: Vec<_> = labels.iter().map(|label| format!("`{label}`")).collect();
            format!("| `{name}` | {} | {unit} | {} | {help} |", kind.as_str(), labels.join(", "))
        })
        .collect();
    assert_eq!(rows, expected);
}

/// The words of a query: names of metrics and labels among them.
fn words(query: &str) -> impl Iterator<Item = &str> {
    query.split(|char: char| !char.is_ascii_alphanumeric() && char != '_')
}

/// The metric that a word of a query stands for.
fn metric(word: &str) -> &'static Metric {
    let found = TABLE.iter().find(|row| {
        let part = |end: &str| row.kind == Kind::Histogram && word.strip_suffix(end) == Some(row.name);
        if row.kind == Kind::Histogram { part("_bucket") || part("_sum") || part("_count") } else { word == row.name }
    });
    found.unwrap_or_else(|| panic!("{word} is no metric that can be queried"))
}

/// Checks a query, and gives the metrics that it asks for.
fn check(query: &str) -> BTreeSet<&'static str> {
    let metrics: Vec<_> = words(query).filter(|word| word.starts_with("mandovi_")).map(metric).collect();
    assert!(!metrics.is_empty(), "{query}");
    let known = |label: &str| {
        let on_all = metrics.iter().all(|metric| metric.labels.contains(&label));
        on_all || label == "le" && metrics.iter().all(|metric| metric.kind == Kind::Histogram)
    };
    // `by (a, b)`, and `{a="..", b=~".."}`.
    for group in query.split("by (").skip(1) {
        let labels = group.split(')').next().unwrap().split(',').map(str::trim);
        labels.for_each(|label| assert!(known(label), "{label} in {query}"));
    }
    for matchers in query.split('{').skip(1) {
        let matchers = matchers.split('}').next().unwrap().split(',');
        for matcher in matchers {
            let label = matcher.split(['=', '!']).next().unwrap().trim();
            let of: Vec<_> = metrics.iter().filter(|metric| metric.labels.contains(&label)).collect();
            assert!(!of.is_empty(), "{label} in {query}");
        }
    }
    metrics.iter().map(|metric| metric.name).collect()
}

#[test]
fn the_dashboard_queries_every_metric_and_no_other() {
    let board: serde_json::Value = serde_json::from_str(&read("grafana/mandovi.json")).unwrap();
    let mut queried = BTreeSet::new();
    let mut ids = BTreeSet::new();
    for panel in board["panels"].as_array().unwrap() {
        assert!(ids.insert(panel["id"].as_u64().unwrap()), "{panel}");
        if panel["type"] == "row" {
            continue;
        }
        assert!(!panel["description"].as_str().unwrap().is_empty(), "{panel}");
        for target in panel["targets"].as_array().unwrap() {
            let query = target["expr"].as_str().unwrap();
            for variable in ["service=~\"$service\"", "method=~\"$method\""] {
                assert!(query.contains(variable), "{query}");
            }
            // What the legend shows the query must keep.
            let legend = target["legendFormat"].as_str().unwrap();
            for label in legend.split("{{").skip(1).map(|rest| rest.split("}}").next().unwrap()) {
                assert!(
                    query.contains("by (") && words(query.split("by (").nth(1).unwrap()).any(|word| word == label),
                    "{legend}: {query}"
                );
            }
            queried.extend(check(query));
        }
    }
    let all: BTreeSet<_> = TABLE.iter().map(|row| row.name).collect();
    assert_eq!(queried, all);
    let variables: Vec<_> = board["templating"]["list"].as_array().unwrap().iter().map(|list| &list["name"]).collect();
    assert_eq!(variables, ["datasource", "service", "method"]);
}

#[test]
fn the_alerts_query_what_there_is() {
    let alerts = read("grafana/alerts.yml");
    let mut checked = 0;
    for rule in alerts.split("- alert: ").skip(1) {
        let query = rule.split("expr: |").nth(1).unwrap().split("        for:").next().unwrap();
        check(query);
        checked += 1;
    }
    assert_eq!(checked, alerts.matches("alert:").count());
    assert!(checked > 5);
}
