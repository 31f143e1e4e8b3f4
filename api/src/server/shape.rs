//! The shape of the schema, as the door needs it before anything runs: what an input must look like and what a field costs.
//!
//! It is read once from the schema's own text, so it cannot differ from what clients see.

use std::collections::{HashMap, HashSet};
use std::{io, thread};

use async_graphql::parser::types::{BaseType, FieldDefinition, InputValueDefinition, OperationType, Type, TypeKind, TypeSystemDefinition};
use async_graphql::parser::{Error, parse_schema};
use async_graphql::{Name, Positioned, Value};

use super::variables::Misfit;
use crate::graphql;

/// All types by name.
#[derive(Clone)]
pub struct Shape {
    types: HashMap<String, Kind>,
    directives: HashMap<String, Arguments>,
    roots: [Option<String>; 3],
}

/// Arguments by name.
pub type Arguments = HashMap<String, InputField>;

/// What a type is.
#[derive(Clone)]
pub enum Kind {
    /// A scalar, of the language or our own.
    Scalar,
    /// An enum with its values.
    Enum(HashSet<String>),
    /// An input object.
    Input(Input),
    /// An object or interface with its fields; a union has none.
    Output(HashMap<String, Field>),
}

/// An input object.
#[derive(Clone)]
pub struct Input {
    /// Its fields.
    pub fields: Arguments,
    /// Exactly one of them must be given.
    pub one_of: bool,
}

/// A field of an input object, or an argument.
#[derive(Clone)]
pub struct InputField {
    /// Its type.
    pub ty: Type,
    /// Whether it may be left out although its type takes no null.
    pub has_default: bool,
}

/// A field of an output type.
#[derive(Clone)]
pub struct Field {
    /// Name of the type below all lists.
    pub of: String,
    /// What it takes.
    pub arguments: Arguments,
    /// Whether it gives a list.
    pub list: bool,
    /// How its size is chosen.
    pub size: Size,
}

impl Input {
    /// Checks which fields are given, whatever their values.
    pub fn check_names<'k>(&self, own: &Name, given: &(impl Iterator<Item = &'k Name> + Clone)) -> Result<(), Misfit> {
        if let Some(unknown) = given.clone().find(|key| !self.fields.contains_key(key.as_str())) {
            return Err(Misfit::new(format!("is no field of \"{own}\"")).below(unknown));
        }
        if self.one_of && given.clone().count() != 1 {
            return Err(Misfit::new(format!("must be exactly one of the fields of \"{own}\"")));
        }
        let missing = self.fields.iter().find(|(key, field)| !field.ty.nullable && !field.has_default && !given.clone().any(|given| given == *key));
        match missing {
            Some((key, field)) => Err(Misfit::new(format!("is required, of type \"{}\"", field.ty)).below(key)),
            None => Ok(()),
        }
    }
}

/// How a client chooses how many rows a field gives.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Size {
    /// It cannot.
    Fixed,
    /// By `first` or `last`; so many when it says nothing.
    Page(i64),
    /// By the length of `ids`.
    Ids,
}

/// Rows of a page when the client does not say.
const PAGE: i64 = 20;

impl Shape {
    /// The shape of the program's schema. Reading takes many times the memory of what is kept, so it is done on a thread of its own, with which that
    /// memory goes.
    ///
    /// # Errors
    /// When there is no thread, or the schema cannot be read.
    pub fn of_program() -> io::Result<Self> {
        let reading = thread::Builder::new().name("shape".to_owned()).spawn(|| Self::read(&without_descriptions(&graphql::sdl())))?;
        let read = reading.join().map_err(|_| io::Error::other("reading the schema failed"))?.map_err(io::Error::other)?;
        // A copy lies close together; what was read lies scattered among what is thrown away, and would keep all of it.
        Ok(read.clone())
    }

    /// Reads the text of a schema.
    ///
    /// # Errors
    /// When it is no schema.
    pub fn read(sdl: &str) -> Result<Self, Error> {
        let mut shape = Self { types: HashMap::new(), directives: HashMap::new(), roots: [None, None, None] };
        for definition in parse_schema(sdl)?.definitions {
            match definition {
                TypeSystemDefinition::Schema(schema) => {
                    let name = |root: Option<Positioned<Name>>| root.map(|name| name.node.to_string());
                    shape.roots = [name(schema.node.query), name(schema.node.mutation), name(schema.node.subscription)];
                }
                TypeSystemDefinition::Type(definition) => {
                    shape.types.insert(definition.node.name.node.to_string(), kind(definition.node));
                }
                TypeSystemDefinition::Directive(directive) => {
                    let directive = directive.node;
                    shape.directives.insert(directive.name.node.to_string(), directive.arguments.into_iter().map(input_field).collect());
                }
            }
        }
        for scalar in ["Int", "Float", "String", "Boolean", "ID"] {
            shape.types.entry(scalar.to_owned()).or_insert(Kind::Scalar);
        }
        Ok(shape)
    }

