//! The year: a 28th in every month, Saturdays in March, people who come, forget, wait and withdraw.

use domain::error::{Code, Error, Result};
use domain::service::activity::{self, Monthly, Offer};
use domain::service::check_in::{code, roll_call, scan};
use domain::service::record::{self, Backfill, Revocation, Verdict};
use domain::service::session::{self, NewSession};
use domain::service::sign_up::{self, NewSignUp, Withdrawal};
use entity::activity::RiskLevel;
use entity::activity_session::{self, SessionState};
use entity::id::{ActivityId, ServiceRecordId};
use entity::offline_check_in::CheckInPhase;
use entity::service_record::{self, RecordState};
use entity::sign_up as sign_up_rows;
use entity::time::{BusinessDate, UtcMicros};
use sea_orm::{ColumnTrait, EntityTrait, QueryFilter, QueryOrder};

use super::cast::TEAMS;
use super::{Story, shop, strewn};

/// Seats on a 28th, and how many ask for one.
const SEATS: i32 = 33;
/// Seats on a Saturday in March, fewer than the people who ask.
const MARCH_SEATS: i32 = 20;

/// A session about to be held, by the team that holds it.
struct Held {
    team: usize,
    session: activity_session::Model,
}

impl Story {
    /// Tells one month: projects, orders at the shop, sign-ups, Saturdays in March, the 28th.
    pub(super) async fn month(&mut self, month: u32) -> Result<()> {
        let first = self.first_of(month);
        self.turn_to(first.starts_at().plus(8 * UtcMicros::HOUR)).await?;
        if month == 0 {
            self.offer_activities().await?;
        }
        self.co_build(month).await?;
        shop::month(self, month).await?;
        if first.month() == 3 {
            for saturday in [7, 14, 21] {
                self.hold_march(BusinessDate(first.0 + saturday - 1)).await?;
            }
        }
        let day = BusinessDate(first.0 + 27);
        let held = self.sessions_on(day).await?;
        self.turn_to(day.starts_at().plus(-8 * UtcMicros::DAY + 19 * UtcMicros::HOUR)).await?;
        self.sign_up(&held, usize::try_from(SEATS).unwrap_or_default() + 1, month).await?;
        self.hold(&held, month).await?;
        self.corrections(month).await
    }

    /// Each team's activity on the 28th.
    async fn offer_activities(&mut self) -> Result<()> {
        for (at, (_, name, service_type, description)) in TEAMS.into_iter().enumerate() {
            let monthly = Monthly { day: 28, start_minute: 9 * 60, minutes: 90 + 15 * i32::try_from(at).unwrap_or_default(), capacity: SEATS };
            let id = self.offer(at, format!("每月28日 {description}"), format!("{name}志愿服务日活动"), service_type, Some(monthly)).await?;
            self.teams[at].activity = Some(id);
        }
        Ok(())
    }

    async fn offer(&self, team: usize, title: String, description: String, service_type: &str, monthly: Option<Monthly>) -> Result<ActivityId> {
        let offer = Offer {
            team_id: self.teams[team].id,
            region_id: None,
            title,
            description,
            service_type: service_type.to_owned(),
            occasion: monthly.is_none().then(|| "LEI_FENG".to_owned()),
            place: "社区党群服务中心".to_owned(),
            risk_level: RiskLevel::Low,
            risk_note: "户外活动,注意防滑防暑;身体不适请勿参加".to_owned(),
            insurance_ref: None,
            min_age: 16,
            qualifications: Vec::new(),
            monthly,
        };
        let tx = self.app.db.begin().await?;
        let id = activity::create(&tx, &self.teams[team].leader, offer).await?.id;
        activity::publish(&tx, &self.teams[team].leader, id).await?;
        tx.commit().await?;
        Ok(id)
    }

    /// The service month: every team on a Saturday, with more people than seats.
    async fn hold_march(&self, day: BusinessDate) -> Result<()> {
        let mut held = Vec::new();
        for (at, (_, name, service_type, _)) in TEAMS.into_iter().enumerate() {
            let title = format!("志愿服务月 {name}");
            let id = self.offer(at, title, "学雷锋志愿服务月".to_owned(), service_type, None).await?;
            let starts_at = day.starts_at().plus(14 * UtcMicros::HOUR);
            let ends_at = starts_at.plus((90 + 10 * i64::try_from(at).unwrap_or_default()) * UtcMicros::MINUTE);
            let new = NewSession { activity_id: id, starts_at, ends_at, capacity: MARCH_SEATS };
            let tx = self.app.db.begin().await?;
            let key = format!("march-{}-{at}", day.0);
            let session_id = session::schedule(&tx, &self.teams[at].leader, &key, new).await?;
            let session = session::by_ids(&tx.connection, &[session_id]).await?.pop().ok_or(Code::NotFound)?;
            tx.commit().await?;
            held.push(Held { team: at, session });
        }
        let seed = u32::try_from(day.0 % 10_000).unwrap_or_default();
        self.turn_to(day.starts_at().plus(-3 * UtcMicros::DAY)).await?;
        self.sign_up(&held, usize::try_from(MARCH_SEATS).unwrap_or_default() + 2, seed).await?;
        self.hold(&held, seed).await
    }

