//! What the library's judging of a document leaves out: literal values against the types of their arguments, variables against the places they stand
//! in (GraphQL §5.6.1, §5.8.5), and `__typename`, which it does not look at.
//!
//! Each operation is walked with every fragment it reaches once.

use std::collections::HashSet;

use async_graphql::parser::types::{BaseType, Directive, ExecutableDocument, Field as Selected, OperationDefinition, Selection, SelectionSet, Type};
use async_graphql::{Name, Pos, Positioned};
use async_graphql_value::Value;
use domain::error::Code;

use super::answer::Fault;
use super::shape::{Arguments, Field, InputField, Kind, Shape};
use super::variables::{Misfit, fits};

/// Checks all operations of a document that the library found good.
///
/// # Errors
/// `BAD_INPUT` for a literal that does not fit, `BAD_QUERY` for the rest.
pub fn check(shape: &Shape, document: &ExecutableDocument) -> Result<(), Fault> {
    for (_, operation) in document.operations.iter() {
        let mut walk = Walk { shape, document, operation: &operation.node, seen: HashSet::new() };
        walk.directives(&operation.node.directives)?;
        walk.set(&operation.node.selection_set.node, shape.root(operation.node.ty))?;
    }
    Ok(())
}

struct Walk<'a> {
    shape: &'a Shape,
    document: &'a ExecutableDocument,
    operation: &'a OperationDefinition,
    seen: HashSet<&'a str>,
}

fn bad(detail: impl Into<String>, at: Pos) -> Fault {
    Fault::document(Code::BadQuery.into()).because(detail).at([at])
}

impl<'a> Walk<'a> {
    fn set(&mut self, set: &'a SelectionSet, on: Option<&str>) -> Result<(), Fault> {
        for item in &set.items {
            self.directives(item.node.directives())?;
            match &item.node {
                Selection::Field(field) => self.field(field, on)?,
                Selection::InlineFragment(fragment) => {
                    let on = fragment.node.type_condition.as_ref().map(|condition| condition.node.on.node.as_str()).or(on);
                    self.set(&fragment.node.selection_set.node, on)?;
                }
                Selection::FragmentSpread(spread) => {
                    let name = &spread.node.fragment_name.node;
                    if let Some(fragment) = self.document.fragments.get(name)
                        && self.seen.insert(name.as_str())
                    {
                        self.directives(&fragment.node.directives)?;
                        self.set(&fragment.node.selection_set.node, Some(fragment.node.type_condition.node.on.node.as_str()))?;
                    }
                }
            }
        }
        Ok(())
    }

    fn field(&mut self, field: &'a Positioned<Selected>, on: Option<&str>) -> Result<(), Fault> {
        let Selected { name, arguments, selection_set, .. } = &field.node;
        if name.node == "__typename" {
            return match (arguments.first(), selection_set.node.items.first()) {
                (Some((argument, _)), _) => Err(bad(format!("Unknown argument \"{}\" on field \"__typename\"", argument.node), argument.pos)),
                (None, Some(item)) => Err(bad("Field \"__typename\" must not have a selection since it is a String", item.pos)),
                (None, None) => Ok(()),
            };
        }
        // What asks for the schema itself has no shape here, and the library judges it.
        let Some(Field { arguments: takes, of, .. }) = on.and_then(|on| self.shape.field(on, name.node.as_str())) else { return Ok(()) };
        self.arguments(arguments, takes)?;
        self.set(&selection_set.node, Some(of))
    }

    /// Directives stand once each, with what they need, wherever the library does not look.
    fn directives(&self, directives: &[Positioned<Directive>]) -> Result<(), Fault> {
        let mut seen = HashSet::new();
        for directive in directives {
            let name = directive.node.name.node.as_str();
            let Some(takes) = self.shape.directive(name) else { return Err(bad(format!("Unknown directive \"{name}\""), directive.pos)) };
            if !seen.insert(name) {
                return Err(bad(format!("The directive \"{name}\" can only be used once at this location"), directive.pos));
            }
            self.arguments(&directive.node.arguments, takes)?;
            for (argument, _) in &directive.node.arguments {
                if !takes.contains_key(argument.node.as_str()) {
                    return Err(bad(format!("Unknown argument \"{}\" on directive \"{name}\"", argument.node), argument.pos));
                }
            }
            let given = |wanted: &str| directive.node.arguments.iter().any(|(argument, _)| argument.node == wanted);
            if let Some((missing, _)) = takes.iter().find(|(wanted, takes)| !takes.ty.nullable && !takes.has_default && !given(wanted)) {
                return Err(bad(format!("Directive \"{name}\" needs its argument \"{missing}\""), directive.pos));
            }
        }
        Ok(())
    }

    fn arguments(&self, given: &[(Positioned<Name>, Positioned<Value>)], takes: &Arguments) -> Result<(), Fault> {
        for (name, value) in given {
            let Some(InputField { ty, has_default }) = takes.get(name.node.as_str()) else { continue };
            self.value(&value.node, ty, *has_default, value.pos).map_err(|fault| fault.on(Some(name.node.to_string())))?;
        }
        Ok(())
    }

