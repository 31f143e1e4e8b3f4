//! What volunteers and teams can do.

use entity::role_grant::Role;
use entity::team::TeamColour;
use serde_json::{Value, json};
use support::{Actor, Answer, TestApp, both};

const MINE: &str = "{ mySupply { skills hours { weekday startMinute endMinute } exceptions { date available } reach weeklyTasksMax weeklyMinutesMax cell { latitude longitude } pausedUntil } }";
const TEAMS: &str = "query($filter: TeamSupplyFilter!) { teamSupply(filter: $filter) { edges { node { team { name } members ready free skills { code people } qualifications { code people } } } } }";

async fn set(who: &Actor, changes: Value) -> Answer {
    let usual = json!({ "skills": ["ESCORT", "DRIVING"], "hours": [{ "weekday": 6, "startMinute": 540, "endMinute": 720 }] });
    let input = support::listing::with(usual, changes);
    who.run(
        "mutation($input: SetMySupplyInput!) { setMySupply(input: $input) { skills exceptions { date } pausedUntil } }",
        json!({ "input": input }),
    )
    .await
}

async fn pause(who: &Actor, until: Option<&str>) -> Answer {
    who.run("mutation($until: NaiveDate) { pauseMySupply(input: { until: $until }) { pausedUntil skills } }", json!({ "until": until })).await
}

both! {
    async fn a_volunteer_says_what_they_can_do_and_when(app: TestApp) {
        let amy = app.member("李小明").await;
        let unsaid = amy.run(MINE, json!({})).await.ok();
        assert_eq!((unsaid.text("mySupply.reach").as_str(), unsaid.int("mySupply.weeklyTasksMax"), unsaid.list("mySupply.hours").len()), ("AREA", 3, 0));
        pause(&amy, Some("2026-04-01")).await.ok();
        let exceptions = json!([{ "date": "2026-03-07" }, { "date": "2026-03-08", "available": true, "startMinute": 600, "endMinute": 660 }, { "date": "2026-02-01" }]);
        let said = set(&amy, json!({ "exceptions": exceptions, "reach": "GRID", "point": { "latitude": 28.112_345, "longitude": 112.987_654 } })).await.ok();
        assert_eq!(said.list("setMySupply.exceptions").len(), 2, "what is over is forgotten");
        let mine = amy.run(MINE, json!({})).await.ok();
        assert_eq!(mine.data("mySupply.skills"), &json!(["DRIVING", "ESCORT"]));
        assert_eq!(mine.data("mySupply.hours"), &json!([{ "weekday": 6, "startMinute": 540, "endMinute": 720 }]));
        assert_eq!(mine.data("mySupply.cell"), &json!({ "latitude": 28.112, "longitude": 112.988 }));
        assert_eq!(mine.text("mySupply.pausedUntil"), "2026-04-01", "saying more does not end a pause");
        set(&amy, json!({ "skills": [], "hours": [] })).await.ok();
        let emptied = amy.run(MINE, json!({})).await.ok();
        assert_eq!((emptied.list("mySupply.skills").len(), emptied.list("mySupply.exceptions").len()), (0, 0), "it replaces what was said before");
        assert_eq!(pause(&amy, None).await.ok().data("pauseMySupply.pausedUntil"), &Value::Null);
    }

    async fn what_is_not_possible_is_refused(app: TestApp) {
        let amy = app.member("李小明").await;
        let hours = |weekday: i32, from: i32, to: i32| json!({ "weekday": weekday, "startMinute": from, "endMinute": to });
        assert_eq!(set(&amy, json!({ "skills": ["MAGIC"] })).await.code(), "TAXONOMY_UNKNOWN");
        for bad in [json!([hours(8, 0, 60)]), json!([hours(1, 60, 60)]), json!([hours(1, 0, 1_441)]), json!([hours(1, 0, 120), hours(1, 60, 180)])] {
            assert_eq!(set(&amy, json!({ "hours": bad })).await.field(), "hours");
        }
        let twice = json!([{ "date": "2026-03-07" }, { "date": "2026-03-07" }]);
        assert_eq!(set(&amy, json!({ "exceptions": twice })).await.field(), "exceptions");
        assert_eq!(set(&amy, json!({ "weeklyTasksMax": 0 })).await.field(), "weeklyTasksMax");
        assert_eq!(set(&amy, json!({ "weeklyMinutesMax": 10_081 })).await.field(), "weeklyMinutesMax");
        assert_eq!(pause(&amy, Some("2026-03-02")).await.field(), "until", "today is no pause");
        assert_eq!(pause(&amy, Some("2036-03-02")).await.field(), "until");
        assert_eq!(set(&app.resident("住户").await, json!({})).await.code(), "NOT_VOLUNTEER");
        assert_eq!(amy.run(MINE, json!({})).await.ok().list("mySupply.skills").len(), 0);
    }

    async fn a_team_can_what_its_members_can(app: TestApp) {
        let team_id = app.team("红色暖心队", Some(TeamColour::Red)).await;
        app.team("蓝色维修队", Some(TeamColour::Blue)).await;
        let leader = app.leader(team_id).await;
        let (amy, ben, cat, worker) = (app.member("李小明").await, app.member("王芳").await, app.member("张伟").await, app.grid_worker().await);
        for member in [&amy, &ben, &cat] {
            app.join(member, team_id).await;
        }
        set(&amy, json!({})).await.ok();
        set(&ben, json!({ "exceptions": [{ "date": "2026-03-07" }] })).await.ok();
        set(&cat, json!({})).await.ok();
        pause(&cat, Some("2026-03-20")).await.ok();
        let verify = "mutation($input: VerifyQualificationInput!) { verifyQualification(input: $input) { id } }";
        for (who, until) in [(&amy, "2026-03-06"), (&ben, "2026-12-31")] {
            let input = json!({ "volunteerId": who.volunteer_id, "code": "FIRST_AID", "validUntil": until });
            worker.run(verify, json!({ "input": input })).await.ok();
        }
        let saturday = json!({ "filter": { "startsAt": "2026-03-07T01:30:00Z", "endsAt": "2026-03-07T03:30:00Z" } });
        let seen = leader.run(TEAMS, saturday.clone()).await.ok();
        assert_eq!(seen.list("teamSupply.edges").len(), 1, "a leader answers for one team");
        let skills = json!([{ "code": "DRIVING", "people": 2 }, { "code": "ESCORT", "people": 2 }]);
        assert_eq!(
            seen.data("teamSupply.edges.0.node"),
            &json!({ "team": { "name": "红色暖心队" }, "members": 4, "ready": 3, "free": 1, "skills": skills, "qualifications": [{ "code": "FIRST_AID", "people": 1 }] }),
            "cat pauses, ben is away, amy's licence has run out by Saturday"
        );
        let admin = app.with_role("管理员", Role::Admin, app.community.region_id).await;
        assert_eq!(admin.run(TEAMS, json!({ "filter": {} })).await.ok().list("teamSupply.edges").len(), 2);
        let red = admin.run(TEAMS, json!({ "filter": { "colour": "RED" } })).await.ok();
        assert_eq!((red.list("teamSupply.edges").len(), red.data("teamSupply.edges.0.node.free")), (1, &Value::Null));
        assert_eq!(amy.run(TEAMS, saturday).await.code(), "FORBIDDEN");
        assert_eq!(admin.run(TEAMS, json!({ "filter": { "startsAt": "2026-03-07T01:30:00Z" } })).await.field(), "endsAt");
    }
}
