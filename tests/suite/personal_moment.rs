//! Leaving, and doing something else at the same moment: what is done is refused or goes with the person, whichever comes first.

use std::time::Duration;

use domain::insight::verify;
use domain::people::role::Reach;
use entity::listing::ListingState;
use entity::redemption::RedemptionState;
use entity::role_grant::Role;
use entity::sign_up::SignUpState;
use entity::wallet::{self, WalletState};
use entity::{activity_session, listing, recipient, redemption, reward, sign_up};
use futures_util::future::{join, join_all};
use sea_orm::{ColumnTrait, EntityTrait, PaginatorTrait, QueryFilter};
use serde_json::json;
use support::listing::{goods, with};
use support::registered::{self, send};
use support::{Actor, Answer, TestApp, both, stage};

use crate::personal::{delete, member, serve};
use crate::personal_rows::holding;

const NAME: &str = "欧阳小敏";
/// People of one story.
const MEMBERS: usize = 12;
/// How many leave at once: SQLite has one writer, for whom others wait some seconds at most.
const AT_ONCE: usize = 3;
/// From one to the next who begins later.
const LATER: Duration = Duration::from_millis(30);

async fn members(app: &TestApp) -> Vec<Actor> {
    let mut members = Vec::with_capacity(MEMBERS);
    for _ in 0..MEMBERS {
        members.push(member(app, NAME).await);
    }
    members
}

/// Everybody leaves and does something else: every other one leaves first, the others act first, by a little less or a little more. Gives what the acts
/// were answered; all have left, and some acts were done and some refused.
async fn while_they_leave<'a>(app: &TestApp, members: &'a [Actor], act: impl AsyncFn(&'a Actor) -> Answer) -> Vec<Answer> {
    // A telephone is sent a code a minute at most.
    app.advance_minutes(2);
    let mut codes = Vec::new();
    for who in members {
        codes.push(registered::code(app, &who.phone).await);
    }
    let (mut answers, act) = (Vec::new(), &act);
    let pairs: Vec<_> = members.iter().zip(&codes).enumerate().collect();
    for some in pairs.chunks(AT_ONCE) {
        let both = some.iter().map(|(at, (who, code))| {
            let later = LATER * u32::try_from(at / 2).expect("a few");
            let (leaves_after, acts_after) = if at % 2 == 0 { (Duration::ZERO, later) } else { (later, Duration::ZERO) };
            let leaving = async move {
                tokio::time::sleep(leaves_after).await;
                delete(who, json!({ "phoneCode": code })).await
            };
            let acting = async move {
                tokio::time::sleep(acts_after).await;
                act(who).await
            };
            join(leaving, acting)
        });
        for (left, done) in join_all(both).await {
            left.ok();
            answers.push(done);
        }
    }
    let refused: Vec<&str> = answers.iter().filter(|answer| answer.body.get("errors").is_some()).map(Answer::code).collect();
    println!("{} done, refused {refused:?}", answers.len() - refused.len());
    assert!(!refused.is_empty() && refused.len() < answers.len(), "both orders: {refused:?}");
    let gone = ["UNAUTHENTICATED", "CONSENT_NOT_GIVEN", "VOLUNTEER_SUSPENDED", "WALLET_FROZEN"];
    assert!(refused.iter().all(|code| gone.contains(code)), "{refused:?}");
    answers
}

/// The books hold now, and after everything was gone through once more.
async fn books_hold(app: &TestApp) {
    app.deliver().await;
    let report = verify::run(&app.app).await.map_err(|error| error.code).expect("a report");
    assert!(report.is_clean(), "{report}");
    app.advance_minutes(11);
    app.deliver().await;
    let report = verify::run(&app.app).await.map_err(|error| error.code).expect("a report");
    assert!(report.is_clean(), "{report}");
}

