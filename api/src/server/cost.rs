//! What an operation costs, in points (成本), before it runs.
//!
//! An object costs 1, a value nothing, a count of all rows 10, a mutation 10. A field that takes `first` or `last` costs its page times what one row
//! costs; one that takes `ids` as many times as there are ids; any other list is taken for ten rows. A field at the root costs at least 1. What asks
//! for the schema itself costs 1 a field.
//!
//! Invariant: sums saturate, so no operation is so dear that it becomes cheap again.

use async_graphql::parser::types::{ExecutableDocument, Field as Selected, OperationDefinition, OperationType, Selection, SelectionSet};
use async_graphql::{Value, Variables};

use super::shape::{Shape, Size};

/// Rows of a list whose size nobody chooses.
const LIST: u64 = 10;
/// A mutation, beside what it gives back.
const MUTATION: u64 = 10;
/// A count of all rows.
const COUNT: u64 = 10;
/// Largest page, whatever was asked for; more is refused by the field itself.
const PAGE_MAX: i64 = 100;

/// What `operation` of `document` costs with these variables.
pub fn of(shape: &Shape, document: &ExecutableDocument, operation: &OperationDefinition, variables: &Variables) -> u64 {
    let walk = Walk { shape, document, operation, variables };
    walk.set(&operation.selection_set.node, shape.root(operation.ty), false, &|field, cost| match operation.ty {
        OperationType::Mutation if field.name.node != "__typename" => cost.saturating_add(MUTATION),
        _ => cost.max(1),
    })
}

struct Walk<'a> {
    shape: &'a Shape,
    document: &'a ExecutableDocument,
    operation: &'a OperationDefinition,
    variables: &'a Variables,
}

type Finish<'f> = &'f dyn Fn(&Selected, u64) -> u64;

impl Walk<'_> {
    /// Sums up a selection on a type. In a page, the list of its rows has been counted already.
    fn set(&self, set: &SelectionSet, on: Option<&str>, in_page: bool, finish: Finish<'_>) -> u64 {
        let costs = set.items.iter().map(|item| match &item.node {
            Selection::Field(field) => finish(&field.node, self.field(&field.node, on, in_page)),
            Selection::InlineFragment(fragment) => {
                let on = fragment.node.type_condition.as_ref().map(|condition| condition.node.on.node.as_str()).or(on);
                self.set(&fragment.node.selection_set.node, on, in_page, finish)
            }
            // Fragments in fragments are bounded before: all of them put in their places is at most a few thousand selections.
            Selection::FragmentSpread(spread) => self.document.fragments.get(&spread.node.fragment_name.node).map_or(0, |fragment| {
                let on = Some(fragment.node.type_condition.node.on.node.as_str());
                self.set(&fragment.node.selection_set.node, on, in_page, finish)
            }),
        });
        costs.fold(0, u64::saturating_add)
    }

    fn field(&self, field: &Selected, on: Option<&str>, in_page: bool) -> u64 {
        let name = field.name.node.as_str();
        if name == "totalCount" {
            return COUNT;
        }
        if field.selection_set.node.items.is_empty() {
            return 0;
        }
        let known = on.and_then(|on| self.shape.field(on, name));
        let (of, size, list) = known.map_or((None, Size::Fixed, false), |known| (Some(known.of.as_str()), known.size, known.list));
        let paged = matches!(size, Size::Page(_));
        let below = self.set(&field.selection_set.node, of, paged, &|_, cost| cost);
        let rows = match size {
            Size::Page(usual) => self.page(field, usual),
            Size::Ids => self.ids(field),
            Size::Fixed if list && !in_page => LIST,
            Size::Fixed => 1,
        };
        rows.saturating_mul(below).saturating_add(1)
    }

    fn page(&self, field: &Selected, usual: i64) -> u64 {
        let asked = ["first", "last"].into_iter().find_map(|name| match self.argument(field, name)? {
            Value::Number(number) => Some(number.as_i64().unwrap_or(PAGE_MAX)),
            _ => None,
        });
        // What is out of range is refused by the field; until then it counts as the most there is.
        let asked = asked.unwrap_or(usual);
        u64::try_from(if (0..=PAGE_MAX).contains(&asked) { asked } else { PAGE_MAX }).unwrap_or_default()
    }

    fn ids(&self, field: &Selected) -> u64 {
        match self.argument(field, "ids") {
            Some(Value::List(ids)) => ids.len() as u64,
            _ => 1,
        }
    }

    /// The value of an argument: written there, or its variable's, or that variable's default.
    fn argument(&self, field: &Selected, name: &str) -> Option<Value> {
        let given = field.arguments.iter().find(|(own, _)| own.node == name).map(|(_, value)| value.node.clone())?;
        let value = given.into_const_with(|name| {
            let declared = || self.operation.variable_definitions.iter().find(|variable| variable.node.name.node == name)?.node.default_value.clone();
            self.variables.get(&name).cloned().or_else(|| declared().map(|value| value.node)).ok_or(())
        });
        value.ok()
    }
}

