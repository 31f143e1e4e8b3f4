//! No score, finding or reason of a reviewer is readable by anybody else before the round is closed: every field of every type that a round can be reached
//! through is asked for, by everybody. The same walk finds them once the round is closed, so it would find them before.

use std::collections::BTreeMap;
use std::time::Duration;

use api::rate::Limit;
use api::server::Settings;
use async_graphql::parser::parse_schema;
use async_graphql::parser::types::{BaseType, FieldDefinition, InputValueDefinition, TypeKind, TypeSystemDefinition};
use serde_json::{Value, json};
use support::{Actor, TestApp, both};

/// Points that nothing else in the story has.
const SECRET: i32 = 73;
const REASON: &str = "独一无二的理由";

/// Objects in objects that are asked for.
const DEPTH: usize = 5;

struct Sdl(BTreeMap<String, TypeKind>);

impl Sdl {
    fn read() -> Self {
        let document = parse_schema(api::graphql::sdl()).expect("the schema is well formed");
        let types = document.definitions.into_iter().filter_map(|definition| match definition {
            TypeSystemDefinition::Type(definition) => Some((definition.node.name.node.to_string(), definition.node.kind)),
            _ => None,
        });
        Self(types.collect())
    }

    fn fields(&self, name: &str) -> Vec<&FieldDefinition> {
        match self.0.get(name) {
            Some(TypeKind::Object(object)) => object.fields.iter().map(|field| &field.node).collect(),
            _ => Vec::new(),
        }
    }

    fn of(field: &FieldDefinition) -> String {
        let mut base = &field.ty.node.base;
        while let BaseType::List(inner) = base {
            base = &inner.base;
        }
        let BaseType::Named(name) = base else { unreachable!("every list ends in a name") };
        name.to_string()
    }

    /// A field as it is asked for, when it needs no argument, and its type.
    fn asked(field: &FieldDefinition) -> Option<(String, String)> {
        let needs = |argument: &InputValueDefinition| !argument.ty.node.nullable && argument.default_value.is_none();
        let paged = field.arguments.iter().any(|argument| argument.node.name.node == "last");
        let page = if paged { "(first: 2)" } else { "" };
        (!field.arguments.iter().any(|argument| needs(&argument.node))).then(|| (format!("{}{page}", field.name.node), Self::of(field)))
    }

    /// Documents for every chain of objects that begins with `name`: each asks for all values of the last of them. No chain goes through a type twice.
    fn chains(&self, open: &str, close: &str, name: &str, passed: &[String], documents: &mut Vec<String>) {
        let fields: Vec<_> = self.fields(name).into_iter().filter_map(Self::asked).collect();
        let is_value = |of: &str| !matches!(self.0.get(of), Some(TypeKind::Object(_) | TypeKind::Union(_) | TypeKind::Interface(_)));
        let values: Vec<&str> = fields.iter().filter(|field| is_value(&field.1)).map(|field| field.0.as_str()).collect();
        documents.push(format!("{open} {{ __typename {} }} {close}", values.join(" ")));
        let passed: Vec<String> = passed.iter().cloned().chain([name.to_owned()]).collect();
        if passed.len() == DEPTH {
            return;
        }
        for (field, of) in &fields {
            if matches!(self.0.get(of), Some(TypeKind::Object(_))) && !passed.contains(of) {
                self.chains(&format!("{open} {{ {field}"), &format!("}} {close}"), of, &passed, documents);
            }
        }
    }
}

/// Whether an answer holds a secret anywhere.
fn leaks(value: &Value) -> bool {
    match value {
        Value::Number(number) => {
            number.as_f64().is_some_and(|number| (number - f64::from(SECRET)).abs() < 1e-9 || (number - f64::from(SECRET) * 100.0).abs() < 1e-9)
        }
        Value::String(text) => text.contains(REASON) || text == "REJECT",
        Value::Array(list) => list.iter().any(leaks),
        Value::Object(object) => object.values().any(leaks),
        Value::Null | Value::Bool(_) => false,
    }
}

