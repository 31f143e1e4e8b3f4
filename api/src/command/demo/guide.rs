//! What the demo tells its visitor: where it listens, who can sign in, ten operations to paste.

use domain::app::App;
use domain::error::Result;
use entity::activity_session::SessionState;
use entity::operation::OperationKind;
use entity::service_record::RecordState;
use entity::{activity_session, member_check_in, operation, pairing, project, redemption, reward, service_record, team, unit, volunteer};
use sea_orm::{ColumnTrait, EntityTrait, PaginatorTrait, QueryFilter, QueryOrder};

use super::PASSWORD;
use super::cast::LOGINS;
use crate::config::Config;

/// Ten operations, each whole but for the ids: paste one into GraphiQL or send it with curl. The later ones need the token of the first.
const OPERATIONS: [(&str, &str); 10] = [
    (
        "Sign in as the volunteer; put accessToken into the header {\"Authorization\": \"Bearer …\"}",
        "mutation { logIn(input: { phone: \"13900000003\", password: \"qicai2026\", device: \"demo\" }) { accessToken refreshToken } }",
    ),
    ("Who am I?", "{ me { phone roles { role } volunteer { id number name minutes } } }"),
    (
        "My points, and why I got them",
        "{ myPoints { balance owed expiring(withinDays: 90) { points expiresOn } passbook(first: 5) { edges { node { kind delta balanceAfter \
         award { minutes pointsPerHour calendarRule calendarBps points policyVersion } } } } } }",
    ),
    ("What I served", "{ myServiceRecords(first: 5) { edges { node { businessDate minutes evidence state content } } } }"),
    (
        "This year's leaderboard, with my place",
        "{ leaderboard(metric: POINTS, period: YEAR, first: 10) { entries { rank name value } me { rank value } total } }",
    ),
    ("Teams by minutes served", "{ leaderboard(metric: MINUTES, period: ALL, subject: TEAM) { entries { rank name value } } }"),
    (
        "Sessions I can sign up for",
        "{ sessions(first: 7, filter: { openOnly: true }) { edges { node { id startsAt endsAt capacity seatsTaken activity { title } } } } }",
    ),
    ("Sign up for the next of them", "mutation { signUp(input: { sessionId: \"{session}\", idempotencyKey: \"my-first-tap\" }) { id state } }"),
    ("What the store offers me", "{ rewards(first: 30, order: PRICE, filter: { inStock: true }) { edges { node { id title price stock } } } }"),
    (
        "Redeem the cheapest, and fetch it with the code",
        "mutation { redeemReward(input: { rewardId: \"{reward}\", cost: {price}, idempotencyKey: \"my-second-tap\" }) { state pickupCode expiresAt } }",
    ),
];

/// Prints addresses, logins and operations, with the ids they need.
pub async fn print(config: &Config, app: &App) -> Result<()> {
    let (session, reward) = (next_session(app).await?, cheapest_reward(app).await?);
    println!("\nGraphiQL    http://{0}/graphql   (open it in a browser)\nGraphQL     http://{0}/graphql   (POST application/json)\n", config.listen);
    println!("Demo logins, password {PASSWORD}:");
    for (phone, name, role) in LOGINS {
        println!("  {phone}  {name}  {role}");
    }
    println!("\nTen operations to paste:");
    for (at, (what, text)) in OPERATIONS.iter().enumerate() {
        let text = text.replace("{session}", &session).replace("{reward}", &reward.0).replace("{price}", &reward.1);
        println!("{:>2}. {what}\n    {text}", at + 1);
    }
    println!();
    Ok(())
}

async fn next_session(app: &App) -> Result<String> {
    let query = activity_session::Entity::find()
        .filter(activity_session::Column::State.eq(SessionState::Open))
        .filter(activity_session::Column::StartsAt.gt(app.db.now()))
        .order_by_asc(activity_session::Column::StartsAt);
    Ok(query.one(app.db.reader()).await?.map_or_else(String::new, |row| row.id.to_string()))
}

async fn cheapest_reward(app: &App) -> Result<(String, String)> {
    let query = reward::Entity::find().filter(reward::Column::Stock.gt(0)).order_by_asc(reward::Column::Price);
    Ok(query.one(app.db.reader()).await?.map_or_else(Default::default, |row| (row.id.to_string(), row.price.to_string())))
}

/// The story in one sentence.
pub async fn figures(app: &App) -> Result<String> {
    let db = app.db.reader();
    let of_kind = |kind: OperationKind| operation::Entity::find().filter(operation::Column::Kind.eq(kind)).count(db);
    let certified = service_record::Entity::find().filter(service_record::Column::State.eq(RecordState::Certified)).count(db).await?;
    Ok(format!(
        "{} teams, {} volunteers, {certified} certified records, {} rewards, {} redemptions, {} reversal, {} expiries, {} units with {} members for {} pairings, {} projects",
        team::Entity::find().count(db).await?,
        volunteer::Entity::find().count(db).await?,
        reward::Entity::find().count(db).await?,
        redemption::Entity::find().count(db).await?,
        of_kind(OperationKind::ReverseAward).await?,
        of_kind(OperationKind::Expire).await?,
        unit::Entity::find().count(db).await?,
        member_check_in::Entity::find().count(db).await?,
        pairing::Entity::find().count(db).await?,
        project::Entity::find().count(db).await?,
    ))
}
