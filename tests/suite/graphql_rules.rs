//! Two rules of the GraphQL specification that later versions of the library broke: a failing non-null field nulls its parent, and keys keep the
//! order of the query. They are held here on a small schema, so that another version of the library can be tried by changing one line.

use std::time::Duration;

use async_graphql::{EmptyMutation, EmptySubscription, Object, Schema, SimpleObject};

struct Query;

#[Object]
impl Query {
    async fn slow(&self) -> i32 {
        tokio::time::sleep(Duration::from_millis(20)).await;
        1
    }

    async fn fast(&self) -> i32 {
        2
    }

    async fn parent(&self) -> Option<Parent> {
        Some(Parent { id: 1 })
    }

    async fn list(&self) -> Vec<Option<Parent>> {
        vec![Some(Parent { id: 1 }), Some(Parent { id: 2 })]
    }

    async fn strict(&self) -> Parent {
        Parent { id: 1 }
    }
}

#[derive(SimpleObject)]
#[graphql(complex)]
struct Parent {
    id: i32,
}

#[async_graphql::ComplexObject]
impl Parent {
    async fn bad(&self) -> async_graphql::Result<i32> {
        tokio::task::yield_now().await;
        if self.id == 1 { Err("no".into()) } else { Ok(self.id) }
    }
}

fn answer(document: &str) -> String {
    let schema = Schema::new(Query, EmptyMutation, EmptySubscription);
    let runtime = tokio::runtime::Builder::new_current_thread().enable_time().build().expect("a runtime");
    runtime.block_on(async { schema.execute(document).await.data.to_string() })
}

#[test]
fn a_failing_non_null_field_nulls_its_parent() {
    assert_eq!(answer("{ fast parent { id bad } }"), "{fast: 2, parent: null}");
    assert_eq!(answer("{ list { id bad } }"), "{list: [null, {id: 2, bad: 2}]}");
    assert_eq!(answer("{ fast strict { id bad } }"), "null", "non-null all the way up");
}

#[test]
fn keys_keep_the_order_of_the_query() {
    assert_eq!(answer("{ slow fast }"), "{slow: 1, fast: 2}");
    assert_eq!(answer("{ fast slow again: fast }"), "{fast: 2, slow: 1, again: 2}");
}
