//! One table says who may do what. Every mutation has a row in it, every row guards something, and no mutation answers a stranger.

use std::collections::{BTreeMap, BTreeSet};

use async_graphql::parser::parse_schema;
use async_graphql::parser::types::{BaseType, FieldDefinition, InputValueDefinition, Type, TypeKind, TypeSystemDefinition};
use domain::community::tenant;
use domain::people::account::{self, NewAccount, phone::Phone};
use domain::people::permission::{Action, OPEN_MUTATIONS};
use domain::people::role::Reach;
use entity::role_grant::Role;
use serde_json::{Map, Value, json};
use support::{Actor, TestApp, both, registered};

use crate::community::neighbour;

/// The types of the schema by name.
pub struct Sdl(BTreeMap<String, TypeKind>);

impl Sdl {
    /// Those that the program serves.
    pub fn read() -> Self {
        let document = parse_schema(api::graphql::sdl()).expect("the schema is well formed");
        let types = document.definitions.into_iter().filter_map(|definition| match definition {
            TypeSystemDefinition::Type(definition) => Some((definition.node.name.node.to_string(), definition.node.kind)),
            _ => None,
        });
        Self(types.collect())
    }

    /// The fields of an object.
    pub fn fields(&self, name: &str) -> Vec<&FieldDefinition> {
        match self.0.get(name) {
            Some(TypeKind::Object(object)) => object.fields.iter().map(|field| &field.node).collect(),
            _ => Vec::new(),
        }
    }

    fn names(&self, name: &str) -> BTreeSet<String> {
        self.fields(name).into_iter().map(|field| field.name.node.to_string()).collect()
    }

    /// Some value that a type takes.
    fn value(&self, of: &Type) -> Value {
        match &of.base {
            BaseType::List(inner) => json!([self.value(inner)]),
            BaseType::Named(name) => match self.0.get(name.as_str()) {
                Some(TypeKind::Enum(values)) => json!(values.values[0].node.value.node.as_str()),
                Some(TypeKind::InputObject(object)) => Value::Object(self.required(&object.fields)),
                _ => match name.as_str() {
                    "Int" | "Float" => json!(1),
                    "Boolean" => json!(true),
                    "DateTime" => json!("2026-03-02T09:00:00Z"),
                    "NaiveDate" => json!("2026-03-02"),
                    _ => json!("x"),
                },
            },
        }
    }

    fn required(&self, fields: &[async_graphql::Positioned<InputValueDefinition>]) -> Map<String, Value> {
        let needed = fields.iter().map(|field| &field.node).filter(|field| !field.ty.node.nullable && field.default_value.is_none());
        needed.map(|field| (field.name.node.to_string(), self.value(&field.ty.node))).collect()
    }

    /// The places of a field's arguments that take an id, as paths of names.
    pub fn places_of_ids(&self, field: &FieldDefinition) -> Vec<Vec<String>> {
        let mut found = Vec::new();
        for argument in field.arguments.iter().map(|argument| &argument.node) {
            self.collect(argument, &mut Vec::new(), &mut found);
        }
        found
    }

    fn collect(&self, input: &InputValueDefinition, path: &mut Vec<String>, found: &mut Vec<Vec<String>>) {
        path.push(input.name.node.to_string());
        let mut of = &input.ty.node.base;
        while let BaseType::List(inner) = of {
            of = &inner.base;
        }
        if let BaseType::Named(name) = of {
            match self.0.get(name.as_str()) {
                Some(TypeKind::InputObject(object)) if path.len() < 4 => {
                    object.fields.iter().for_each(|field| self.collect(&field.node, path, found));
                }
                _ if name.as_str() == "ID" => found.push(path.clone()),
                _ => {}
            }
        }
        path.pop();
    }

