//! The points store, as members and the desk use it.

use entity::time::UtcMicros;
use futures_util::future::join_all;
use sea_orm::{ConnectionTrait, EntityTrait};
use serde_json::{Value, json};
use support::{Actor, Answer, TestApp, both, stage};

const REDEEM: &str =
    "mutation($input: RedeemRewardInput!) { redeemReward(input: $input) { id state cost quantity pickupCode reward { title stock } } }";
const FULFIL: &str = "mutation($input: FulfilRedemptionInput!) { fulfilRedemption(input: $input) { id state } }";
const CANCEL: &str = "mutation($input: CancelRedemptionInput!) { cancelRedemption(input: $input) { id state } }";
const POINTS: &str = "{ myPoints { balance owed spent passbook(first: 50) { edges { node { number kind delta balanceAfter } } } } }";

async fn redeem(who: &Actor, reward: &str, cost: i64, key: &str) -> Answer {
    who.run(REDEEM, json!({ "input": { "rewardId": reward, "cost": cost, "idempotencyKey": key } })).await
}

async fn balance(who: &Actor) -> i64 {
    who.run(POINTS, json!({})).await.ok().int("myPoints.balance")
}

/// One member with `points`, and somebody at the desk.
async fn member_and_desk(app: &TestApp, points: i64) -> (Actor, Actor) {
    let members = stage::people(app, 1, stage::MEMBER).await;
    let desk = stage::people(app, 1, stage::ALL_ROUND).await;
    if points > 0 {
        stage::give_points(app, &members, points).await;
    }
    (stage::speaking(app, &members[0]), stage::speaking(app, &desk[0]))
}

