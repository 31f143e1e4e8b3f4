//! Ready actors: people of the community, made by the program's own verbs but without paying for a password.

use std::sync::atomic::{AtomicU32, Ordering};

use domain::community::tenant;
use domain::people::account::{self, NewAccount, phone::Phone};
use domain::people::role::{self, Reach};
use domain::people::team::{self, NewTeam};
use domain::people::volunteer::{self, Enrolment};
use entity::id::{AccountId, RegionId, TeamId, VolunteerId};
use entity::role_grant::Role;
use entity::team::TeamColour;
use entity::time::BusinessDate;

use crate::{Actor, TestApp};

/// Birth date of everybody whose age does not matter.
const BORN: BusinessDate = BusinessDate(19_850_615);

impl TestApp {
    /// Somebody with an account, who is no volunteer.
    pub async fn resident(&self, name: &str) -> Actor {
        let (account_id, phone) = self.account().await;
        Actor { phone, ..Actor::of(self, name, account_id, None) }
    }

    /// A registered volunteer who lives in the first grid.
    pub async fn member(&self, name: &str) -> Actor {
        self.member_born(name, BORN, self.community.below[1]).await
    }

    /// A registered volunteer of a given age and home.
    pub async fn member_born(&self, name: &str, birth_date: BusinessDate, region_id: RegionId) -> Actor {
        let (account_id, phone) = self.account().await;
        let tx = self.tx().await;
        let home = tenant::get(&tx.connection, self.community.id).await.map_err(|error| error.code).expect("the community");
        let enrolment = Enrolment { account_id, name: name.to_owned(), birth_date, region_id };
        let rows = volunteer::enrol(&tx, &home, &[enrolment]).await.map_err(|error| error.code).expect("a volunteer");
        tx.commit().await.map_err(|error| error.code).expect("committed");
        Actor { phone, ..Actor::of(self, name, account_id, Some(rows[0].id)) }
    }

    /// An administrator of the community, who is a volunteer too.
    pub async fn admin(&self) -> Actor {
        self.with_role("管理员", Role::Admin, self.community.region_id).await
    }

    /// Somebody at the redemption desk.
    pub async fn desk(&self) -> Actor {
        self.with_role("兑换点", Role::RedemptionDesk, self.community.region_id).await
    }

    /// The worker of the first grid.
    pub async fn grid_worker(&self) -> Actor {
        self.with_role("网格员", Role::GridWorker, self.community.below[1]).await
    }

    /// A member with a role over a place.
    pub async fn with_role(&self, name: &str, role: Role, region_id: RegionId) -> Actor {
        let actor = self.member(name).await;
        self.give_role(&actor, role, Reach::Region(region_id)).await;
        actor
    }

    /// Gives somebody a role without asking who may.
    pub async fn give_role(&self, actor: &Actor, role: Role, reach: Reach) {
        let tx = self.tx().await;
        role::write(&tx, actor.account(), role, reach, None).await.map_err(|error| error.code).expect("a role");
        tx.commit().await.map_err(|error| error.code).expect("committed");
        self.app.sessions.forget(actor.account());
    }

    /// A team of the community, with nobody in it.
    pub async fn team(&self, name: &str, colour: Option<TeamColour>) -> TeamId {
        let input =
            NewTeam {
                name: name.to_owned(), colour, region_id: self.community.region_id, unit_id: None, description: "故事里的队伍".to_owned()
            };
        let tx = self.tx().await;
        let row = team::found(&tx, self.community.id, &input).await.map_err(|error| error.code).expect("a team");
        tx.commit().await.map_err(|error| error.code).expect("committed");
        row.id
    }

    /// A member of the team who leads it.
    pub async fn leader(&self, team_id: TeamId) -> Actor {
        let actor = self.member("队长").await;
        self.join(&actor, team_id).await;
        self.give_role(&actor, Role::TeamLeader, Reach::Team(team_id)).await;
        actor
    }

    /// Makes somebody a member of the team.
    pub async fn join(&self, actor: &Actor, team_id: TeamId) {
        let tx = self.tx().await;
        team::admit(&tx, team_id, &[actor.volunteer()]).await.map_err(|error| error.code).expect("a membership");
        tx.commit().await.map_err(|error| error.code).expect("committed");
    }

    /// An open transaction by the program's clock.
    pub async fn tx(&self) -> domain::tx::Tx {
        self.app.db.begin().await.map_err(|error| error.code).expect("a transaction")
    }

    async fn account(&self) -> (AccountId, String) {
        static COUNT: AtomicU32 = AtomicU32::new(1);
        let text = format!("137{:08}", COUNT.fetch_add(1, Ordering::Relaxed));
        let phone = Phone::parse(&text, "phone").map_err(|error| error.code).expect("a phone");
        let tx = self.tx().await;
        let home = tenant::get(&tx.connection, self.community.id).await.map_err(|error| error.code).expect("the community");
        let input = NewAccount { phone: Some(phone), password_hash: None };
        let row = account::open(&tx, &self.app.keys, &home.community, input).await.map_err(|error| error.code).expect("an account");
        tx.commit().await.map_err(|error| error.code).expect("committed");
        (row.id, text)
    }
}

impl Actor {
    /// The account.
    #[must_use]
    pub fn account(&self) -> AccountId {
        self.account_id.parse().unwrap_or_else(|_| panic!("{} has no account", self.name))
    }

    /// The volunteer.
    #[must_use]
    pub fn volunteer(&self) -> VolunteerId {
        self.volunteer_id.parse().unwrap_or_else(|_| panic!("{} is no volunteer", self.name))
    }
}