    /// The arguments that a field needs, with `id` at `path`.
    pub fn with_id(&self, field: &FieldDefinition, path: &[String], id: &str) -> Value {
        let mut arguments = Value::Object(self.required(&field.arguments));
        let mut definitions: Vec<&InputValueDefinition> = field.arguments.iter().map(|argument| &argument.node).collect();
        let mut place = &mut arguments;
        for (at, name) in path.iter().enumerate() {
            let definition = definitions.iter().find(|definition| definition.name.node.as_str() == name).expect("a name of the schema");
            let (mut of, mut lists) = (&definition.ty.node.base, 0);
            while let BaseType::List(inner) = of {
                (of, lists) = (&inner.base, lists + 1);
            }
            let BaseType::Named(of) = of else { unreachable!("every list ends in a name") };
            let last = at + 1 == path.len();
            if last || place.get(name).is_none_or(Value::is_null) {
                let mut value = match self.0.get(of.as_str()) {
                    Some(TypeKind::InputObject(object)) => Value::Object(self.required(&object.fields)),
                    _ => json!(id),
                };
                for _ in 0..lists {
                    value = json!([value]);
                }
                place[name] = value;
            }
            place = &mut place[name];
            for _ in 0..lists {
                if place.is_array() {
                    place = &mut place[0];
                }
            }
            definitions = match self.0.get(of.as_str()) {
                Some(TypeKind::InputObject(object)) => object.fields.iter().map(|field| &field.node).collect(),
                _ => Vec::new(),
            };
        }
        arguments
    }

    /// The arguments that a field needs, and no more.
    pub fn plain(&self, field: &FieldDefinition) -> Value {
        Value::Object(self.required(&field.arguments))
    }

    /// A document that runs one field of a root with these arguments, and its variables.
    pub fn call_with(&self, root: &str, field: &FieldDefinition, arguments: Value) -> (String, Value) {
        let (document, _) = self.document(root, field, &arguments);
        (document, arguments)
    }

    /// A document that runs one mutation, and its variables.
    fn call(&self, field: &FieldDefinition) -> (String, Value) {
        self.document("mutation", field, &Value::Object(self.required(&field.arguments)))
    }

    fn document(&self, root: &str, field: &FieldDefinition, arguments: &Value) -> (String, Value) {
        let name = &field.name.node;
        let passed_on = arguments.clone();
        let arguments = arguments.as_object().expect("an object");
        let typed = |argument: &InputValueDefinition| (argument.name.node.to_string(), argument.ty.node.to_string());
        let given: Vec<_> = field.arguments.iter().map(|argument| typed(&argument.node)).filter(|(name, _)| arguments.contains_key(name)).collect();
        let declared = given.iter().map(|(name, of)| format!("${name}: {of}")).collect::<Vec<_>>().join(", ");
        let passed = given.iter().map(|(name, _)| format!("{name}: ${name}")).collect::<Vec<_>>().join(", ");
        let brackets = |text: String| if text.is_empty() { text } else { format!("({text})") };
        let mut of = &field.ty.node.base;
        while let BaseType::List(inner) = of {
            of = &inner.base;
        }
        let BaseType::Named(of) = of else { unreachable!("every list ends in a name") };
        let paged = self.fields(of.as_str()).iter().any(|field| field.name.node == "edges");
        let fields = if paged { "{ edges { cursor } }" } else { "{ __typename }" };
        let selection = if matches!(self.0.get(of.as_str()), Some(TypeKind::Scalar | TypeKind::Enum(_)) | None) { "" } else { fields };
        (format!("{root}{} {{ {name}{} {selection} }}", brackets(declared), brackets(passed)), passed_on)
    }
}

#[test]
fn every_mutation_has_a_row_and_every_row_guards_something() {
    let sdl = Sdl::read();
    let (mutations, queries) = (sdl.names("Mutation"), sdl.names("Query"));
    let rows: BTreeSet<String> = Action::ALL.iter().map(|action| action.field().to_owned()).collect();
    let open: BTreeSet<String> = OPEN_MUTATIONS.iter().map(|name| (*name).to_owned()).collect();
    let without: Vec<_> = mutations.iter().filter(|name| !rows.contains(*name) && !open.contains(*name)).collect();
    assert!(without.is_empty(), "mutations without a row in people::permission: {without:?}");
    let idle: Vec<_> = rows.union(&open).filter(|name| !mutations.contains(*name) && !queries.contains(*name)).collect();
    assert!(idle.is_empty(), "rows of people::permission that guard no field of the schema: {idle:?}");
    let both: Vec<_> = rows.intersection(&open).collect();
    assert!(both.is_empty(), "open and guarded at once: {both:?}");
    assert_eq!(rows.len(), Action::ALL.len(), "two rows name the same field");
}