    /// A type by its name.
    pub fn kind(&self, name: &str) -> Option<&Kind> {
        self.types.get(name)
    }

    /// What a directive takes.
    pub fn directive(&self, name: &str) -> Option<&Arguments> {
        self.directives.get(name)
    }

    /// A field of an output type.
    pub fn field(&self, of: &str, name: &str) -> Option<&Field> {
        match self.types.get(of)? {
            Kind::Output(fields) => fields.get(name),
            _ => None,
        }
    }

    /// The type at the root of an operation.
    pub fn root(&self, operation: OperationType) -> Option<&str> {
        let [query, mutation, subscription] = &self.roots;
        match operation {
            OperationType::Query => query.as_deref(),
            OperationType::Mutation => mutation.as_deref(),
            OperationType::Subscription => subscription.as_deref(),
        }
    }
}

/// The text without its descriptions, most of it.
fn without_descriptions(sdl: &str) -> String {
    sdl.split("\"\"\"").step_by(2).collect()
}

fn kind(definition: async_graphql::parser::types::TypeDefinition) -> Kind {
    let one_of = definition.directives.iter().any(|directive| directive.node.name.node == "oneOf");
    match definition.kind {
        TypeKind::Scalar => Kind::Scalar,
        TypeKind::Enum(values) => Kind::Enum(values.values.into_iter().map(|value| value.node.value.node.to_string()).collect()),
        TypeKind::InputObject(input) => Kind::Input(Input { fields: input.fields.into_iter().map(input_field).collect(), one_of }),
        TypeKind::Object(object) => Kind::Output(object.fields.into_iter().map(field).collect()),
        TypeKind::Interface(interface) => Kind::Output(interface.fields.into_iter().map(field).collect()),
        TypeKind::Union(_) => Kind::Output(HashMap::new()),
    }
}

fn input_field(definition: Positioned<InputValueDefinition>) -> (String, InputField) {
    let definition = definition.node;
    (definition.name.node.to_string(), InputField { ty: definition.ty.node, has_default: definition.default_value.is_some() })
}

fn field(definition: Positioned<FieldDefinition>) -> (String, Field) {
    let definition = definition.node;
    let argument = |name: &str| definition.arguments.iter().find(|argument| argument.node.name.node == name).map(|argument| &argument.node);
    let size = match (argument("first").or_else(|| argument("last")), argument("ids")) {
        (Some(page), _) => Size::Page(default_of(page).unwrap_or(PAGE)),
        (None, Some(_)) => Size::Ids,
        (None, None) => Size::Fixed,
    };
    let (of, list) = below_lists(&definition.ty.node);
    let (name, of) = (definition.name.node.to_string(), of.to_owned());
    (name, Field { of, arguments: definition.arguments.into_iter().map(input_field).collect(), list, size })
}

fn default_of(argument: &InputValueDefinition) -> Option<i64> {
    match &argument.default_value.as_ref()?.node {
        Value::Number(number) => number.as_i64(),
        _ => None,
    }
}

fn below_lists(ty: &Type) -> (&str, bool) {
    match &ty.base {
        BaseType::Named(name) => (name.as_str(), false),
        BaseType::List(inner) => (below_lists(inner).0, true),
    }
}

#[cfg(test)]
mod tests {
    use super::{Kind, Shape, Size};

    #[test]
    fn the_schema_of_the_program_is_read_whole() {
        let shape = Shape::of_program().expect("our own schema");
        assert!(shape.field("Query", "leaderboard").is_some_and(|field| !field.list && field.size == Size::Page(20)));
        assert!(shape.field("Query", "nodes").is_some_and(|field| field.list && field.size == Size::Ids));
        assert!(shape.field("Leaderboard", "entries").is_some_and(|field| field.list && field.size == Size::Fixed && field.of == "LeaderboardEntry"));
        assert!(matches!(shape.kind("LeaderboardScope"), Some(Kind::Input(input)) if input.one_of && input.fields.len() == 2));
        assert!(matches!(shape.kind("LeaderboardMetric"), Some(Kind::Enum(values)) if values.contains("POINTS")));
    }
}