    /// The sessions of all teams on a day, in the order they end.
    async fn sessions_on(&self, day: BusinessDate) -> Result<Vec<Held>> {
        let mut held = Vec::new();
        for (team, its) in self.teams.iter().enumerate() {
            let query = activity_session::Entity::find()
                .filter(activity_session::Column::ActivityId.eq(its.activity.ok_or(Code::NotFound)?))
                .filter(activity_session::Column::BusinessDate.eq(day))
                .filter(activity_session::Column::State.eq(SessionState::Open));
            let session = query.one(self.app.db.reader()).await?.ok_or(Code::NotFound)?;
            held.push(Held { team, session });
        }
        held.sort_by_key(|one| one.session.ends_at);
        Ok(held)
    }

    /// Who of a team asks for a seat: `count` of its members, another choice each time.
    fn asking(&self, team: usize, count: usize, seed: u32) -> Vec<usize> {
        let mut order: Vec<usize> = (0..self.teams[team].members.len()).collect();
        order.sort_by_key(|at| strewn(u64::from(seed) * 10_000 + (team as u64) * 1_000 + *at as u64));
        // The demo's own volunteer never misses a day.
        if team == 0 {
            let own = self.teams[0].members.len() - 1;
            order.retain(|at| *at != own);
            order.insert(0, own);
        }
        order.truncate(count);
        order
    }

    /// People ask for seats; the last ones wait; one withdraws, and the first who waits takes the seat.
    async fn sign_up(&self, held: &[Held], count: usize, seed: u32) -> Result<()> {
        for one in held {
            let asking = self.asking(one.team, count, seed);
            let tx = self.app.db.begin().await?;
            let mut ids = Vec::new();
            for at in &asking {
                let new = NewSignUp { session_id: one.session.id, waitlist: true };
                ids.push(sign_up::enter(&tx, &self.teams[one.team].members[*at], &format!("sign-up-{}", one.session.id), new).await?);
            }
            if asking.len() > usize::try_from(one.session.capacity).unwrap_or_default() {
                let leaves = asking[1];
                let given_back = Withdrawal { sign_up_id: ids[1], reason: "临时加班".to_owned() };
                sign_up::withdraw(&tx, &self.teams[one.team].members[leaves], &format!("withdraw-{}", one.session.id), given_back).await?;
                let offered = sign_up_rows::Entity::find()
                    .filter(sign_up_rows::Column::SessionId.eq(one.session.id))
                    .filter(sign_up_rows::Column::State.eq(sign_up_rows::SignUpState::Offered))
                    .one(&tx.connection)
                    .await?;
                let next = offered.and_then(|row| ids.iter().position(|id| *id == row.id).map(|at| (row.id, asking[at])));
                if let Some((id, at)) = next {
                    sign_up::accept(&tx, &self.teams[one.team].members[at], &format!("accept-{}", one.session.id), id).await?;
                }
            }
            tx.commit().await?;
        }
        Ok(())
    }

