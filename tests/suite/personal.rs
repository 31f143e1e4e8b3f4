//! Leaving: nothing of the person is left in any table, and nothing of anybody else has changed.

use std::time::Duration;

use domain::exchange::review::evidence::{self, Document};
use domain::insight::verify;
use domain::points::leaderboard::AtHand;
use entity::id::{AccountId, ReviewRoundId, WechatIdentityId};
use entity::leaderboard_board::BoardSubject;
use entity::review_round::SubjectKind;
use entity::review_seat::{self, SeatState};
use entity::role_grant::Role;
use entity::time::UtcMicros;
use entity::{account, wallet, wechat_identity};
use futures_util::future::join_all;
use sea_orm::sea_query::Expr;
use sea_orm::{ColumnTrait, ConnectionTrait, EntityTrait, IntoActiveModel, QueryFilter, QueryOrder};
use serde_json::{Value, json};
use support::listing::{goods, row_id, with};
use support::outside::World;
use support::registered::{self, PASSWORD, send, volunteer};
use support::review::draft;
use support::serving::text;
use support::{Actor, Answer, TestApp, both, stage};

use crate::personal_rows::{SEALED, Secrets, redis_texts, rows_of_everything};

const NAME: &str = "欧阳小敏";
const PREVIEW: &str = "{ deletionPreview { points openRedemptions signUps listings matches certificates confirm blockers { what count } } }";
const DELETED: &str = "{ deletedAt pointsLapsed redemptions signUps listings }";

pub async fn delete(who: &Actor, input: Value) -> Answer {
    send(who, "deleteMyAccount", "DeleteMyAccountInput", DELETED, with(json!({ "confirm": "注销账号" }), input)).await
}

/// Somebody who registers by the door and whose tokens do not run out while the clock is turned.
pub async fn member(app: &TestApp, name: &str) -> Actor {
    let met = volunteer(app, name).await;
    let mut actor = Actor::of(app, name, met.account(), Some(met.volunteer()));
    met.phone.clone_into(&mut actor.phone);
    actor
}

pub async fn leave(who: &Actor) -> Answer {
    delete(who, json!({ "password": PASSWORD })).await
}

/// One day of service, certified at once.
pub async fn serve(app: &TestApp, leader: &Actor, activity: &str, people: &[&Actor], minutes: i64) {
    app.advance_days(1);
    let session = app.session(leader, activity, 10, minutes, 9).await;
    app.advance_minutes(10 + minutes);
    let (came, went) = (text(app.now().plus(-minutes * UtcMicros::MINUTE)), text(app.now()));
    let entry = |who: &&Actor| json!({ "volunteerId": who.volunteer_id, "checkedInAt": came, "checkedOutAt": went });
    leader.call_roll(&session, &format!("roll {session}"), people.iter().map(entry).collect()).await.ok();
    app.deliver().await;
}

/// The board of all points, as numbers.
async fn board(who: &Actor) -> Vec<(i64, String, i64)> {
    let answer = who.run("{ leaderboard(metric: POINTS, period: ALL, first: 20) { entries { rank member value } } }", json!({})).await.ok();
    let entry =
        |row: &Value| (row["rank"].as_i64().unwrap_or(0), row["member"].as_str().unwrap_or("").to_owned(), row["value"].as_i64().unwrap_or(0));
    answer.list("leaderboard.entries").iter().map(entry).collect()
}

async fn wallet_of(app: &TestApp, who: &Actor) -> wallet::Model {
    let query = wallet::Entity::find().filter(wallet::Column::VolunteerId.eq(who.volunteer()));
    query.one(app.app.db.writer()).await.expect("read").expect("a wallet")
}

