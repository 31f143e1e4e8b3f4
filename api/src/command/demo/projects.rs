//! The projects of the story (共建项目): one looked back on, one under way, one that seeks partners, one returned, two before the panel, one handed in
//! and one still being written. The panel's login finds two of them in its queue, one of which others have scored.

use std::sync::Arc;

use domain::community::joint_meeting::{self, NewDecision, Protocol, decision};
use domain::error::{Code, Error, Result};
use domain::exchange::listing::Owner;
use domain::exchange::project::commitment::{self, Promise};
use domain::exchange::project::{self, Draft, Evaluation, MilestoneDraft, Paper, link, milestone};
use domain::exchange::review::open::Choice;
use domain::exchange::review::score::{self, Ballot, Scored};
use domain::exchange::review::{outcome, policy::Policy};
use domain::people::permission::Actor;
use domain::tx::Tx;
use entity::id::{ProjectId, ReviewRoundId, UnitId};
use entity::joint_meeting::{self as meetings};
use entity::project_commitment::CommitmentKind;
use entity::review_round::Verdict;
use entity::time::{BusinessDate, UtcMicros};
use entity::unit;
use sea_orm::{ColumnTrait, EntityTrait, QueryFilter, QueryOrder};

use super::{Story, co_building};

/// Days that a project takes.
const DAYS: u32 = 240;
/// How long before the present the last of the story happens.
const JUST_NOW: i64 = 6 * UtcMicros::HOUR;

/// Whose a project is.
#[derive(Clone, Copy)]
enum Whose {
    /// The hospital's, brought by its liaison.
    Hospital,
    /// A team's, by its number.
    Team(usize),
}

/// What a project is about: whose, title, summary, category, mode, contents, people who gain, budget.
type About = (Whose, &'static str, &'static str, &'static str, &'static str, &'static [&'static str], i32, &'static str);

const PROJECTS: [About; 8] = [
    (
        Whose::Hospital,
        "银发义诊进网格",
        "每月到网格为老人量血压、测血糖并建立健康档案",
        "HEALTH",
        "VOLUNTEERING",
        &["SERVICE", "HYGIENE"],
        400,
        "耗材约六千元",
    ),
    (Whose::Team(0), "独居老人敲门行动", "结对看望独居老人,每周上门一次", "HARDSHIP", "PAIRING", &["SERVICE", "ORGANISATION"], 80, "慰问品约三千元"),
    (Whose::Team(1), "花季护航午间课堂", "午休时间为双职工家庭的孩子开设课堂", "YOUTH", "SHARING", &["VENUE", "THOUGHT"], 120, "文具约两千元"),
    (Whose::Team(2), "平安上学路", "上下学时段在校门口巡逻护学", "YOUTH", "REGION", &["SECURITY"], 600, "反光背心约一千元"),
    (Whose::Hospital, "慢病随访进家门", "为行动不便的慢病老人上门随访", "HEALTH", "PAIRING", &["SERVICE"], 150, "交通与耗材约四千元"),
    (Whose::Team(3), "楼道焕新共治", "居民议事后共同清理并粉刷老旧楼道", "HARDSHIP", "AFFAIRS", &["HYGIENE", "ORGANISATION"], 300, "涂料约五千元"),
    (Whose::Team(4), "法治小课堂", "每季度为居民讲解民法典与防诈骗", "EDUCATION", "SHARING", &["THOUGHT"], 200, "资料印制约八百元"),
    (Whose::Team(5), "旧家电便民维修角", "每周六在社区设点修理小家电", "HARDSHIP", "VOLUNTEERING", &["SERVICE"], 150, "零件约一千五百元"),
];

impl Story {
    /// What happens with projects and meetings in a month.
    pub(super) async fn co_build(&mut self, month: u32) -> Result<()> {
        match month {
            0 => {
                self.hold_meeting().await?;
                let id = self.hand_in(0, 3_000).await?;
                self.judged(id, Verdict::Approve).await?;
                self.carry(id, Some(6)).await
            }
            2 => self.follow_up().await,
            4 => self.report(self.projects[0], 1, 100).await,
            5 => {
                let id = self.hand_in(1, 20_000).await?;
                self.judged(id, Verdict::Approve).await?;
                self.carry(id, Some(0)).await
            }
            8 => {
                self.report(self.projects[1], 1, 60).await?;
                self.report(self.projects[0], 2, 100).await?;
                self.look_back(self.projects[0]).await
            }
            9 => {
                let id = self.hand_in(2, 0).await?;
                self.judged(id, Verdict::Approve).await?;
                self.carry(id, None).await
            }
            10 => {
                let id = self.hand_in(3, 6_000).await?;
                self.judged(id, Verdict::Return).await
            }
            _ => Ok(()),
        }
    }