both! {
    async fn a_seat_is_not_taken_by_who_leaves(app: TestApp) {
        let people = members(&app).await;
        let (team_id, leader) = app.led_team("绿色家园队").await;
        let activity = app.activity(&leader, team_id, json!({})).await;
        let session = app.session(&leader, &activity, 300, 60, 50).await;
        while_they_leave(&app, &people, async |who: &Actor| who.sign_up(&session).await).await;
        let live = [SignUpState::Confirmed, SignUpState::Offered, SignUpState::Waitlisted];
        let held = sign_up::Entity::find().filter(sign_up::Column::State.is_in(live));
        assert_eq!(held.count(app.app.db.writer()).await.expect("read"), 0, "given back at once, not ten minutes later");
        let row = activity_session::Entity::find().one(app.app.db.writer()).await.expect("read").expect("the session");
        assert_eq!((row.seats_taken, row.waitlisted), (0, 0));
        books_hold(&app).await;
        assert_eq!(holding(&app, &[NAME]).await.len(), 0);
    }

    async fn a_need_is_not_left_open_by_who_leaves(app: TestApp) {
        let people = members(&app).await;
        let need = |who: &Actor| json!({ "title": "给欧阳大姐换灯泡", "contact": { "name": NAME, "phone": who.phone, "address": "桂花巷七号" } });
        while_they_leave(&app, &people, async |who: &Actor| who.file_need("tap", need(who)).await).await;
        let phones: Vec<&str> = people.iter().map(|who| who.phone.as_str()).chain([NAME, "给欧阳大姐换灯泡"]).collect();
        for _ in 0..2 {
            assert!(holding(&app, &phones).await.is_empty(), "{:?}", holding(&app, &phones).await);
            let left = listing::Entity::find().all(app.app.db.writer()).await.expect("read");
            assert!(left.iter().all(|row| row.state == ListingState::Withdrawn && row.contact_sealed.is_none()), "{left:?}");
            let known = recipient::Entity::find().all(app.app.db.writer()).await.expect("read");
            assert!(known.iter().all(|row| row.phone_index.is_none() && row.phone_sealed.is_none()), "{known:?}");
            books_hold(&app).await;
        }
    }

    async fn a_telephone_is_not_left_with_what_a_team_offers(app: TestApp) {
        let (team_id, _) = app.led_team("绿色家园队").await;
        let people = members(&app).await;
        for who in &people {
            app.give_role(who, Role::TeamLeader, Reach::Team(team_id)).await;
        }
        let offer = |who: &Actor| with(goods(), json!({ "teamId": team_id.to_string(), "contact": { "name": NAME, "phone": who.phone } }));
        while_they_leave(&app, &people, async |who: &Actor| who.offer_resource("tap", offer(who)).await).await;
        let offered = listing::Entity::find().all(app.app.db.writer()).await.expect("read");
        assert!(offered.iter().all(|row| row.contact_sealed.is_none() && row.state == ListingState::Draft), "the team's, without the telephone: {offered:?}");
        books_hold(&app).await;
    }

    async fn nothing_waits_at_the_desk_for_who_leaves(app: TestApp) {
        let people = members(&app).await;
        let (team_id, leader) = app.led_team("绿色家园队").await;
        let activity = app.activity(&leader, team_id, json!({})).await;
        serve(&app, &leader, &activity, &people.iter().collect::<Vec<_>>()[..9], 60).await;
        serve(&app, &leader, &activity, &people.iter().collect::<Vec<_>>()[9..], 60).await;
        let rice = stage::reward(&app, 4, 50, None, None).await.id.to_string();
        let redeem = json!({ "rewardId": rice, "cost": 4, "idempotencyKey": "tap" });
        while_they_leave(&app, &people, async |who: &Actor| send(who, "redeemReward", "RedeemRewardInput", "{ id }", redeem.clone()).await).await;
        let held = redemption::Entity::find().filter(redemption::Column::State.eq(RedemptionState::Reserved));
        assert_eq!(held.count(app.app.db.writer()).await.expect("read"), 0);
        let left = wallet::Entity::find().filter(wallet::Column::VolunteerId.is_in(people.iter().map(Actor::volunteer)));
        let left = left.all(app.app.db.writer()).await.expect("read");
        assert!(left.len() == MEMBERS && left.iter().all(|row| row.credits == row.debits && row.state == WalletState::Closed), "{left:?}");
        let reward = reward::Entity::find().one(app.app.db.writer()).await.expect("read").expect("a reward");
        assert_eq!(reward.stock, 50, "everything is back on the shelf");
        books_hold(&app).await;
        assert_eq!(holding(&app, &[NAME]).await.len(), 0);
    }
}
