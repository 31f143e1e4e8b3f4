//! Variables: whether what a client gives fits what its operation declares (GraphQL specification §6.1.2).
//!
//! The document itself has been judged once and for all; only values change from request to request. What a scalar of our own takes is left to the
//! argument that reads it.

use async_graphql::parser::types::{BaseType, OperationDefinition, Type};
use async_graphql::{Name, Value, Variables};
use domain::error::Code;

use super::answer::Fault;
use super::shape::{Input, Kind, Shape};

/// Checks the variables of an operation.
///
/// # Errors
/// `BAD_INPUT` with the variable, the place in it and what was expected there.
pub fn check(shape: &Shape, operation: &OperationDefinition, variables: &Variables) -> Result<(), Fault> {
    for definition in &operation.variable_definitions {
        let variable = &definition.node;
        let name = &variable.name.node;
        let ty = &variable.var_type.node;
        let wrong = |detail: String, field: Option<String>| Fault::document(Code::BadInput.into()).because(detail).at([definition.pos]).on(field);
        match variables.get(name) {
            None | Some(Value::Null) if !ty.nullable && variable.default_value.is_none() => {
                return Err(wrong(format!("Variable \"${name}\" of type \"{ty}\" is required"), None));
            }
            None => {}
            Some(value) => fits(shape, ty, value).map_err(|misfit| {
                let place = misfit.path.iter().rev().fold(name.to_string(), |path, part| format!("{path}.{part}"));
                let field = misfit.path.into_iter().find(|part| part.parse::<usize>().is_err());
                wrong(format!("Variable \"${place}\" {}", misfit.what), field)
            })?,
        }
    }
    Ok(())
}

/// Where a value does not fit, the innermost part of the way first, and why.
#[derive(Debug, PartialEq, Eq)]
pub struct Misfit {
    path: Vec<String>,
    /// Why.
    pub what: String,
}

impl Misfit {
    /// Right here.
    pub fn new(what: impl Into<String>) -> Self {
        Self { path: Vec::new(), what: what.into() }
    }

    /// Seen from one step further out.
    #[expect(clippy::needless_pass_by_value, reason = "numbers and names are written without a sign of borrowing")]
    pub fn below(mut self, part: impl ToString) -> Self {
        self.path.push(part.to_string());
        self
    }
}

/// Whether a value fits a type.
///
/// # Errors
/// Where it does not, and why.
pub fn fits(shape: &Shape, ty: &Type, value: &Value) -> Result<(), Misfit> {
    if matches!(value, Value::Null) {
        return if ty.nullable { Ok(()) } else { Err(Misfit::new(format!("must not be null, expected \"{ty}\""))) };
    }
    match (&ty.base, value) {
        (BaseType::List(inner), Value::List(values)) => {
            values.iter().enumerate().try_for_each(|(at, value)| fits(shape, inner, value).map_err(|misfit| misfit.below(at)))
        }
        // One value stands for a list of one.
        (BaseType::List(inner), value) => fits(shape, inner, value),
        (BaseType::Named(name), value) => named(shape, name, value),
    }
}

fn named(shape: &Shape, name: &Name, value: &Value) -> Result<(), Misfit> {
    let expected = || Misfit::new(format!("expected type \"{name}\""));
    match shape.kind(name) {
        Some(Kind::Scalar) => match (name.as_str(), value) {
            ("Int", Value::Number(number)) if number.as_i64().is_some_and(|number| i32::try_from(number).is_ok()) => Ok(()),
            ("Float", Value::Number(_)) | ("String" | "ID", Value::String(_)) | ("Boolean", Value::Boolean(_)) => Ok(()),
            ("ID", Value::Number(number)) if number.is_i64() => Ok(()),
            ("Int" | "Float" | "String" | "ID" | "Boolean", _) => Err(expected()),
            _ => Ok(()),
        },
        Some(Kind::Enum(values)) => match value {
            Value::String(text) if values.contains(text) => Ok(()),
            Value::Enum(text) if values.contains(text.as_str()) => Ok(()),
            Value::String(_) | Value::Enum(_) => Err(Misfit::new(format!("is none of the values of \"{name}\""))),
            _ => Err(expected()),
        },
        Some(Kind::Input(input)) => match value {
            Value::Object(values) => object(shape, name, input, values),
            _ => Err(expected()),
        },
        Some(Kind::Output(_)) | None => Err(expected()),
    }
}

fn object(shape: &Shape, name: &Name, input: &Input, values: &async_graphql::indexmap::IndexMap<Name, Value>) -> Result<(), Misfit> {
    input.check_names(name, &values.keys())?;
    if input.one_of && values.values().any(|value| matches!(value, Value::Null)) {
        return Err(Misfit::new(format!("must be exactly one of the fields of \"{name}\"")));
    }
    values.iter().try_for_each(|(key, value)| match input.fields.get(key.as_str()) {
        Some(field) => fits(shape, &field.ty, value).map_err(|misfit| misfit.below(key)),
        None => Ok(()),
    })
}

#[cfg(test)]
mod tests {
    use async_graphql::parser::types::Type;
    use async_graphql::{Value, value};

    use super::fits;
    use crate::server::shape::Shape;

    const SDL: &str = "schema { query: Query } type Query { a: Int } enum Colour { RED BLUE } scalar Date \
        input One @oneOf { a: Int b: String } input Deep { name: String! colour: Colour = RED list: [Int!] one: One day: Date kept: Int! = 1 }";

    fn misfit(ty: &str, value: &Value) -> Option<String> {
        let shape = Shape::read(SDL).expect("a schema");
        let ty = Type::new(ty).expect("a type");
        fits(&shape, &ty, value).err().map(|misfit| misfit.path.iter().rev().cloned().collect::<Vec<_>>().join("."))
    }

    #[test]
    fn values_fit_their_types() {
        for (ty, given) in [
            ("Int", value!(1)),
            ("Int", Value::Null),
            ("[Int!]", value!(3)),
            ("[Int!]!", value!([3, 4])),
            ("Float!", value!(1)),
            ("ID!", value!(7)),
            ("Colour!", value!("RED")),
            ("Date", value!("any text")),
            ("Deep!", value!({ "name": "x" })),
            ("Deep!", value!({ "name": "x", "colour": "BLUE", "list": [1], "one": { "a": 1 }, "day": null, "kept": 2 })),
        ] {
            assert_eq!(misfit(ty, &given), None, "{ty} {given}");
        }
    }

    #[test]
    fn a_misfit_names_its_place() {
        for (ty, given, place) in [
            ("Int!", Value::Null, ""),
            ("Int", value!(3_000_000_000_i64), ""),
            ("Int", value!("1"), ""),
            ("String", value!(1), ""),
            ("Boolean", value!(1), ""),
            ("[Int!]", value!([1, null]), "1"),
            ("Colour", value!("GREEN"), ""),
            ("Deep", value!("text"), ""),
            ("Deep", value!({}), "name"),
            ("Deep", value!({ "name": "x", "colour": "PINK" }), "colour"),
            ("Deep", value!({ "name": "x", "list": [1, "2"] }), "list.1"),
            ("Deep", value!({ "name": "x", "one": {} }), "one"),
            ("Deep", value!({ "name": "x", "one": { "a": 1, "b": "2" } }), "one"),
            ("Deep", value!({ "name": "x", "one": { "a": null } }), "one"),
            ("Deep", value!({ "name": "x", "more": 1 }), "more"),
            ("Query", value!({}), ""),
        ] {
            assert_eq!(misfit(ty, &given).as_deref(), Some(place), "{ty} {given}");
        }
    }
}
