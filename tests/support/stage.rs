//! People written as rows, for tests that need hundreds of them at once: account, volunteer, wallet, grants, and a session when they are to speak.

use domain::people::permission::{Actor, ActorVolunteer, Factor, Grant};
use domain::points::{award, policy};
use entity::id::{AccountId, LoginSessionId, RegionId, RewardId, RoleGrantId, ServiceRecordId, VolunteerId, WalletId};
use entity::reward::RewardState;
use entity::role_grant::Role;
use entity::service_record::RecordSource;
use entity::time::BusinessDate;
use entity::volunteer::VolunteerState;
use entity::wallet::WalletState;
use entity::{account, community, region, reward, role_grant, volunteer, wallet};
use sea_orm::ActiveValue::{NotSet, Set};
use sea_orm::{EntityTrait, IntoActiveModel};

use crate::TestApp;

/// Roles of somebody who may do everything with points.
pub const ALL_ROUND: &[Role] = &[Role::Resident, Role::Volunteer, Role::RedemptionDesk, Role::Admin];
/// Roles of an ordinary member.
pub const MEMBER: &[Role] = &[Role::Resident, Role::Volunteer];

/// Gives an actor a voice: somebody who talks to the door.
#[must_use]
pub fn speaking(app: &TestApp, actor: &Actor) -> crate::Actor {
    crate::Actor::of(app, "member", actor.account_id, actor.volunteer.map(|volunteer| volunteer.id))
}

/// Certifies service for everybody, so that each has `points`; at ten points an hour.
pub async fn give_points(app: &TestApp, actors: &[Actor], points: i64) {
    let tx = app.app.db.begin().await.map_err(|error| error.code).expect("a transaction");
    let service = |actor: &Actor| award::Service {
        record_id: ServiceRecordId::new(tx.now),
        community_id: app.community.id,
        volunteer_id: actor.volunteer.expect("a volunteer").id,
        business_date: tx.today(),
        minutes: points * 6,
        type_bps: 10_000,
        source: RecordSource::Scan,
    };
    let services: Vec<award::Service> = actors.iter().map(service).collect();
    award::award(&tx, None, &services).await.map_err(|error| error.code).expect("awards");
    tx.commit().await.map_err(|error| error.code).expect("committed");
}

/// Makes `count` volunteers of the community with `roles` there.
pub async fn people(app: &TestApp, count: usize, roles: &[Role]) -> Vec<Actor> {
    let tx = app.app.db.begin().await.map_err(|error| error.code).expect("a transaction");
    if policy::in_force(&tx.connection, app.community.id, tx.today()).await.is_err() {
        policy::seed(&tx, app.community.id).await.map_err(|error| error.code).expect("a policy");
    }
    let home = community::Entity::find_by_id(app.community.id).one(&tx.connection).await.expect("read").expect("the community");
    let place = region::Entity::find_by_id(home.region_id).one(&tx.connection).await.expect("read").expect("its place");
    let mut actors = Vec::with_capacity(count);
    for _ in 0..count {
        let account_id = AccountId::new(tx.now);
        account::Entity::insert(
            account::Model {
                id: account_id,
                community_id: app.community.id,
                phone_index: account_id.0.as_bytes().to_vec(),
                phone_sealed: Vec::new(),
                password_hash: None,
                created_at: tx.now,
                closed_at: None,
                phone_bound: true,
            }
            .into_active_model(),
        )
        .exec_without_returning(&tx.connection)
        .await
        .expect("an account");
        let (id, wallet_id) = volunteer_row(&tx, app, account_id, home.region_id).await;
        let grants = roles.iter().map(|role| role_grant::ActiveModel {
            id: Set(RoleGrantId::new(tx.now)),
            account_id: Set(account_id),
            role: Set(*role),
            region_id: Set(Some(home.region_id)),
            team_id: Set(None),
            unit_id: Set(None),
            granted_by: Set(None),
            created_at: Set(tx.now),
            ended_at: Set(None),
            ..Default::default()
        });
        role_grant::Entity::insert_many(grants).exec_without_returning(&tx.connection).await.expect("grants");
        actors.push(Actor {
            account_id,
            login_session_id: LoginSessionId::new(tx.now),
            community_id: app.community.id,
            community_path: place.path.clone(),
            volunteer: Some(ActorVolunteer { id, wallet_id, region_id: home.region_id }),
            grants: roles.iter().map(|role| Grant { role: *role, path: Some(place.path.clone()), team_id: None, unit_id: None }).collect(),
            asleep: Vec::new(),
            factor: Factor::None,
            phone_bound: true,
            acts_for: None,
            until: None,
        });
    }
    tx.commit().await.map_err(|error| error.code).expect("committed");
    actors
}

async fn volunteer_row(tx: &domain::tx::Tx, app: &TestApp, account_id: AccountId, region_id: RegionId) -> (VolunteerId, WalletId) {
    let id = VolunteerId::new(tx.now);
    volunteer::Entity::insert(
        volunteer::Model {
            id,
            community_id: app.community.id,
            account_id: Some(account_id),
            number: id.to_string(),
            name: "张三".to_owned(),
            birth_date: BusinessDate(19_800_101),
            region_id,
            publishes_name: false,
            state: VolunteerState::Active,
            state_reason: None,
            minutes: 0,
            no_shows: 0,
            created_at: tx.now,
        }
        .into_active_model(),
    )
    .exec_without_returning(&tx.connection)
    .await
    .expect("a volunteer");
    let row = wallet::ActiveModel {
        id: NotSet,
        community_id: Set(app.community.id),
        volunteer_id: Set(id),
        credits: Set(0),
        debits: Set(0),
        debt: Set(0),
        version: Set(0),
        state: Set(WalletState::Active),
    };
    let wallet = wallet::Entity::insert(row).exec_with_returning(&tx.connection).await.expect("a wallet");
    (id, wallet.id)
}

/// A reward with a stock and limits.
pub async fn reward(app: &TestApp, price: i64, stock: i64, per_person_max: Option<i64>, per_month_max: Option<i64>) -> reward::Model {
    let now = app.now();
    let row = reward::Model {
        id: RewardId::new(now),
        community_id: app.community.id,
        title: "大米 5 公斤".to_owned(),
        description: String::new(),
        category: "FOOD".to_owned(),
        pickup_place: "社区服务中心".to_owned(),
        price,
        stock,
        loaded: stock,
        per_person_max,
        per_month_max,
        state: RewardState::Active,
        created_at: now,
    };
    reward::Entity::insert(row.into_active_model()).exec_with_returning(app.app.db.writer()).await.expect("a reward")
}