#[test]
fn every_mutation_takes_one_input_and_says_what_it_does() {
    let sdl = Sdl::read();
    for field in sdl.fields("Mutation") {
        let name = field.name.node.as_str();
        assert!(field.description.is_some(), "{name} has no description");
        let arguments: Vec<_> = field.arguments.iter().map(|argument| argument.node.name.node.as_str()).collect();
        assert!(arguments.is_empty() || arguments == ["input"], "{name} takes {arguments:?} instead of one input");
    }
}

/// Something staff do in the community of the stories, and the roles that may.
struct Work {
    document: &'static str,
    variables: fn(&TestApp, &str) -> Value,
    roles: &'static [Role],
}

const WORK: &[Work] = &[
    Work {
        document: "query($id: ID!) { roleGrants(regionId: $id, first: 1) { edges { node { id } } } }",
        variables: |app, _| json!({ "id": app.community.region_id.to_string() }),
        roles: &[Role::Admin],
    },
    Work {
        document: "mutation($input: VerifyQualificationInput!) { verifyQualification(input: $input) { id } }",
        variables: |_, volunteer| json!({ "input": { "volunteerId": volunteer, "code": "NURSE", "validUntil": "2027-01-01" } }),
        roles: &[Role::Admin, Role::GridWorker],
    },
    Work {
        document: "mutation($input: CreateTeamInput!) { createTeam(input: $input) { id } }",
        variables: |app, unique| json!({ "input": { "name": format!("队{unique}"), "regionId": app.community.region_id.to_string() } }),
        roles: &[Role::Admin],
    },
];

/// Somebody of a community, who is no volunteer.
pub async fn somebody(app: &TestApp, code: &str) -> Actor {
    let phone = Phone::parse(&registered::phone(), "phone").map_err(|error| error.code).expect("a phone");
    let home = tenant::find_by_code(app.app.db.reader(), code).await.map_err(|error| error.code).expect("read").expect("open");
    let tx = app.tx().await;
    let input = NewAccount { phone: Some(phone), password_hash: None };
    let row = account::open(&tx, &app.app.keys, &home.community, input).await.map_err(|error| error.code).expect("an account");
    tx.commit().await.map_err(|error| error.code).expect("committed");
    Actor::of(app, "somebody", row.id, None)
}

both! {
    async fn a_role_reaches_its_own_place_and_what_lies_in_it(app: TestApp) {
        let (neighbour, _) = neighbour(&app).await;
        let amy = app.member("张小红").await;
        let there = tenant::find_by_code(app.app.db.reader(), &neighbour).await.map_err(|error| error.code).expect("read").expect("open").region;
        let street = there.parent_id.expect("a street");
        // Where the role is granted, and whether that covers the community of the stories.
        let reaches = [("own", Some(app.community.region_id), true), ("sibling", Some(there.id), false), ("parent", Some(street), true), ("none", None, false)];
        for home in [support::seed::CODE, neighbour.as_str()] {
            for role in [Role::Admin, Role::GridWorker, Role::RedemptionDesk, Role::Reviewer] {
                for (reach, region, covers) in reaches {
                    let who = somebody(&app, home).await;
                    if let Some(region) = region {
                        app.give_role(&who, role, Reach::Region(region)).await;
                    }
                    for work in WORK {
                        let input = if work.document.contains("createTeam") { &who.account_id } else { &amy.volunteer_id };
                        let answer = who.run(work.document, (work.variables)(&app, input)).await;
                        let expected = match (home == support::seed::CODE || covers, covers && work.roles.contains(&role)) {
                            (false, _) => "NOT_FOUND",
                            (true, false) => "FORBIDDEN",
                            (true, true) => "",
                        };
                        let code = answer.body["errors"][0]["extensions"]["code"].as_str().unwrap_or_default();
                        assert_eq!(code, expected, "{role:?} over {reach}, from {home}: {}", work.document);
                    }
                }
            }
        }
    }

    async fn no_mutation_answers_a_stranger(app: TestApp) {
        let sdl = Sdl::read();
        let stranger = Actor::stranger(&app);
        for field in sdl.fields("Mutation") {
            let (document, variables) = sdl.call(field);
            let answer = stranger.run(&document, variables).await;
            if !OPEN_MUTATIONS.contains(&field.name.node.as_str()) {
                assert_eq!(answer.code(), "UNAUTHENTICATED", "{document}\n{:#}", answer.body);
            }
        }
    }
}
