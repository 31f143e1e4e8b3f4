//! The schema as data: which fields lead where, for tests that are generated from it.

use std::collections::BTreeMap;

use async_graphql::parser::parse_schema;
use async_graphql::parser::types::{BaseType, FieldDefinition, InputValueDefinition, TypeKind, TypeSystemDefinition};
use serde_json::{Map, Value, json};

/// Every type of the schema by its name.
pub struct Sdl(BTreeMap<String, TypeKind>);

impl Sdl {
    /// Reads the schema that the program serves.
    #[must_use]
    pub fn read() -> Self {
        let document = parse_schema(api::graphql::sdl()).expect("the schema is well formed");
        let types = document.definitions.into_iter().filter_map(|definition| match definition {
            TypeSystemDefinition::Type(definition) => Some((definition.node.name.node.to_string(), definition.node.kind)),
            _ => None,
        });
        Self(types.collect())
    }

    /// The fields of an object; none of another type.
    #[must_use]
    pub fn fields(&self, name: &str) -> Vec<&FieldDefinition> {
        match self.0.get(name) {
            Some(TypeKind::Object(object)) => object.fields.iter().map(|field| &field.node).collect(),
            _ => Vec::new(),
        }
    }

    /// The name of a field's type, without lists and exclamation marks.
    #[must_use]
    pub fn of(field: &FieldDefinition) -> String {
        Self::named(&field.ty.node.base)
    }

    fn named(mut base: &BaseType) -> String {
        while let BaseType::List(inner) = base {
            base = &inner.base;
        }
        let BaseType::Named(name) = base else { unreachable!("every list ends in a name") };
        name.to_string()
    }

    /// A field as it is asked for, when it needs no argument, and its type.
    #[must_use]
    pub fn asked(field: &FieldDefinition) -> Option<(String, String)> {
        let needs = |argument: &InputValueDefinition| !argument.ty.node.nullable && argument.default_value.is_none();
        let paged = field.arguments.iter().any(|argument| argument.node.name.node == "last");
        let page = if paged { "(first: 2)" } else { "" };
        (!field.arguments.iter().any(|argument| needs(&argument.node))).then(|| (format!("{}{page}", field.name.node), Self::of(field)))
    }

    /// Documents for every chain of at most `depth` objects that begins with `name`: each asks for all values of the last of them. No chain goes through
    /// a type twice.
    pub fn chains(&self, open: &str, close: &str, name: &str, depth: usize, documents: &mut Vec<String>) {
        if self.is_value(name) {
            documents.push(format!("{open} {close}"));
        } else {
            self.go_on(open, close, name, &[], depth, documents);
        }
    }

    /// Whether a type has no fields to choose from: a scalar or an enum.
    fn is_value(&self, name: &str) -> bool {
        !matches!(self.0.get(name), Some(TypeKind::Object(_) | TypeKind::Union(_) | TypeKind::Interface(_)))
    }

    fn go_on(&self, open: &str, close: &str, name: &str, passed: &[String], depth: usize, documents: &mut Vec<String>) {
        let fields: Vec<_> = self.fields(name).into_iter().filter_map(Self::asked).collect();
        let values: Vec<&str> = fields.iter().filter(|field| self.is_value(&field.1)).map(|field| field.0.as_str()).collect();
        documents.push(format!("{open} {{ __typename {} }} {close}", values.join(" ")));
        let passed: Vec<String> = passed.iter().cloned().chain([name.to_owned()]).collect();
        if passed.len() == depth {
            return;
        }
        for (field, of) in &fields {
            if matches!(self.0.get(of), Some(TypeKind::Object(_))) && !passed.contains(of) {
                self.go_on(&format!("{open} {{ {field}"), &format!("}} {close}"), of, &passed, depth, documents);
            }
        }
    }

    /// The type of the one input that a mutation takes.
    #[must_use]
    pub fn input_of(&self, field: &FieldDefinition) -> Option<String> {
        let input = field.arguments.iter().find(|argument| argument.node.name.node == "input")?;
        Some(Self::named(&input.node.ty.node.base))
    }

    /// Whether an input type has a field of this name.
    #[must_use]
    pub fn has_field(&self, input: &str, name: &str) -> bool {
        matches!(self.0.get(input), Some(TypeKind::InputObject(object)) if object.fields.iter().any(|field| field.node.name.node == name))
    }

    /// An input of a type: what is `known` by its name, and something of the right form for whatever else must be given.
    #[must_use]
    pub fn filled(&self, input: &str, known: &dyn Fn(&str) -> Option<Value>) -> Value {
        let Some(TypeKind::InputObject(object)) = self.0.get(input) else { return self.value(input) };
        let mut fields = Map::new();
        for field in object.fields.iter().map(|field| &field.node) {
            let name = field.name.node.as_str();
            if let Some(value) = known(name) {
                fields.insert(name.to_owned(), value);
            } else if !field.ty.node.nullable && field.default_value.is_none() {
                let inner = self.filled(&Self::named(&field.ty.node.base), known);
                let value = if matches!(field.ty.node.base, BaseType::List(_)) { Value::Array(vec![inner]) } else { inner };
                fields.insert(name.to_owned(), value);
            }
        }
        Value::Object(fields)
    }

    fn value(&self, of: &str) -> Value {
        match (self.0.get(of), of) {
            (Some(TypeKind::Enum(of)), _) => json!(of.values.first().map(|value| value.node.value.node.to_string())),
            (_, "Int") => json!(1),
            (_, "Float") => json!(1.0),
            (_, "Boolean") => json!(true),
            (_, "DateTime") => json!("2026-03-20T01:00:00Z"),
            (_, "NaiveDate") => json!("2026-03-20"),
            (_, "ID") => json!("prj_0000000000000000000001"),
            _ => json!("试一试"),
        }
    }
}