/// Everything a member may leave behind: service, points, a need and a gift with contacts, a match, sign-ups, papers, helpers, WeChat.
async fn a_full_life(app: &TestApp, amy: &Actor, ben: &Actor, secrets: &Secrets) -> (String, String) {
    let boss = app.admin().await;
    let worker = app.with_role("网格员", Role::GridWorker, app.community.region_id).await;
    let (team_id, leader) = app.led_team("绿色家园队").await;
    let activity = app.activity(&leader, team_id, json!({})).await;
    serve(app, &leader, &activity, &[amy, ben], 60).await;
    serve(app, &leader, &activity, &[ben], 90).await;
    send(amy, "joinTeam", "JoinTeamInput", "{ id }", json!({ "teamId": team_id.to_string() })).await.ok();

    let session = app.session(&leader, &activity, 3_000, 60, 1).await;
    amy.sign_up(&session).await.ok();
    assert_eq!(ben.sign_up(&session).await.ok().text("signUp.state"), "WAITLISTED");

    let contact = json!({ "name": NAME, "phone": amy.phone, "address": secrets.address });
    let mine = json!({ "title": secrets.title, "description": secrets.description, "contact": contact });
    let need = app.published_need(amy, &worker, "need", mine).await;
    app.proposed(&worker, &need, ben).await;
    app.published_resource(amy, &worker, "gift", with(goods(), json!({ "title": secrets.gift, "contact": contact }))).await;
    worker.reveal(&need, secrets.look).await.ok();
    app.deliver().await;

    let rice = stage::reward(app, 4, 5, None, None).await.id.to_string();
    let redeem = json!({ "rewardId": rice, "cost": 4, "idempotencyKey": "rice" });
    send(amy, "redeemReward", "RedeemRewardInput", "{ id }", redeem).await.ok();
    let adjust = json!({ "volunteerId": amy.volunteer_id, "delta": 3, "reason": secrets.adjustment, "idempotencyKey": "adjust" });
    let id = send(&worker, "proposeAdjustment", "ProposeAdjustmentInput", "{ id }", adjust).await.ok().text("proposeAdjustment.id");
    send(&boss, "decideAdjustment", "DecideAdjustmentInput", "{ id }", json!({ "id": id, "approve": true, "idempotencyKey": "decide" })).await.ok();

    let papers = json!({ "from": "2026-01-01", "to": text(app.now())[..10], "idempotencyKey": "papers" });
    let number = send(amy, "issueCertificate", "IssueCertificateInput", "{ number }", papers).await.ok().text("issueCertificate.number");
    let asked = json!({ "field": "NAME", "wanted": secrets.wanted, "reason": secrets.why });
    send(amy, "requestCorrection", "RequestCorrectionInput", "{ id }", asked).await.ok();
    send(amy, "declarePartyMembership", "DeclarePartyMembershipInput", "{ id }", json!({ "memberClass": "DIRECT", "consentVersion": 1 })).await.ok();
    let help = json!({ "principalId": amy.volunteer_id, "helperId": ben.volunteer_id, "kind": "OTHER", "consentNote": secrets.consent });
    send(&worker, "recordHelping", "RecordHelpingInput", "{ id }", help).await.ok();
    let openid = wechat_identity::Model {
        id: WechatIdentityId::new(app.now()),
        account_id: amy.account(),
        app_id: "wx".to_owned(),
        openid_index: domain::people::wechat::login::openid_index(&app.app.keys, "wx", "openid-of-amy"),
        openid_sealed: app.app.keys.seal("wechat_identity.openid", b"openid-of-amy").map_err(|error| error.code).expect("sealed"),
        unionid_index: None,
        unionid_sealed: None,
        created_at: app.now(),
        seen_at: app.now(),
    };
    wechat_identity::Entity::insert(openid.into_active_model()).exec_without_returning(app.app.db.writer()).await.expect("an identity");
    // What a panel was once given to judge the need by.
    let tx = app.tx().await;
    let pack = vec![Document::markdown("need", format!("{} {}", secrets.title, NAME))];
    let frozen = evidence::freeze(&tx, app.community.id, SubjectKind::Listing, row_id(&need).0, boss.account(), pack).await;
    frozen.map_err(|error| error.code).expect("a pack");
    tx.commit().await.map_err(|error| error.code).expect("committed");
    // Sealed, so that reasons of the ledger can give way to their hashes.
    app.advance_minutes(2);
    app.deliver().await;
    (session, number)
}

