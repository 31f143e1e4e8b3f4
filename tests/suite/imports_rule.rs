//! Imports point one way: server → graphql → domain → entity, within the domain areas → ground, and among areas only up the list. This reads the sources and names file and line.

use std::path::{Path, PathBuf};

/// The areas, each of which may use itself and those before it.
const AREAS: &[&str] = &["community", "people", "points", "service", "exchange", "recognition", "voice", "insight"];
/// Parts that stand below the areas: what every rule works with.
const GROUND: &[&str] =
    &["tx", "db", "error", "event", "outbox", "audit", "page", "idempotency", "keys", "lease", "link", "rate", "bus", "web", "store"];
/// Where Redis may be known: the link to it, and those whose scripts and commands go over it.
const REDIS: &[&str] = &["link", "rate", "points/leaderboard", "bus"];

/// The one table that every verb of every area asks, wherever it stands in the list.
const PERMISSION: &str = "people::permission";

/// A use of another module or crate: where its path begins, the one or two words that follow, and the line.
struct Use {
    line: usize,
    head: String,
    path: String,
}

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("..")
}

fn sources(directory: &Path, found: &mut Vec<PathBuf>) {
    for entry in std::fs::read_dir(directory).expect("a directory") {
        let path = entry.expect("an entry").path();
        if path.is_dir() {
            sources(&path, found);
        } else if path.extension().is_some_and(|ending| ending == "rs") {
            found.push(path);
        }
    }
}

/// Every path in the code that begins with one of `heads`, with the word after it; groups in braces give one each.
fn uses(code: &str, heads: &[&str]) -> Vec<Use> {
    let mut found = Vec::new();
    let code: Vec<&str> = code.lines().map(|line| line.split("//").next().unwrap_or_default()).collect();
    let text = code.join("\n");
    for head in heads {
        for (at, _) in text.match_indices(&format!("{head}::")) {
            if text[..at].ends_with(|before: char| before.is_alphanumeric() || before == '_' || before == ':') {
                continue;
            }
            let line = text[..at].matches('\n').count() + 1;
            let rest = &text[at + head.len() + 2..];
            let paths = if let Some(group) = rest.strip_prefix('{') { group_paths(group) } else { vec![two_words(rest)] };
            found.extend(paths.into_iter().map(|path| Use { line, head: (*head).to_owned(), path }));
        }
    }
    found
}

fn word(text: &str) -> String {
    text.chars().take_while(|letter| letter.is_alphanumeric() || *letter == '_').collect()
}

/// `a::b` of `a::b::c`, `a` of `a::{b, c}`.
fn two_words(text: &str) -> String {
    let first = word(text);
    match text[first.len()..].strip_prefix("::").map(word).filter(|second| !second.is_empty()) {
        Some(second) => format!("{first}::{second}"),
        None => first,
    }
}

/// The beginnings of the parts of `{a::b, c::{d, e}}`, its opening brace already taken.
fn group_paths(group: &str) -> Vec<String> {
    let (mut depth, mut fresh, mut paths) = (0, true, Vec::new());
    for (at, letter) in group.char_indices() {
        match letter {
            '{' => depth += 1,
            '}' if depth == 0 => break,
            '}' => depth -= 1,
            ',' if depth == 0 => fresh = true,
            _ if fresh && depth == 0 && (letter.is_alphabetic() || letter == '_') => {
                paths.push(two_words(&group[at..]));
                fresh = false;
            }
            _ => {}
        }
    }
    paths
}

/// Why a file of `api` may not use this, if it may not.
fn forbidden_above(file: &str, used: &Use) -> Option<String> {
    let part = file.split(['/', '.']).next().unwrap_or_default();
    let (head, name) = (used.head.as_str(), used.path.split("::").next().unwrap_or_default());
    match head {
        "redis" => (!file.starts_with("server/documents")).then(|| "redis is known to those who use it alone".to_owned()),
        "async_graphql" => (!["graphql", "server"].contains(&part)).then(|| "only graphql and the server know async-graphql".to_owned()),
        "actix_web" => (part != "server").then(|| "only the server knows actix".to_owned()),
        _ => match part {
            "graphql" if ["server", "command", "config"].contains(&name) => Some(format!("graphql may not use {name}")),
            "server" if ["command", "config"].contains(&name) => Some(format!("the server may not use {name}")),
            _ => None,
        },
    }
}