    /// What is going on as the visitor comes: two rounds of review, a project that waits for its panel, a draft, a meeting that is called.
    pub(super) async fn present(&mut self, now: UtcMicros) -> Result<()> {
        self.turn_to(now.plus(-JUST_NOW)).await?;
        let (scored, fresh) = (self.hand_in(4, 2_000).await?, self.hand_in(5, 4_000).await?);
        let round = self.open(scored).await?;
        for (reviewer, each) in self.panel.iter().take(2).zip([84, 88]) {
            self.score(reviewer, round, each, Verdict::Approve).await?;
        }
        self.open(fresh).await?;
        self.hand_in(6, 0).await?;
        self.draft(7, 0).await?;
        let agenda = ["通报共建项目进展", "商议下一年度共建计划"].map(str::to_owned).to_vec();
        let tx = self.next().await?;
        co_building::meet(&tx, &self.admin, "demo-meeting-2", 9, agenda).await?;
        tx.commit().await
    }

    /// A transaction a minute later, so that what follows has an order.
    async fn next(&self) -> Result<Tx> {
        self.app.db.clock().set(self.app.db.now().plus(UtcMicros::MINUTE));
        self.app.db.begin().await
    }

    fn speaker(&self, whose: Whose) -> &Arc<Actor> {
        match whose {
            Whose::Hospital => &self.liaison,
            Whose::Team(at) => &self.teams[at].leader,
        }
    }

    async fn hospital(&self) -> Result<UnitId> {
        let query =
            unit::Entity::find().filter(unit::Column::CommunityId.eq(self.admin.community_id)).filter(unit::Column::Name.eq(co_building::HOSPITAL));
        Ok(query.one(self.app.db.reader()).await?.ok_or(Code::NotFound)?.id)
    }

    async fn draft(&mut self, at: usize, minutes_goal: i64) -> Result<ProjectId> {
        let (whose, title, summary, category, mode, contents, beneficiaries, budget) = PROJECTS[at];
        let owner = match whose {
            Whose::Hospital => Owner::Unit(self.hospital().await?),
            Whose::Team(at) => Owner::Team(self.teams[at].id),
        };
        let tx = self.next().await?;
        let day = |days| tx.today().plus_days(days);
        let stage = |title: &str, weight, days| MilestoneDraft { title: title.to_owned(), weight, due_on: day(days) };
        let draft = Draft {
            region_id: None,
            title: title.to_owned(),
            summary: summary.to_owned(),
            category: category.to_owned(),
            mode: mode.to_owned(),
            contents: contents.iter().map(|code| (*code).to_owned()).collect(),
            beneficiaries,
            budget: budget.to_owned(),
            funding_source: "单位自筹与社区党群经费".to_owned(),
            starts_on: day(14),
            ends_on: day(DAYS),
            minutes_goal,
            yearly: false,
            milestones: vec![stage("走访登记", 30, 60), stage("集中服务", 70, DAYS)],
        };
        let id = project::create(&tx, self.speaker(whose), &format!("demo-project-{at}"), owner, draft).await?;
        tx.commit().await?;
        self.projects.push(id);
        Ok(id)
    }

    async fn hand_in(&mut self, at: usize, minutes_goal: i64) -> Result<ProjectId> {
        let id = self.draft(at, minutes_goal).await?;
        let tx = self.next().await?;
        project::submit(&tx, self.speaker(PROJECTS[at].0), id).await?;
        tx.commit().await?;
        Ok(id)
    }

    async fn open(&self, id: ProjectId) -> Result<ReviewRoundId> {
        let tx = self.next().await?;
        let round = project::open_review(&tx, &self.app.keys, &self.admin, id, Choice::default()).await?;
        tx.commit().await?;
        Ok(round.id)
    }

    async fn score(&self, reviewer: &Actor, round: ReviewRoundId, each: i32, verdict: Verdict) -> Result<()> {
        let criteria = Policy::default_of(entity::review_round::SubjectKind::Project).criteria;
        let points = criteria.into_iter().map(|one| (one.code, each)).collect();
        let reason = (verdict != Verdict::Approve).then(|| "请补充护学点位与雨天预案".to_owned());
        let tx = self.next().await?;
        let scored = score::score(&tx, &self.app.keys, reviewer, round, Ballot { points, verdict, reason }).await?;
        tx.commit().await?;
        if matches!(scored, Scored::Counted(_)) { Ok(()) } else { Err(Error::internal("a reviewer of the story is tied")) }
    }

