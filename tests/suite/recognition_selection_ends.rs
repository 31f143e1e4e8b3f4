//! What ends a selection otherwise than by its announcement, and votes at the same moment.

use entity::role_grant::Role;
use sea_orm::{ConnectionTrait, EntityTrait};
use serde_json::json;
use support::registered::say;
use support::{Actor, TestApp, both};

use crate::recognition_selection::{begin, cast, nominate, open, panel, review_of, score, seen, serve, step, told};

both! {
    async fn one_person_has_one_vote_however_fast(app: TestApp) {
        let (team_id, leader) = app.led_team("绿色家园队").await;
        let activity = app.activity(&leader, team_id, json!({})).await;
        let (amy, ben, admin) = (app.member("李小明").await, app.member("王芳").await, app.admin().await);
        serve(&app, &leader, &activity, &[(&amy, 120), (&ben, 60)]).await;
        let round = open(&admin, json!({ "automatic": 5, "seats": 2, "panelBps": 0, "voteBps": 8000 })).await.ok().text("openSelection.id");
        let nominees = seen(&admin, &round).await;
        let ids: Vec<String> = nominees.list("selectionRound.nominees").iter().map(|one| one["id"].as_str().unwrap_or_default().to_owned()).collect();
        assert_eq!(ids.len(), 2, "by the leaderboard");
        say(&amy, "answerNomination", "{ state }", json!({ "id": ids[0], "accept": true })).await.ok();
        say(&ben, "answerNomination", "{ state }", json!({ "id": ids[1], "accept": false })).await.ok();
        begin(&app, &admin, &round, 1).await.ok();
        assert_eq!(cast(&ben, &round, &[&ids[1]]).await.field(), "nomineeIds", "declined");
        let choice = [ids[0].as_str()];
        let votes = futures_util::future::join_all((0..8).map(|_| cast(&ben, &round, &choice))).await;
        assert_eq!(votes.iter().filter(|answer| answer.body["errors"].is_null()).count(), 1);
        assert!(votes.iter().filter(|answer| !answer.body["errors"].is_null()).all(|answer| ["ALREADY_VOTED", "CONFLICT"].contains(&answer.code())));
        assert_eq!(entity::selection_ballot::Entity::find().all(app.app.db.reader()).await.expect("read").len(), 1);
        assert!(app.app.db.writer().execute_unprepared("UPDATE selection_standing SET minutes = 1").await.is_err(), "the frozen board stays");

        let cancel = async |who: &Actor, reason: &str| say(who, "cancelSelection", "{ state }", json!({ "id": round, "reason": reason })).await;
        assert_eq!(cancel(&ben, "疫情").await.code(), "FORBIDDEN");
        assert_eq!(cancel(&admin, "").await.code(), "REASON_REQUIRED");
        cancel(&admin, "规则有误").await.ok();
        assert!(entity::selection_ballot::Entity::find().all(app.app.db.reader()).await.expect("read").is_empty(), "destroyed unread");
        assert_eq!(told(&app, &amy, "已取消").await, 1);
        assert_eq!(cancel(&admin, "再次").await.code(), "STATE_CHANGED");
        open(&admin, json!({ "idempotencyKey": "anew" })).await.ok();
    }

    async fn a_panel_that_is_called_off_is_followed_by_another(app: TestApp) {
        let (team_id, leader) = app.led_team("绿色家园队").await;
        let activity = app.activity(&leader, team_id, json!({})).await;
        let (amy, admin) = (app.member("李小明").await, app.admin().await);
        serve(&app, &leader, &activity, &[(&amy, 120)]).await;
        let round = open(&admin, json!({})).await.ok().text("openSelection.id");
        let nominee = nominate(&amy, &round, json!({})).await.ok().text("nominateForSelection.id");
        assert_eq!(begin(&app, &admin, &round, 24 * 7).await.code(), "REVIEWERS_TOO_FEW");
        let reviewers = panel(&app, &admin).await;
        begin(&app, &admin, &round, 48).await.ok();
        let first = review_of(&admin, &nominee).await.expect("a round of review");
        assert_eq!(admin.review("openReview", json!({ "subjectId": nominee })).await.code(), "STATE_CHANGED", "one at a time");
        admin.review("cancelReview", json!({ "roundId": first, "reason": "评审有误" })).await.ok();
        app.advance_hours(48);
        app.deliver().await;
        assert_eq!(step(&admin, "closeSelectionVoting", &round).await.code(), "SCORES_MISSING");
        assert_eq!(amy.review("openReview", json!({ "subjectId": nominee })).await.code(), "FORBIDDEN");
        let second = admin.open_review(&nominee, json!({})).await;
        for reviewer in &reviewers {
            score(reviewer, &second, 70, "APPROVE").await.ok();
        }
        app.advance_hours(48);
        app.deliver().await;
        assert_eq!(step(&admin, "closeSelectionVoting", &round).await.ok().text("closeSelectionVoting.state"), "NOTICE");
        assert_eq!(seen(&amy, &round).await.data("selectionRound.nominees.0.panel"), &json!(7_000));
        assert_eq!(say(&admin, "cancelSelection", "{ state }", json!({ "id": round, "reason": "晚了" })).await.code(), "STATE_CHANGED", "it is on notice");
    }

    async fn a_selection_that_is_called_off_calls_off_its_panels(app: TestApp) {
        let (team_id, leader) = app.led_team("绿色家园队").await;
        let activity = app.activity(&leader, team_id, json!({})).await;
        let (amy, admin) = (app.member("李小明").await, app.admin().await);
        serve(&app, &leader, &activity, &[(&amy, 120)]).await;
        let round = open(&admin, json!({})).await.ok().text("openSelection.id");
        nominate(&amy, &round, json!({})).await.ok();
        let reviewers = panel(&app, &admin).await;
        begin(&app, &admin, &round, 48).await.ok();
        assert_eq!(reviewers[0].queue().await.len(), 1);
        app.give_role(&amy, Role::Admin, domain::people::role::Reach::Region(app.community.region_id)).await;
        let cancel = async |who: &Actor| say(who, "cancelSelection", "{ state }", json!({ "id": round, "reason": "规则有误" })).await;
        assert_eq!(cancel(&amy).await.code(), "SELF_DEALING", "who stands runs nothing");
        cancel(&admin).await.ok();
        assert!(reviewers[0].queue().await.is_empty());
    }
}