both! {
    async fn who_leaves_is_in_no_table_and_nobody_else_has_moved(app: TestApp) {
        let amy = member(&app, NAME).await;
        let ben = app.member("李小明").await;
        let row = account::Entity::find_by_id(amy.account()).one(app.app.db.writer()).await.expect("read").expect("an account");
        let openid = domain::people::wechat::login::openid_index(&app.app.keys, "wx", "openid-of-amy");
        let me = amy.run("query($id: ID!) { volunteer(id: $id) { number } }", json!({ "id": amy.volunteer_id })).await.ok();
        let secrets = Secrets::of(NAME, &amy.phone, &me.text("volunteer.number"), [row.phone_index, openid]);
        let (session, number) = a_full_life(&app, &amy, &ben, &secrets).await;
        let before = rows_of_everything(&app).await;
        for (what, needles) in secrets.told().into_iter().filter(|(what, _)| !SEALED.contains(what)) {
            assert!(before.iter().any(|(_, row)| needles.iter().any(|needle| row.contains(needle))), "the story leaves {what} somewhere");
        }
        let standing = board(&ben).await;
        let balance = wallet_of(&app, &amy).await;
        let shown = amy.run(PREVIEW, json!({})).await.ok();
        let seen = shown.data("deletionPreview");
        assert_eq!((&seen["openRedemptions"], &seen["signUps"], &seen["listings"], &seen["matches"], &seen["certificates"]), (&json!(1), &json!(1), &json!(2), &json!(1), &json!(1)), "{seen}");
        assert_eq!(seen["points"], json!(balance.credits - balance.debits + 4), "what is reserved comes back and lapses too");
        assert_eq!(seen["blockers"], json!([]));

        let gone = leave(&amy).await.ok();
        assert_eq!(gone.int("deleteMyAccount.pointsLapsed"), seen["points"].as_i64().expect("a number"));
        assert_eq!((gone.int("deleteMyAccount.redemptions"), gone.int("deleteMyAccount.signUps"), gone.int("deleteMyAccount.listings")), (1, 1, 2));
        assert_eq!(amy.run("{ me { accountId } }", json!({})).await.code(), "UNAUTHENTICATED", "at once");
        app.deliver().await;
        app.advance_minutes(11);
        app.deliver().await;

        let after = rows_of_everything(&app).await;
        for (what, needles) in secrets.told() {
            let found: Vec<_> = after.iter().filter(|(_, row)| needles.iter().any(|needle| row.contains(needle))).collect();
            assert!(found.is_empty(), "{what} is still in {found:?}");
        }
        for held in redis_texts(&app).await {
            assert!(secrets.told().iter().all(|(_, needles)| needles.iter().all(|needle| !held.contains(needle))), "{held}");
        }
        assert_eq!(board(&ben).await, standing, "every place and total is what it was");
        let names = AtHand::default().names(app.app.db.reader(), BoardSubject::Volunteer, &[amy.volunteer().0]).await;
        assert_eq!(names.map_err(|error| error.code).expect("names")[0].as_ref().map(|named| named.name.clone()).as_deref(), Some("已注销"));
        let wallet = wallet_of(&app, &amy).await;
        assert_eq!((wallet.credits - wallet.debits, wallet.state), (0, wallet::WalletState::Closed));
        let report = verify::run(&app.app).await.map_err(|error| error.code).expect("a report");
        assert!(report.is_clean(), "{report}");

        assert_eq!(ben.standing(&session).await, "OFFERED", "the seat went to who waited");
        let told = ben.run("{ myNotifications(first: 20) { edges { node { body } } } }", json!({})).await.ok();
        assert!(told.list("myNotifications.edges").iter().all(|edge| !edge["node"]["body"].to_string().contains(secrets.title)), "{told:?}");
        let verified = Actor::stranger(&app).run("query($n: String!) { verifyCertificate(number: $n) { standing } }", json!({ "n": number })).await;
        assert_eq!(verified.ok().text("verifyCertificate.standing"), "REVOKED");

        for forged in [
            "UPDATE operation SET reason = 'another' WHERE reason IS NOT NULL",
            "UPDATE operation SET reason = NULL WHERE reason IS NOT NULL",
            "UPDATE operation SET reason = '', kind = 'EXPIRE' WHERE reason IS NOT NULL",
            "UPDATE listing_step SET happened_at = happened_at + 1",
            "UPDATE evidence_item SET name = '' WHERE position = 1",
            "DELETE FROM contact_look",
        ] {
            let refused = app.app.db.writer().execute_unprepared(forged).await.err().map(|error| error.to_string());
            assert!(refused.as_ref().is_some_and(|error| error.contains("append_only")), "{forged}: {refused:?}");
        }

        app.advance_minutes(2);
        let again = registered::resident(&app, &amy.phone).await;
        assert_ne!(again.account_id, amy.account_id, "the same telephone begins anew");
    }

    async fn nobody_is_gone_by_a_slip_or_by_a_telephone_left_lying(app: TestApp) {
        let amy = volunteer(&app, NAME).await;
        let refused = async |input: Value| {
            let answer = delete(&amy, input).await;
            (answer.code().to_owned(), answer.field().to_owned())
        };
        assert_eq!(refused(json!({ "password": PASSWORD, "confirm": "是" })).await, ("BAD_INPUT".to_owned(), "confirm".to_owned()));
        assert_eq!(refused(json!({})).await, ("BAD_INPUT".to_owned(), "password".to_owned()));
        assert_eq!(refused(json!({ "password": "wrong-2026" })).await, ("LOGIN_FAILED".to_owned(), "password".to_owned()));
        assert_eq!(refused(json!({ "phoneCode": "000000" })).await, ("PHONE_CODE_INVALID".to_owned(), "phoneCode".to_owned()));
        assert_eq!(refused(json!({ "wechatCode": "code" })).await, ("NOT_OFFERED".to_owned(), "wechatCode".to_owned()));
        assert_eq!(Actor::stranger(&app).run(PREVIEW, json!({})).await.code(), "UNAUTHENTICATED");

        let daughter = volunteer(&app, "张小红").await;
        let code = send(&amy, "inviteHelper", "InviteHelperInput", "{ code }", json!({ "kind": "ELDER" })).await.ok().text("inviteHelper.code");
        let id = send(&daughter, "acceptHelping", "AcceptHelpingInput", "{ id }", json!({ "code": code })).await.ok().text("acceptHelping.id");
        let input = json!({ "relationId": id, "device": "hers" });
        let acting = amy.showing(&send(&daughter, "actFor", "ActForInput", "{ accessToken }", input).await.ok().text("actFor.accessToken"));
        assert_eq!(leave(&acting).await.code(), "FORBIDDEN", "nobody does that for somebody else");

        app.advance_minutes(2);
        let code = registered::code(&app, &amy.phone).await;
        delete(&amy, json!({ "phoneCode": code })).await.ok();
        assert_eq!(acting.run("{ me { accountId } }", json!({})).await.code(), "UNAUTHENTICATED");
        let log_in = json!({ "phone": amy.phone, "password": PASSWORD, "device": "suite" });
        assert_eq!(send(&Actor::stranger(&app), "logIn", "LogInInput", "{ accessToken }", log_in).await.code(), "LOGIN_FAILED");
    }

    async fn who_came_by_wechat_alone_may_leave_by_wechat(app: TestApp) {
        let world = World::start();
        let app = app.with_wechat(&world, Duration::from_secs(5));
        let input = json!({ "code": world.login_code("openid-a", Some("union-a")), "device": "mini-program" });
        let fields = "{ accessToken me { accountId } }";
        let stranger = Actor::stranger(&app);
        let entered = send(&stranger, "logInWithWechat", "LogInWithWechatInput", fields, input).await.ok();
        let amy = Actor::with_token(&app, &entered.text("logInWithWechat.accessToken"));
        let other = delete(&amy, json!({ "wechatCode": world.login_code("openid-b", None) })).await;
        assert_eq!((other.code(), other.field()), ("WECHAT_CODE_INVALID", "wechatCode"), "somebody else's telephone");
        delete(&amy, json!({ "wechatCode": world.login_code("openid-a", None) })).await.ok();
        let input = json!({ "code": world.login_code("openid-a", Some("union-a")), "device": "mini-program" });
        let again = send(&stranger, "logInWithWechat", "LogInWithWechatInput", fields, input).await.ok();
        assert_ne!(again.text("logInWithWechat.me.accountId"), entered.text("logInWithWechat.me.accountId"));
    }

    async fn what_others_wait_for_ends_first(app: TestApp) {
        let worker = app.with_role("网格员", Role::GridWorker, app.community.region_id).await;
        let (amy, ben) = (member(&app, NAME).await, app.member("李小明").await);
        let need = app.published_need(&ben, &worker, "need", json!({})).await;
        let id = app.begun(&worker, &need, &amy).await;
        let refused = leave(&amy).await;
        assert_eq!((refused.code(), &refused.error()["extensions"]["params"]["what"]), ("OBLIGATIONS_OPEN", &json!("MATCHES")));
        assert_eq!(amy.run(PREVIEW, json!({})).await.ok().data("deletionPreview.blockers"), &json!([{ "what": "MATCHES", "count": 1 }]));
        amy.meet("withdrawMatch", json!({ "id": id, "reason": "身体不适" })).await.ok();
        leave(&amy).await.ok();
        assert_eq!(ben.need_left(&need).await, ("PUBLISHED".to_owned(), 1), "the need is open for somebody else");
    }

    async fn a_reviewer_who_leaves_makes_room_on_the_panel(app: TestApp) {
        let (boss, opener) = (app.admin().await, app.admin().await);
        let reviewers = app.reviewers(7).await;
        let unit = app.unit(&boss, "水泵厂").await;
        let project = with(draft(), json!({ "unitId": unit, "idempotencyKey": "project" }));
        let project = boss.project("createProject", project).await.ok().text("createProject.id");
        boss.project("submitProject", json!({ "id": project })).await.ok();
        let round = opener.open_review(&project, json!({})).await;
        let round: ReviewRoundId = round.parse().expect("an id");
        let seats = async || {
            let query = review_seat::Entity::find().filter(review_seat::Column::RoundId.eq(round)).order_by_asc(review_seat::Column::SeatedAt);
            query.all(app.app.db.writer()).await.expect("read")
        };
        let seated = seats().await;
        let first = seated[0].account_id;
        let tx = app.tx().await;
        let hash = app.app.sessions.passwords().hash(PASSWORD.to_owned()).await.map_err(|error| error.code).expect("a hash");
        let update = account::Entity::update_many().col_expr(account::Column::PasswordHash, Expr::value(hash));
        update.filter(account::Column::Id.eq(first)).exec(&tx.connection).await.expect("a password");
        tx.commit().await.map_err(|error| error.code).expect("committed");
        let leaver = reviewers.iter().find(|who| who.account() == first).expect("one of them");
        leave(leaver).await.ok();
        let now = seats().await;
        let state = |id: AccountId| now.iter().find(|seat| seat.account_id == id).map(|seat| seat.state);
        assert_eq!(state(first), Some(SeatState::Recused));
        let active = |seats: &[review_seat::Model]| seats.iter().filter(|seat| seat.state == SeatState::Active).count();
        assert_eq!(active(&now), active(&seated), "somebody else came in");
    }

    async fn the_last_administrator_hands_over_first(app: TestApp) {
        let (amy, ben) = (volunteer(&app, NAME).await, volunteer(&app, "李小明").await);
        for who in [&amy, &ben] {
            app.give_role(who, Role::Admin, domain::people::role::Reach::Region(app.community.region_id)).await;
            app.app.sessions.forget(who.account());
        }
        let answers = join_all([&amy, &ben].map(leave)).await;
        let refused: Vec<_> = answers.iter().filter(|answer| answer.body.get("errors").is_some()).map(Answer::code).collect();
        assert_eq!(refused, ["LAST_ADMIN"], "of two who leave at once one stays");
    }

    async fn two_deletions_at_once_are_one(app: TestApp) {
        let amy = volunteer(&app, NAME).await;
        let answers = join_all((0..3).map(|_| leave(&amy))).await;
        let done: Vec<_> = answers.into_iter().filter(|answer| answer.body.get("errors").is_none()).map(|answer| answer.text("deleteMyAccount.deletedAt")).collect();
        assert!(!done.is_empty() && done.iter().all(|at| *at == done[0]), "{done:?}");
        assert_eq!(leave(&amy).await.code(), "UNAUTHENTICATED");
    }

    async fn a_redemption_at_the_same_moment_leaves_the_ledger_sound(app: TestApp) {
        let (team_id, leader) = app.led_team("绿色家园队").await;
        let activity = app.activity(&leader, team_id, json!({})).await;
        let mut people = Vec::new();
        for _ in 0..4 {
            people.push(member(&app, NAME).await);
        }
        serve(&app, &leader, &activity, &people.iter().collect::<Vec<_>>(), 60).await;
        let rice = stage::reward(&app, 4, 50, None, None).await.id.to_string();
        let taps = people.iter().flat_map(|who| (0..3).map(move |tap| (who, tap)));
        let redeem = taps.map(|(who, tap)| {
            let input = json!({ "rewardId": rice, "cost": 4, "idempotencyKey": format!("tap {tap}") });
            async move { send(who, "redeemReward", "RedeemRewardInput", "{ id }", input).await }
        });
        let (_, left) = futures_util::join!(join_all(redeem), join_all(people.iter().map(leave)));
        for (who, answer) in people.iter().zip(left) {
            if answer.body.get("errors").is_some() {
                assert_eq!(answer.code(), "CONFLICT");
                leave(who).await.ok();
            }
            let wallet = wallet_of(&app, who).await;
            assert_eq!((wallet.credits - wallet.debits, wallet.state), (0, wallet::WalletState::Closed));
        }
        app.advance_minutes(11);
        app.deliver().await;
        let report = verify::run(&app.app).await.map_err(|error| error.code).expect("a report");
        assert!(report.is_clean(), "{report}");
        let held = entity::redemption::Entity::find().filter(entity::redemption::Column::State.eq("RESERVED")).all(app.app.db.writer()).await;
        assert!(held.expect("read").is_empty(), "nothing waits at the desk for nobody");
    }
}
