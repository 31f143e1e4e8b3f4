//! One table says who may do what. Every mutation has a row in it, every row guards something, and no mutation answers a stranger.

use std::collections::{BTreeMap, BTreeSet};

use api::people::permission::{Action, OPEN_MUTATIONS};
use async_graphql::parser::parse_schema;
use async_graphql::parser::types::{BaseType, FieldDefinition, InputValueDefinition, Type, TypeKind, TypeSystemDefinition};
use serde_json::{Map, Value, json};
use support::{Actor, TestApp, both};

/// The types of the schema by name.
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

    /// A document that runs one mutation, and its variables.
    fn call(&self, field: &FieldDefinition) -> (String, Value) {
        let name = &field.name.node;
        let arguments = self.required(&field.arguments);
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
        let selection = if matches!(self.0.get(of.as_str()), Some(TypeKind::Scalar | TypeKind::Enum(_)) | None) { "" } else { "{ __typename }" };
        (format!("mutation{} {{ {name}{} {selection} }}", brackets(declared), brackets(passed)), Value::Object(arguments))
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

both! {
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