/// Why a file of `domain` may not use this, if it may not.
fn forbidden(file: &str, used: &Use) -> Option<String> {
    let part = file.split(['/', '.']).next().unwrap_or_default();
    let (head, name) = (used.head.as_str(), used.path.split("::").next().unwrap_or_default());
    let area = |name: &str| AREAS.iter().position(|area| *area == name);
    match head {
        "redis" => {
            (!REDIS.iter().any(|place| file.starts_with(place))).then(|| "redis is known to the link and to those who use it alone".to_owned())
        }
        "async_graphql" | "actix_web" | "api" => Some("the rules know neither GraphQL nor HTTP".to_owned()),
        _ if GROUND.contains(&part) && area(name).is_some() => Some(format!("{part} stands below {name}")),
        _ if area(part).is_some() && name == "relay" => Some("an area may not use the relay".to_owned()),
        _ => match (area(part), area(name)) {
            (Some(own), Some(other)) if other > own && used.path != PERMISSION => Some(format!("{part} comes before {name}")),
            _ => None,
        },
    }
}

#[test]
fn imports_point_one_way() {
    let mut faults = Vec::new();
    let mut check = |directory: &str, rule: &dyn Fn(&str, &Use) -> Option<String>, heads: &[&str]| {
        let base = root().join(directory);
        let mut files = Vec::new();
        sources(&base, &mut files);
        assert!(!files.is_empty(), "no sources in {directory}");
        for path in files {
            let file = path.strip_prefix(&base).expect("below").to_string_lossy().into_owned();
            let code = std::fs::read_to_string(&path).expect("text");
            for used in uses(&code, heads) {
                if let Some(reason) = rule(&file, &used) {
                    faults.push(format!("{directory}/{file}:{}: {} — {reason}", used.line, format_args!("{}::{}", used.head, used.path)));
                }
            }
        }
    };
    check("api/src", &forbidden_above, &["crate", "redis", "async_graphql", "actix_web"]);
    check("api/domain/src", &forbidden, &["crate", "redis", "async_graphql", "actix_web", "api"]);
    let no_rules = |_: &str, used: &Use| Some(format!("rows know nothing of {}", used.head));
    check("entity/src", &no_rules, &["api", "domain", "async_graphql", "actix_web", "redis", "migration"]);
    let history = |_: &str, used: &Use| Some(format!("history may not depend on {}", used.head));
    check("migration/src", &history, &["entity", "domain", "api"]);
    assert!(faults.is_empty(), "forbidden imports:\n{}", faults.join("\n"));
}

#[test]
fn the_rule_sees_what_it_should() {
    let code = "use crate::{points::ledger, graphql::{a, b}, tx::Tx};\n// use crate::server;\nfn a() { crate::config::x(); not_crate::server::y(); }";
    let seen: Vec<_> = uses(code, &["crate"]).into_iter().map(|used| (used.line, used.path.clone())).collect();
    assert_eq!(seen, [(1, "points::ledger"), (1, "graphql"), (1, "tx::Tx"), (3, "config::x")].map(|(line, path)| (line, path.to_owned())));
    let used = |head: &str, name: &str| Use { line: 1, head: head.to_owned(), path: name.to_owned() };
    let verdict = |file: &str, head: &str, name: &str| forbidden(file, &used(head, name)).is_some();
    let above = |file: &str, head: &str, name: &str| forbidden_above(file, &used(head, name)).is_some();
    assert!(verdict("points/ledger/mod.rs", "crate", "service"));
    assert!(!verdict("service/record/mod.rs", "crate", "points"));
    assert!(verdict("people/team.rs", "api", "graphql"));
    assert!(verdict("people/team.rs", "async_graphql", "Object"));
    assert!(verdict("people/team.rs", "crate", "relay"));
    assert!(above("graphql/node.rs", "crate", "server"));
    assert!(above("graphql/node.rs", "actix_web", "App"));
    assert!(above("server/metrics.rs", "redis", "Client"));
    assert!(!above("server/door.rs", "crate", "graphql"));
    assert!(verdict("error.rs", "crate", "people"));
    assert!(verdict("service/record/mod.rs", "redis", "Client"));
    assert!(!verdict("points/leaderboard/order.rs", "redis", "Client"));
}
