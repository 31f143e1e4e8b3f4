//! What stories about local units say over and over: a unit is entered, sits in the alliance, and somebody speaks for it.

use serde_json::{Value, json};

use crate::registered::send;
use crate::{Actor, Answer, TestApp};

/// Everything a document says about a task.
pub const TASK: &str = "{ id title state light needId result minutes people unit { name } declines { reason unit { name } } }";

impl TestApp {
    /// A unit of the community.
    pub async fn unit(&self, admin: &Actor, name: &str) -> String {
        let input = json!({ "name": name, "kind": "COMPANY" });
        send(admin, "createUnit", "CreateUnitInput", "{ id }", input).await.ok().text("createUnit.id")
    }

    /// A unit that sits in the alliance for six years, and its liaison.
    pub async fn member_unit(&self, admin: &Actor, name: &str) -> (String, Actor) {
        let unit = self.unit(admin, name).await;
        admin.seat(&unit, "2026-01-01", "2031-12-31").await.ok();
        let liaison = self.liaison(admin, &unit).await;
        (unit, liaison)
    }

    /// Somebody who speaks for a unit.
    pub async fn liaison(&self, admin: &Actor, unit: &str) -> Actor {
        let actor = self.member("联络员").await;
        admin.make_liaison(&actor, unit).await.ok();
        actor
    }
}

impl Actor {
    /// Makes somebody the liaison of a unit.
    pub async fn make_liaison(&self, who: &Actor, unit: &str) -> Answer {
        let input = json!({ "role": "UNIT_LIAISON", "accountId": who.account_id, "unitId": unit });
        send(self, "grantRole", "GrantRoleInput", "{ id role unit { id name } region { id } team { id } }", input).await
    }

    /// Gives a unit a seat in the alliance.
    pub async fn seat(&self, unit: &str, from: &str, to: &str) -> Answer {
        let input = json!({ "unitId": unit, "seat": "MEMBER", "partyOrganisation": "机关第一党支部", "termFrom": from, "termTo": to });
        send(self, "seatAllianceMember", "SeatAllianceMemberInput", "{ id seat termFrom termTo endedOn mine unit { name } }", input).await
    }

    /// Any of the mutations about a task.
    pub async fn on_task(&self, mutation: &str, input: Value) -> Answer {
        let input_type = format!("{}{}Input", mutation[..1].to_uppercase(), &mutation[1..]);
        send(self, mutation, &input_type, TASK, input).await
    }

    /// Titles of the messages, newest first.
    pub async fn told(&self) -> Vec<String> {
        let answer = self.run("{ myNotifications(first: 50) { edges { node { title body kind } } } }", json!({})).await.ok();
        answer.list("myNotifications.edges").iter().map(|edge| edge["node"]["title"].as_str().unwrap_or_default().to_owned()).collect()
    }
}
