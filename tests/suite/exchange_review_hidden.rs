//! No score, finding or reason of a reviewer is readable by anybody else before the round is closed: every field of every type that a round can be reached
//! through is asked for, by everybody; every subscription is followed with every field; every mutation that names a round or a project is tried. The
//! same walk finds them once the round is closed, so it would find them before.

use std::time::Duration;

use api::server::Settings;
use domain::rate::Limit;
use serde_json::{Value, json};
use support::live::Follower;
use support::sdl::Sdl;
use support::{Actor, TestApp, both};

/// Points that nothing else in the story has.
const SECRET: i32 = 73;
const REASON: &str = "独一无二的理由";

/// Objects in objects that are asked for.
const DEPTH: usize = 5;
/// The same of what a subscription tells, where a round is three objects down.
const STREAM_DEPTH: usize = 7;
/// The same of what a mutation answers with.
const ANSWER_DEPTH: usize = 3;

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
        sdl.chains(open, close, name, DEPTH, &mut documents);
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

/// Every subscription that needs no argument, with every chain of fields.
fn streams() -> Vec<String> {
    let sdl = Sdl::read();
    let mut documents = Vec::new();
    for field in sdl.fields("Subscription") {
        if let Some((asked, of)) = Sdl::asked(field) {
            sdl.chains(&format!("subscription {{ {asked}"), "}", &of, STREAM_DEPTH, &mut documents);
        }
    }
    documents
}

/// Takes in what every stream tells, until all of them are silent.
async fn hear(followers: &mut [(&str, &String, Follower, Vec<Value>)]) {
    loop {
        tokio::time::sleep(Duration::from_secs(2)).await;
        let mut fresh = 0;
        for (_, _, follower, heard) in followers.iter_mut() {
            let told = follower.so_far();
            fresh += told.len();
            heard.extend(told);
        }
        if fresh == 0 {
            return;
        }
    }
}

/// Whether an answer has a field of this name anywhere.
fn says(value: &Value, field: &str) -> bool {
    match value {
        Value::Array(list) => list.iter().any(|one| says(one, field)),
        Value::Object(object) => object.iter().any(|(name, inner)| name == field || says(inner, field)),
        _ => false,
    }
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

    async fn no_subscription_tells_a_score_before_the_round_is_closed(app: TestApp) {
        let admin = app.admin().await;
        let works = app.sponsored(&admin, "涂新钢厂").await;
        let panel = app.reviewers(4).await;
        app.join(&panel[3], works.team.parse().expect("a team")).await;
        let id = works.submitted("k").await;
        app.deliver().await;
        let documents = streams();
        assert!(documents.len() > 20, "{documents:#?}");
        let mut followers = Vec::new();
        for (name, who) in [("a peer", &panel[1]), ("an administrator", &admin), ("who applied", &works.leader), ("who was recused", &panel[3])] {
            for document in &documents {
                followers.push((name, document, Follower::begin(&app.app, who, document, json!({})).await, Vec::new()));
            }
        }
        // They follow from now on, once all of them do.
        tokio::time::sleep(Duration::from_secs(5)).await;
        let round = admin.open_review(&id, json!({})).await;
        app.deliver().await;
        hear(&mut followers).await;
        panel[0].score(&round, SECRET, "REJECT", Some(REASON)).await.ok();
        app.deliver().await;
        hear(&mut followers).await;
        for (name, document, _, heard) in &followers {
            let told = heard.iter().find(|event| leaks(event));
            assert!(told.is_none(), "{name} is told a score by {document}: {told:#?}");
        }
        // The walk reaches the round with its progress, and once it is closed nobody outside the panel is told more.
        let reaches = |(name, _, _, heard): &(&str, &String, Follower, Vec<Value>)| *name == "a peer" && heard.iter().any(|event| says(event, "votesNeeded"));
        assert!(followers.iter().any(reaches), "no stream shows a round");
        let deaf = followers.iter().find(|(name, document, _, heard)| *name == "a peer" && document.contains("reviewQueueChanged") && heard.len() < 2);
        assert!(deaf.is_none(), "a stream does not tell of the score: {:?}", deaf.map(|follower| follower.1));
        panel[1].score(&round, 40, "REJECT", Some(REASON)).await.ok();
        panel[2].score(&round, 41, "APPROVE", None).await.ok();
        app.deliver().await;
        hear(&mut followers).await;
        for (name, document, _, heard) in followers.iter().filter(|follower| ["who applied", "who was recused"].contains(&follower.0)) {
            let told = heard.iter().find(|event| leaks(event));
            assert!(told.is_none(), "{name} is told a score of a closed round by {document}: {told:#?}");
        }
    }

    async fn no_mutation_tells_a_score_before_the_round_is_closed(app: TestApp) {
        let admin = app.admin().await;
        let worker = app.grid_worker().await;
        let works = app.sponsored(&admin, "涂新钢厂").await;
        let panel = app.reviewers(4).await;
        app.join(&panel[3], works.team.parse().expect("a team")).await;
        let sdl = Sdl::read();
        let wide = Settings { development: true, budget: Limit::new(1_000_000_000, Duration::from_mins(1)), ..Settings::default() };
        let door = app.another_door(wide);
        let (mut tried, mut refused) = (0, 0);
        for (at, (name, who)) in [("a peer", &panel[1]), ("an administrator", &admin), ("who applied", &works.leader), ("who was recused", &panel[3]), ("a grid worker", &worker)]
            .into_iter()
            .enumerate()
        {
            let id = works.submitted(&format!("k{at}")).await;
            let round = admin.open_review(&id, json!({})).await;
            panel[0].score(&round, SECRET, "REJECT", Some(REASON)).await.ok();
            for field in sdl.fields("Mutation") {
                let Some(input) = sdl.input_of(field).filter(|input| sdl.has_field(input, "roundId") || field.name.node.contains("Project")) else { continue };
                let known = |name: &str| match name {
                    "roundId" => Some(json!(round)),
                    "id" | "projectId" | "subjectId" => Some(json!(id)),
                    "accountId" => Some(json!(panel[2].account_id)),
                    _ => None,
                };
                let mut documents = Vec::new();
                let open = format!("mutation($input: {input}!) {{ {}(input: $input)", field.name.node);
                sdl.chains(&open, "}", &Sdl::of(field), ANSWER_DEPTH, &mut documents);
                let input = sdl.filled(&input, &known);
                for document in documents {
                    let answer = who.at(door).run(&document, json!({ "input": input })).await;
                    assert!(!leaks(&answer.body), "{name} reads a score from {document}: {:#}", answer.body);
                    let code = answer.body["errors"][0]["extensions"]["code"].as_str().unwrap_or_default();
                    assert_ne!(code, "BAD_QUERY", "{document} {input}");
                    tried += 1;
                    refused += usize::from(!code.is_empty());
                }
            }
        }
        assert!(tried > 200 && refused > 100, "{tried} tried, {refused} refused");
    }
}