    /// A whole round: three score alike, the verdict is published.
    async fn judged(&self, id: ProjectId, verdict: Verdict) -> Result<()> {
        let round = self.open(id).await?;
        for (reviewer, each) in self.panel.iter().zip([82, 90, 86]) {
            self.score(reviewer, round, each, verdict).await?;
        }
        let tx = self.next().await?;
        outcome::publish(&tx, &self.admin, round).await?;
        tx.commit().await
    }

    /// An approved project is published; with a team whose service counts for it, it finds a partner and begins.
    async fn carry(&self, id: ProjectId, team: Option<usize>) -> Result<()> {
        let tx = self.next().await?;
        project::publish(&tx, &self.admin, id).await?;
        tx.commit().await?;
        let Some(team) = team else { return Ok(()) };
        let query = unit::Entity::find().filter(unit::Column::CommunityId.eq(self.admin.community_id)).order_by_asc(unit::Column::Id);
        let partner = query.one(self.app.db.reader()).await?.ok_or(Code::NotFound)?;
        let promise = Promise {
            kind: CommitmentKind::Space,
            quantity: Some(1),
            measure: Some("间".to_owned()),
            note: "每月一次提供活动室".to_owned(),
            listing_id: None,
        };
        let tx = self.next().await?;
        let promised = commitment::promise(&tx, &self.grid_worker, &format!("demo-promise-{team}"), id, Owner::Unit(partner.id), promise).await?;
        commitment::confirm(&tx, &self.admin, promised).await?;
        let activity = self.teams[team].activity.ok_or(Code::NotFound)?;
        link::activity(&tx, &self.admin, id, activity).await?;
        let to = tx.today().plus_days(2 * DAYS);
        let paper = |what: &str| Paper { reference: format!("{what}-{team}"), from: tx.today(), to };
        project::record_papers(&tx, &self.admin, id, Some(paper("共建协议")), Some(paper("志愿者意外险"))).await?;
        project::match_partners(&tx, &self.admin, id).await?;
        tx.commit().await?;
        let tx = self.next().await?;
        project::start(&tx, &self.admin, id).await?;
        tx.commit().await
    }

    async fn report(&self, id: ProjectId, position: i32, progress: i32) -> Result<()> {
        let tx = self.next().await?;
        milestone::report(&tx, &self.admin, id, position, progress).await?;
        tx.commit().await
    }

    async fn look_back(&self, id: ProjectId) -> Result<()> {
        let tx = self.next().await?;
        project::complete(&tx, &self.admin, id).await?;
        tx.commit().await?;
        let evaluation = Evaluation {
            reached: 436, surveyed: 120, satisfied: 113, note: "覆盖二十个网格,老人反映良好,下一年度继续".to_owned()
        };
        let tx = self.next().await?;
        project::evaluate(&tx, &self.admin, id, evaluation).await?;
        tx.commit().await
    }

    /// The first joint meeting is held; two of its decisions are to be followed up.
    async fn hold_meeting(&self) -> Result<()> {
        let query = meetings::Entity::find().filter(meetings::Column::CommunityId.eq(self.admin.community_id));
        let meeting = query.one(self.app.db.reader()).await?.ok_or(Code::NotFound)?;
        let tx = self.next().await?;
        let called = joint_meeting::units(&tx.connection, &[meeting.id]).await?.remove(&meeting.id).unwrap_or_default();
        let attended: Vec<UnitId> = called.iter().map(|row| row.unit_id).take(20).collect();
        let due_on: BusinessDate = tx.today().plus_days(90);
        let decision = |title: &str, unit_id| NewDecision { title: title.to_owned(), unit_id, due_on };
        let decisions =
            vec![decision("天心医院每月派两名医生参加网格义诊", Some(self.hospital().await?)), decision("社区公布各单位可开放的场地清单", None)];
        let protocol = Protocol { summary: "各单位通报报到与结对情况,议定全年共建项目。".to_owned(), attended, decisions };
        joint_meeting::record(&tx, &self.admin, meeting.id, &protocol).await?;
        tx.commit().await
    }

    /// The hospital sees to what was decided.
    async fn follow_up(&self) -> Result<()> {
        let query = entity::joint_decision::Entity::find().filter(entity::joint_decision::Column::UnitId.eq(self.hospital().await?));
        let row = query.one(self.app.db.reader()).await?.ok_or(Code::NotFound)?;
        let tx = self.next().await?;
        decision::follow_up(&tx, &self.liaison, row.id, "已排定医生轮值表,本月起到网格义诊", true).await?;
        tx.commit().await
    }
}