#[cfg(test)]
mod tests {
    use async_graphql::Variables;
    use async_graphql::parser::parse_query;
    use serde_json::json;

    use super::of;
    use crate::server::shape::Shape;

    const SDL: &str = "schema { query: Query mutation: Mutation } \
        type Query { me: Person people(first: Int, last: Int): People board(first: Int = 20): Board nodes(ids: [ID!]!): [Node] count: Int } \
        type Mutation { act: Person } type People { edges: [Edge!]! totalCount: Int! } type Edge { node: Person! } interface Node { id: ID! } \
        type Person implements Node { id: ID! friends(first: Int): People tags: [Tag!]! } type Tag { name: String! } \
        type Board { entries: [Tag!]! me: Tag }";

    fn cost(text: &str, variables: serde_json::Value) -> u64 {
        let shape = Shape::read(SDL).expect("a schema");
        let document = parse_query(text).expect("a document");
        let (_, operation) = document.operations.iter().next().expect("an operation");
        of(&shape, &document, &operation.node, &Variables::from_json(variables))
    }

    #[test]
    fn each_kind_of_field_has_its_price() {
        for (text, expected) in [
            ("{ count }", 1),
            ("{ __typename }", 1),
            ("{ me { id } }", 1),
            ("{ me { tags { name } } }", 2),
            ("{ me { friends { edges { node { tags { name } } } } } }", 1 + 1 + 20 * (1 + 1 + 1)),
            ("{ people { edges { node { id } } totalCount } }", 1 + 20 * (2 + 10)),
            ("{ people(first: 5) { edges { node { id } } } }", 1 + 5 * 2),
            ("{ people(last: 3) { edges { node { id } } } }", 1 + 3 * 2),
            ("{ board { entries { name } me { name } } }", 1 + 20 * 2),
            ("{ nodes(ids: [1, 2, 3]) { id ... on Person { tags { name } } } }", 1 + 3),
            ("mutation { act { id } }", 11),
            ("{ ...a ...a } fragment a on Query { me { id } }", 2),
            ("{ __schema { types { name } } }", 2),
        ] {
            assert_eq!(cost(text, json!({})), expected, "{text}");
        }
    }

    #[test]
    fn a_page_costs_what_its_variable_says_and_nonsense_as_much_as_the_largest() {
        let text = "query($n: Int = 2) { people(first: $n) { edges { node { id } } } }";
        assert_eq!(cost(text, json!({})), 5);
        assert_eq!(cost(text, json!({ "n": 50 })), 101);
        for nonsense in [json!(-1), json!(i32::MAX), json!(4_294_967_296_i64)] {
            assert_eq!(cost(text, json!({ "n": nonsense })), 201);
        }
        assert_eq!(cost(text, json!({ "n": null })), 41);
    }

    #[test]
    fn what_is_dear_beyond_counting_stays_dear() {
        let mut text = "id".to_owned();
        for _ in 0..40 {
            text = format!("friends(first: 100) {{ edges {{ node {{ {text} }} }} }}");
        }
        assert_eq!(cost(&format!("{{ me {{ {text} }} }}"), json!({})), u64::MAX);
    }
}