both! {
    async fn a_member_redeems_and_fetches_with_the_pickup_code(app: TestApp) {
        let (amy, desk) = member_and_desk(&app, 100).await;
        let rice = stage::reward(&app, 60, 5, None, None).await.id.to_string();

        let redeemed = redeem(&amy, &rice, 60, "tap-1").await.ok();
        assert_eq!(redeemed.text("redeemReward.state"), "RESERVED");
        assert_eq!(redeemed.int("redeemReward.reward.stock"), 4);
        let code = redeemed.text("redeemReward.pickupCode");
        assert_eq!(balance(&amy).await, 40);

        let typed = code.replace('-', " ").to_lowercase();
        let input = json!({ "input": { "pickupCode": typed, "idempotencyKey": "counter-1" } });
        assert_eq!(desk.run(FULFIL, input.clone()).await.ok().text("fulfilRedemption.state"), "FULFILLED");
        assert_eq!(desk.run(FULFIL, input).await.ok().text("fulfilRedemption.state"), "FULFILLED", "the same key gives the first answer");
        let again = json!({ "input": { "pickupCode": code, "idempotencyKey": "counter-2" } });
        assert_eq!(desk.run(FULFIL, again).await.code(), "STATE_CHANGED", "a pickup code works once");
        let mine = amy.run("{ myRedemptions(first: 5) { edges { node { state pickupCode } } } }", json!({})).await.ok();
        assert_eq!(mine.data("myRedemptions.edges.0.node"), &json!({ "state": "FULFILLED", "pickupCode": Value::Null }));
    }

    async fn a_reward_and_a_redemption_are_nodes_for_those_who_may_see_them(app: TestApp) {
        let (amy, desk) = member_and_desk(&app, 100).await;
        let (ben, _) = member_and_desk(&app, 0).await;
        let rice = stage::reward(&app, 60, 5, None, None).await.id.to_string();
        let redemption = redeem(&amy, &rice, 60, "tap").await.ok().text("redeemReward.id");
        let propose = "mutation($input: ProposeAdjustmentInput!) { proposeAdjustment(input: $input) { id } }";
        let input = json!({ "volunteerId": amy.volunteer_id, "delta": 5, "reason": "补录", "idempotencyKey": "p" });
        let correction = desk.run(propose, json!({ "input": input })).await.ok().text("proposeAdjustment.id");
        let node = "query($id: ID!) { me { accountId } node(id: $id) { __typename id } }";
        for (id, kind, eyes) in [(&rice, "Reward", vec![&amy, &desk, &ben]), (&redemption, "Redemption", vec![&amy, &desk]), (&correction, "Adjustment", vec![&desk])] {
            for who in [&amy, &desk, &ben] {
                let answer = who.run(node, json!({ "id": id })).await;
                if eyes.iter().any(|eye| eye.account_id == who.account_id) {
                    assert_eq!(answer.ok().data("node"), &json!({ "__typename": kind, "id": id }));
                } else {
                    assert_eq!(answer.code(), "NOT_FOUND", "{kind}");
                    assert!(answer.body["data"]["me"].is_object(), "a field that may be null fails alone: {}", answer.body);
                }
            }
        }
    }

    async fn each_refusal_has_its_code_and_leaves_nothing(app: TestApp) {
        let (amy, desk) = member_and_desk(&app, 100).await;
        let rice = stage::reward(&app, 60, 1, None, None).await.id.to_string();
        let cake = stage::reward(&app, 10, 9, Some(3), Some(2)).await.id.to_string();
        let bike = stage::reward(&app, 900, 1, None, None).await.id.to_string();
        let gone = stage::reward(&app, 1, 0, None, None).await.id.to_string();

        assert_eq!(redeem(&amy, &bike, 900, "k1").await.code(), "POINTS_INSUFFICIENT");
        assert_eq!(redeem(&amy, &gone, 1, "k2").await.code(), "OUT_OF_STOCK");
        assert_eq!(redeem(&amy, &rice, 59, "k3").await.code(), "PRICE_CHANGED");
        assert_eq!(redeem(&amy, "rwd_0000000000000000000001", 60, "k4").await.code(), "NOT_FOUND");
        assert_eq!(redeem(&amy, "vol_0000000000000000000001", 60, "k5").await.code(), "BAD_ID");
        assert_eq!(redeem(&amy, &rice, 60, "").await.code(), "BAD_INPUT");
        assert_eq!(balance(&amy).await, 100);

        redeem(&amy, &cake, 10, "c1").await.ok();
        redeem(&amy, &cake, 10, "c2").await.ok();
        assert_eq!(redeem(&amy, &cake, 10, "c3").await.code(), "QUOTA_EXCEEDED", "two a month");
        app.set_time("2026-04-02T09:00:00+08:00");
        redeem(&amy, &cake, 10, "c4").await.ok();
        assert_eq!(redeem(&amy, &cake, 10, "c5").await.code(), "QUOTA_EXCEEDED", "three ever");

        let withdraw = "mutation($id: ID!) { updateReward(input: { id: $id, state: WITHDRAWN }) { state } }";
        desk.run(withdraw, json!({ "id": rice })).await.ok();
        assert_eq!(redeem(&amy, &rice, 60, "k6").await.code(), "REWARD_WITHDRAWN");
        assert_eq!(redeem(&Actor::stranger(&app), &cake, 10, "k7").await.code(), "UNAUTHENTICATED");
        assert_eq!(balance(&amy).await, 70);
    }

    async fn a_cancelled_redemption_returns_points_stock_and_quota(app: TestApp) {
        let (amy, desk) = member_and_desk(&app, 100).await;
        let (ben, _) = member_and_desk(&app, 0).await;
        let rice = stage::reward(&app, 60, 1, Some(1), None).await.id.to_string();
        let id = redeem(&amy, &rice, 60, "k1").await.ok().text("redeemReward.id");

        let cancel = |key: &str, reason: Option<&str>| json!({ "input": { "id": id, "idempotencyKey": key, "reason": reason } });
        assert_eq!(ben.run(CANCEL, cancel("b1", None)).await.code(), "NOT_FOUND", "a foreign redemption does not exist");
        assert_eq!(desk.run(CANCEL, cancel("d1", None)).await.code(), "REASON_REQUIRED");
        assert_eq!(amy.run(CANCEL, cancel("a1", None)).await.ok().text("cancelRedemption.state"), "CANCELLED");
        assert_eq!(amy.run(CANCEL, cancel("a1", None)).await.ok().text("cancelRedemption.state"), "CANCELLED");
        assert_eq!(amy.run(CANCEL, cancel("a2", None)).await.code(), "STATE_CHANGED");
        assert_eq!(balance(&amy).await, 100);
        redeem(&amy, &rice, 60, "k2").await.ok();
        let lines = amy.run(POINTS, json!({})).await.ok();
        let shape: Vec<(i64, i64)> = lines.list("myPoints.passbook.edges").iter().map(|edge| (edge["node"]["delta"].as_i64().unwrap_or_default(), edge["node"]["balanceAfter"].as_i64().unwrap_or_default())).collect();
        assert_eq!(shape, [(-60, 40), (60, 100), (-60, 40), (100, 100)], "newest first, with the running balance");
    }

    async fn what_nobody_fetches_comes_back_by_itself(app: TestApp) {
        let (amy, desk) = member_and_desk(&app, 100).await;
        let rice = stage::reward(&app, 60, 1, None, None).await.id.to_string();
        let code = redeem(&amy, &rice, 60, "k1").await.ok().text("redeemReward.pickupCode");
        app.advance(14 * UtcMicros::DAY + 1);
        let input = json!({ "input": { "pickupCode": code, "idempotencyKey": "d1" } });
        assert_eq!(desk.run(FULFIL, input.clone()).await.code(), "PICKUP_EXPIRED");
        expire(&app).await;
        assert_eq!(desk.run(FULFIL, input).await.code(), "PICKUP_EXPIRED");
        assert_eq!(balance(&amy).await, 100);
        let mine = amy.run("{ myRedemptions { edges { node { state } } } }", json!({})).await.ok();
        assert_eq!(mine.text("myRedemptions.edges.0.node.state"), "EXPIRED");
    }

    async fn members_redeem_undisturbed_while_others_reservations_run_out(app: TestApp) {
        let people = stage::people(&app, 24, stage::MEMBER).await;
        stage::give_points(&app, &people, 1_000).await;
        let members: Vec<Actor> = people.iter().map(|person| stage::speaking(&app, person)).collect();
        let mut rewards = Vec::new();
        for _ in 0..6 {
            rewards.push(stage::reward(&app, 10, 1_000, None, None).await.id.to_string());
        }
        // Each goes through the rewards in an order of their own.
        let (members, rewards) = (&members, &rewards);
        let all = |round: &'static str| {
            join_all(members.iter().enumerate().map(move |(at, member)| async move {
                for step in 0..rewards.len() {
                    let reward = &rewards[(at * 5 + step * (1 + at % 2 * 4)) % rewards.len()];
                    redeem(member, reward, 10, &format!("{round}-{step}")).await.ok();
                }
            }))
        };
        all("before").await;
        app.advance(14 * UtcMicros::DAY + 1);
        let running_out = async {
            let tx = app.app.db.begin().await.expect("a transaction");
            let closed = domain::points::redemption::expire_due(&tx).await.expect("expired");
            tx.commit().await.expect("committed");
            closed
        };
        let (closed, _) = tokio::join!(running_out, all("meanwhile"));
        assert_eq!(closed, 24 * 6);
        for member in members {
            assert_eq!(balance(member).await, 1_000 - 60);
        }
    }

    async fn the_same_key_sent_twenty_times_at_once_is_one_redemption(app: TestApp) {
        let (amy, _) = member_and_desk(&app, 1_000).await;
        let rice = stage::reward(&app, 60, 50, None, None).await.id.to_string();
        let answers = join_all((0..20).map(|_| redeem(&amy, &rice, 60, "one-tap"))).await;
        let ids: std::collections::HashSet<String> = answers.into_iter().map(|answer| answer.ok().text("redeemReward.id")).collect();
        assert_eq!(ids.len(), 1);
        assert_eq!(balance(&amy).await, 940);
        let other = amy.run(REDEEM, json!({ "input": { "rewardId": rice, "quantity": 2, "cost": 120, "idempotencyKey": "one-tap" } })).await;
        assert_eq!((other.code(), other.field()), ("IDEMPOTENCY_MISMATCH", "idempotencyKey"));
    }

    async fn points_of_another_community_do_not_exist(app: TestApp) {
        let (amy, desk) = member_and_desk(&app, 100).await;
        let rice = stage::reward(&app, 60, 5, None, None).await;
        let id = rice.id.to_string();
        foreign(&app, "UPDATE reward SET community_id = $1").await;
        assert_eq!(redeem(&amy, &id, 60, "k1").await.code(), "NOT_FOUND");
        assert_eq!(amy.run("query($id: ID!) { reward(id: $id) { title } }", json!({ "id": id })).await.code(), "NOT_FOUND");
        let stock = "mutation($id: ID!) { stockReward(input: { id: $id, quantity: 1, idempotencyKey: \"s\" }) { stock } }";
        assert_eq!(desk.run(stock, json!({ "id": id })).await.code(), "NOT_FOUND");
        assert_eq!(amy.run(stock, json!({ "id": id })).await.code(), "FORBIDDEN");
    }
}

async fn expire(app: &TestApp) {
    let tx = app.app.db.begin().await.expect("a transaction");
    let closed = domain::points::redemption::expire_due(&tx).await.expect("expired");
    tx.commit().await.expect("committed");
    assert_eq!(closed, 1);
}

/// Moves rows to a community next door, which is made for it.
async fn foreign(app: &TestApp, statement: &str) {
    let db = app.app.db.writer();
    let next_door = entity::region::Entity::find().all(db).await.expect("read").into_iter().find(|row| row.code.as_deref() == Some("430103006004"));
    let id = entity::id::CommunityId::new(app.now());
    let insert = "INSERT INTO community (id, region_id, name, created_at) VALUES ($1, $2, '黄土岭社区', 0)";
    db.execute_raw(domain::db::sql(db, insert, [id.into(), next_door.expect("a neighbour").id.into()])).await.expect("a community");
    db.execute_raw(domain::db::sql(db, statement, [id.into()])).await.expect("moved");
}