    /// A literal must fit its type, a variable its place, and what holds variables is looked into.
    fn value(&self, value: &Value, ty: &Type, has_default: bool, at: Pos) -> Result<(), Fault> {
        if let Value::Variable(name) = value {
            return self.variable(name, ty, has_default, at);
        }
        let misfit = |misfit: Misfit| Fault::document(Code::BadInput.into()).because(format!("the value {value} {}", misfit.what)).at([at]);
        if let Some(known) = value.clone().into_const() {
            return fits(self.shape, ty, &known).map_err(misfit);
        }
        match (&ty.base, value) {
            (BaseType::List(inner), Value::List(values)) => values.iter().try_for_each(|value| self.value(value, inner, false, at)),
            (BaseType::List(inner), value) => self.value(value, inner, false, at),
            (BaseType::Named(name), Value::Object(values)) => {
                let Some(Kind::Input(input)) = self.shape.kind(name) else { return Ok(()) };
                input.check_names(name, &values.keys()).map_err(misfit)?;
                values.iter().try_for_each(|(key, value)| match input.fields.get(key.as_str()) {
                    Some(field) => self.value(value, &field.ty, field.has_default, at),
                    None => Ok(()),
                })
            }
            (BaseType::Named(name), _) => Err(misfit(Misfit::new(format!("is no \"{name}\"")))),
        }
    }

    fn variable(&self, name: &Name, place: &Type, has_default: bool, at: Pos) -> Result<(), Fault> {
        let mut declared = self.operation.variable_definitions.iter().map(|definition| &definition.node);
        // The library refuses what is not declared.
        let Some(variable) = declared.find(|variable| variable.name.node == *name) else { return Ok(()) };
        let own = &variable.var_type.node;
        let filled = has_default || variable.default_value.as_ref().is_some_and(|value| value.node != async_graphql::Value::Null);
        let nullable_fits = place.nullable || !own.nullable || filled;
        if nullable_fits && compatible(own, place, true) {
            return Ok(());
        }
        Err(bad(format!("Variable \"${name}\" of type \"{own}\" used in position expecting type \"{place}\""), at))
    }
}

/// Whether what the first type holds always fits the second; null apart where that has been decided.
fn compatible(own: &Type, place: &Type, null_decided: bool) -> bool {
    if !null_decided && own.nullable && !place.nullable {
        return false;
    }
    match (&own.base, &place.base) {
        (BaseType::Named(own), BaseType::Named(place)) => own == place,
        (BaseType::List(own), BaseType::List(place)) => compatible(own, place, false),
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use async_graphql::parser::parse_query;

    use super::check;
    use crate::server::shape::Shape;
    use domain::error::Code;

    const SDL: &str = "schema { query: Query } type Query { a(n: Int! = 1, m: Int!, o: Int, list: [Int!], in: In): A } type A { b(text: String): Int } \
        input In { x: Int! y: [String!] z: Int! = 3 } \
        directive @include(if: Boolean!) on FIELD directive @skip(if: Boolean!) on FIELD";

    fn refused(text: &str) -> Option<Code> {
        check(&Shape::read(SDL).expect("a schema"), &parse_query(text).expect("a document")).err().map(|fault| fault.error.code)
    }

    #[test]
    fn literals_fit_and_variables_stand_where_they_may() {
        for text in [
            "{ a(m: 1) { b __typename @include(if: true) } }",
            "query($m: Int!, $n: Int) { a(m: $m, n: $n) { b } }",
            "query($m: Int = 2) { a(m: $m) { b } }",
            "query($l: [Int!]!, $y: [String!], $x: Int!) { a(m: 1, list: $l, in: { x: $x, y: $y }) { b } }",
            "query($t: String!) { a(m: 1) { ...f } } fragment f on A { b(text: $t) }",
            "query($x: Int!) { a(m: 1, list: [1, $x]) { b } }",
            "{ __schema { types { name } } }",
        ] {
            assert_eq!(refused(text), None, "{text}");
        }
    }

    #[test]
    fn what_does_not_fit_is_refused() {
        for (text, code) in [
            ("{ a(m: 2147483648) { b } }", Code::BadInput),
            ("{ a(m: \"1\") { b } }", Code::BadInput),
            ("{ a(m: null) { b } }", Code::BadInput),
            ("{ a(m: 1, in: 1) { b } }", Code::BadInput),
            ("{ a(m: 1, in: { x: 1, y: [2] }) { b } }", Code::BadInput),
            ("query($x: Int!) { a(m: 1, in: { x: $x, w: 1 }) { b } }", Code::BadInput),
            ("query($y: [String!]) { a(m: 1, in: { y: $y }) { b } }", Code::BadInput),
            ("query($m: Int) { a(m: $m) { b } }", Code::BadQuery),
            ("query($m: Int = null) { a(m: $m) { b } }", Code::BadQuery),
            ("query($m: String!) { a(m: $m) { b } }", Code::BadQuery),
            ("query($m: [Int!]!) { a(m: $m) { b } }", Code::BadQuery),
            ("query($l: [Int]) { a(m: 1, list: $l) { b } }", Code::BadQuery),
            ("query($x: Int) { a(m: 1, list: [$x]) { b } }", Code::BadQuery),
            ("query($t: Int) { a(m: 1) { ...f } } fragment f on A { b(text: $t) }", Code::BadQuery),
            ("{ __typename(a: 1) }", Code::BadQuery),
            ("{ __typename { a } }", Code::BadQuery),
            ("{ __typename @nothing }", Code::BadQuery),
            ("{ __typename @skip }", Code::BadQuery),
            ("{ __typename @skip(if: true, of: 1) }", Code::BadQuery),
            ("{ __typename @skip(if: true) @skip(if: true) }", Code::BadQuery),
            ("{ __typename @skip(if: 1) }", Code::BadInput),
            ("query @nothing { __typename }", Code::BadQuery),
        ] {
            assert_eq!(refused(text), Some(code), "{text}");
        }
    }
}