    /// The day itself: a quarter check in and out with the code, the leader calls the rest of the roll, one stays away, one forgets to check out.
    async fn hold(&self, held: &[Held], seed: u32) -> Result<()> {
        let Some(first) = held.first() else { return Ok(()) };
        let mut rolls = Vec::new();
        self.turn_to(first.session.starts_at.plus(-10 * UtcMicros::MINUTE)).await?;
        for one in held {
            let seated = self.seated(one).await?;
            let away = usize::try_from(strewn(u64::from(seed) + one.team as u64 * 77) % 2).unwrap_or_default();
            let coming = seated.len() - away.min(seated.len());
            let scanning = coming / 4;
            self.scan(one, &seated[..scanning], CheckInPhase::In).await?;
            rolls.push((scanning, coming, seated));
        }
        for (one, (scanning, coming, seated)) in held.iter().zip(rolls) {
            self.app.db.clock().set(one.session.ends_at.plus(2 * UtcMicros::MINUTE));
            let forgetful = usize::from(one.team == 3 && scanning > 0);
            self.scan(one, &seated[..scanning - forgetful], CheckInPhase::Out).await?;
            let leader = &self.teams[one.team].leader;
            let entry = |at: &usize| roll_call::Entry {
                volunteer_id: self.teams[one.team].members[*at].volunteer.map_or_else(|| unreachable!("members are volunteers"), |own| own.id),
                checked_in_at: Some(one.session.starts_at),
                checked_out_at: Some(one.session.ends_at),
            };
            let entries: Vec<_> = seated[scanning..coming].iter().map(entry).collect();
            if !entries.is_empty() {
                let tx = self.app.db.begin().await?;
                roll_call::call_roll(&tx, leader, &format!("roll-{}", one.session.id), one.session.id, &entries).await?;
                tx.commit().await?;
            }
        }
        Ok(())
    }

    /// Members with a seat, in the order they got it.
    async fn seated(&self, one: &Held) -> Result<Vec<usize>> {
        let rows = sign_up_rows::Entity::find()
            .filter(sign_up_rows::Column::SessionId.eq(one.session.id))
            .filter(sign_up_rows::Column::State.eq(sign_up_rows::SignUpState::Confirmed))
            .order_by_asc(sign_up_rows::Column::QueuedAt)
            .order_by_asc(sign_up_rows::Column::Id)
            .all(self.app.db.reader())
            .await?;
        let members = &self.teams[one.team].members;
        let at = |row: &sign_up_rows::Model| members.iter().position(|member| member.volunteer.is_some_and(|own| own.id == row.volunteer_id));
        Ok(rows.iter().filter_map(at).collect())
    }

    async fn scan(&self, one: &Held, people: &[usize], phase: CheckInPhase) -> Result<()> {
        let app = &self.app;
        let team = &self.teams[one.team];
        let tx = app.db.begin().await?;
        let shown = code::show(&tx.connection, &app.keys, tx.now, &team.leader, one.session.id, phase).await?;
        for at in people {
            let scan = scan::Scan { session_id: one.session.id, code: shown.code.clone() };
            let key = format!("{phase:?}-{}", one.session.id);
            match phase {
                CheckInPhase::In => scan::check_in(&tx, &app.keys, &team.members[*at], &key, scan).await?,
                CheckInPhase::Out => scan::check_out(&tx, &app.keys, &team.members[*at], &key, scan).await?,
            };
        }
        tx.commit().await
    }

    /// What does not go smoothly: service entered afterwards, and a record that turns out to be wrong.
    async fn corrections(&self, month: u32) -> Result<()> {
        let now = self.app.db.now();
        match month {
            3 => {
                let team = &self.teams[1];
                let member = &team.members[0];
                let started_at = UtcMicros(now.0 - now.0 % UtcMicros::DAY).plus(-3 * UtcMicros::DAY + 6 * UtcMicros::HOUR);
                let service = Backfill {
                    volunteer_id: None,
                    team_id: team.id,
                    service_type: "YOUTH".to_owned(),
                    started_at,
                    ended_at: started_at.plus(2 * UtcMicros::HOUR),
                    content: "代班午间课堂".to_owned(),
                    reason: "当天网络中断,未能签到".to_owned(),
                };
                let tx = self.app.db.begin().await?;
                let record_id = record::request_backfill(&tx, member, "backfill-1", service).await?;
                let verdict = Verdict { record_id, approve: true, reason: None };
                record::decide(&tx, &self.admin, "backfill-1", verdict).await?;
                tx.commit().await
            }
            6 => {
                let record_id = self.spent_record().await?;
                let revocation = Revocation { record_id, reason: "经核实当天未到场,系他人代签".to_owned() };
                let tx = self.app.db.begin().await?;
                record::revoke(&tx, &self.admin, "revoke-1", revocation).await?;
                tx.commit().await
            }
            _ => Ok(()),
        }
    }

    /// The latest certified record of the last member of the green team who redeemed.
    async fn spent_record(&self) -> Result<ServiceRecordId> {
        let spender = shop::last_spender(self, 3).await?;
        let row = service_record::Entity::find()
            .filter(service_record::Column::VolunteerId.eq(spender))
            .filter(service_record::Column::State.eq(RecordState::Certified))
            .order_by_desc(service_record::Column::StartedAt)
            .one(self.app.db.reader())
            .await?;
        row.map(|row| row.id).ok_or_else(|| Error::from(Code::NotFound))
    }
}