/// Asks for everything as somebody; gives the documents whose answer held a secret, and how many were answered with data.
async fn walk(who: &Actor, questions: &[(Vec<String>, Value)]) -> (Vec<String>, usize) {
    let (mut found, mut answered) = (Vec::new(), 0);
    for (document, variables) in questions.iter().flat_map(|(documents, variables)| documents.iter().map(move |document| (document, variables))) {
        let answer = who.run(document, variables.clone()).await;
        let code = answer.body["errors"][0]["extensions"]["code"].as_str().unwrap_or_default();
        assert!(["", "NOT_FOUND", "FORBIDDEN"].contains(&code), "{document}\n{:#}", answer.body);
        answered += usize::from(code.is_empty());
        if leaks(&answer.body) {
            found.push(document.clone());
        }
    }
    (found, answered)
}

/// Every document that may lead to a round or its project, with its variables.
fn questions(round: &str, project: &str) -> Vec<(Vec<String>, Value)> {
    let sdl = Sdl::read();
    let chains = |open: &str, close: &str, name: &str| {
        let mut documents = Vec::new();
        sdl.chains(open, close, name, &[], &mut documents);
        documents
    };
    let mut open = Vec::new();
    for field in sdl.fields("Query") {
        let touches = ["review", "project", "notification"].iter().any(|word| field.name.node.to_lowercase().contains(word));
        if let Some((asked, of)) = Sdl::asked(field).filter(|(_, of)| touches && !sdl.fields(of).is_empty()) {
            open.extend(chains(&format!("query {{ {asked}"), "}", &of));
        }
    }
    vec![
        (chains("query($id: ID!) { reviewRound(id: $id)", "}", "ReviewRound"), json!({ "id": round })),
        (chains("query($id: ID!) { node(id: $id) { ... on ReviewRound", "} }", "ReviewRound"), json!({ "id": round })),
        (chains("query($id: ID!) { project(id: $id)", "}", "Project"), json!({ "id": project })),
        (open, json!({})),
    ]
}

both! {
    async fn no_field_tells_a_score_before_the_round_is_closed(app: TestApp) {
        let admin = app.admin().await;
        let worker = app.grid_worker().await;
        let works = app.sponsored(&admin, "涂新钢厂").await;
        let panel = app.reviewers(4).await;
        app.join(&panel[3], works.team.parse().expect("a team")).await;
        let id = works.submitted("k").await;
        let round = admin.open_review(&id, json!({})).await;
        panel[0].score(&round, SECRET, "REJECT", Some(REASON)).await.ok();

        // A door on which so many questions may be asked.
        let wide = Settings { development: true, budget: Limit::new(1_000_000_000, Duration::from_mins(1)), ..Settings::default() };
        let door = app.another_door(wide);
        let questions = questions(&round, &id);
        assert!(questions.iter().map(|(documents, _)| documents.len()).sum::<usize>() > 100);
        let readers = [("a peer", &panel[1]), ("an administrator", &admin), ("who applied", &works.leader), ("who was recused", &panel[3]), ("a grid worker", &worker)];
        for (name, who) in readers {
            let (found, _) = walk(&who.at(door), &questions).await;
            assert!(found.is_empty(), "{name} reads a score by {found:#?}");
        }
        let (own, answered) = walk(&panel[0].at(door), &questions).await;
        assert!(!own.is_empty() && answered > 100, "who scored reads the own score, so the walk sees what there is: {answered}");
        for attempt in [panel[0].score(&round, 1, "APPROVE", None).await, panel[3].score(&round, 1, "APPROVE", None).await, admin.score(&round, 1, "APPROVE", None).await] {
            assert!(!leaks(&attempt.body), "an error tells: {:#}", attempt.body);
        }
        let events = "{ reviewQueueEvents(after: \"evt_0000000000000000000000\", first: 100) { events { eventId kind waiting { total } } } }";
        app.deliver().await;
        assert!(!leaks(&panel[1].run(events, json!({})).await.body));

        // Once enough have scored the panel and those in charge read everything, and the others still nothing.
        panel[1].score(&round, 40, "APPROVE", None).await.ok();
        panel[2].score(&round, 41, "APPROVE", None).await.ok();
        for (name, who) in [("a peer", &panel[1]), ("an administrator", &admin)] {
            assert!(!walk(&who.at(door), &questions).await.0.is_empty(), "{name} reads the scores of a closed round");
        }
        for (name, who) in [("who applied", &works.leader), ("who was recused", &panel[3]), ("a grid worker", &worker)] {
            let (found, _) = walk(&who.at(door), &questions).await;
            assert!(found.is_empty(), "{name} reads a score of a closed round by {found:#?}");
        }
    }
}
