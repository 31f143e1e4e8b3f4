//! Who plays in the story: places, units, people, teams, and the demo logins. Lists that a community would bring come in as files, by import.

use std::fmt::Write;
use std::sync::Arc;

use domain::app::App;
use domain::community::tenant::Opening;
use domain::error::{Code, Error, Result};
use domain::people::account::Joining;
use domain::people::account::phone::Phone;
use domain::people::account::sign_in::{self, Registration};
use domain::people::permission::Actor;
use domain::people::role::{self, Holder, Reach, Span};
use domain::people::session::Device;
use domain::people::team::{self, NewTeam};
use domain::people::volunteer as people;
use domain::points::policy::{self, Terms};
use domain::tx::Tx;
use entity::id::{AccountId, RegionId};
use entity::points_policy::ExpiryRule;
use entity::role_grant::Role;
use entity::team::TeamColour;
use entity::time::{BusinessDate, UtcMicros};
use entity::{region, volunteer};
use sea_orm::{ColumnTrait, EntityTrait, QueryFilter, QueryOrder};

use super::{COMMUNITY_CODE, PASSWORD, Story, Team, co_building, strewn, voice};
use crate::command::import;
use crate::command::open_community::{self, Administrator};

/// The official divisions of five communities and their neighbours.
const REGIONS: &[u8] = include_bytes!("../../../assets/demo/regions.csv");
/// Twelve patches (片区) and their 118 grids (网格).
const GRIDS: &[u8] = include_bytes!("../../../assets/demo/grids.csv");
/// 104 local units (驻区单位).
const UNITS: &[u8] = include_bytes!("../../../assets/demo/units.csv");
/// People who signed up on paper and come in by import.
const IMPORTED: usize = 322;
/// Where the paper list's own seeds begin; the members' lie beyond.
const PAPER_SEED: u64 = 0;
/// Reviewers beside the one who can sign in, of the last team.
const REVIEWERS: usize = 4;

/// Demo logins: phone, name, what they are.
pub const LOGINS: [(&str, &str, &str); 9] = [
    ("13900000001", "彭书记", "administrator 管理员"),
    ("13900000002", "居民刘芳", "resident 居民"),
    ("13900000003", "志愿者王秀英", "volunteer 志愿者, red team"),
    ("13900000004", "队长李建国", "team leader 志愿队长, red team"),
    ("13900000005", "网格员陈静", "grid worker 网格员"),
    ("13900000006", "兑换点赵敏", "redemption desk 积分兑换点"),
    ("13900000007", "评审员周明", "reviewer 评审"),
    ("13900000008", "联络员林洁云", "unit liaison 单位联络员, 天心医院"),
    ("13900000009", "审计员何文", "auditor 审计员"),
];

/// Colour, name, service type, what they do, start (minutes of the day), length.
pub const TEAMS: [(TeamColour, &str, &str, &str); 7] = [
    (TeamColour::Red, "红色扶贫帮困队", "CARE_VISIT", "走访孤寡老人与困难家庭"),
    (TeamColour::Orange, "橙色青春助跑队", "YOUTH", "午间课堂与阳光课堂"),
    (TeamColour::Yellow, "黄色治安巡逻队", "PATROL", "社区与校园周边巡逻"),
    (TeamColour::Green, "绿色生态环保队", "ENVIRONMENT", "楼道清洁与垃圾分类"),
    (TeamColour::Cyan, "青色法律维权队", "LEGAL_AID", "法律咨询与纠纷调解"),
    (TeamColour::Blue, "蓝色家电维修队", "APPLIANCE_REPAIR", "为老人修理家电"),
    (TeamColour::Purple, "紫色卫生保健队", "FREE_CLINIC", "量血压与健康讲座"),
];

const SURNAMES: &str = "王李张刘陈杨黄赵吴周徐孙马朱胡郭何林罗高郑梁谢宋唐许韩冯邓曹彭曾萧田董潘袁蔡蒋余";
const GIVEN: &str = "秀英桂兰建国志强玉梅丽华明辉春燕海涛晓东红霞文斌雪琴立新国平淑珍永福";

/// Builds everything that stands before the first month.
pub async fn assemble(app: App, first_month: BusinessDate) -> Result<Story> {
    app.db.clock().set(first_month.starts_at().plus(-20 * UtcMicros::DAY + 9 * UtcMicros::HOUR));
    let edition = Some(first_month.year());
    accepted(&import::regions::run(&app.db, REGIONS, edition, false).await?)?;
    let labels = ["街道", "社区", "片区", "网格"].map(str::to_owned).to_vec();
    let opening = Opening { region_code: COMMUNITY_CODE.to_owned(), name: Some("涂新社区".to_owned()), labels };
    let administrator = Administrator { phone: LOGINS[0].0.to_owned(), password: PASSWORD.to_owned() };
    let opened = open_community::run(&app.db, &app.keys, &opening, administrator).await?;
    let admin = voice(&app, opened.administrator_id).await?;
    accepted(&import::grids::run(&app.db, COMMUNITY_CODE, GRIDS, false).await?)?;
    accepted(&import::units::run(&app.db, COMMUNITY_CODE, UNITS, false).await?)?;
    let grids = set_up(&app, &admin).await?;
    let listed = paper(139_0001_0000, PAPER_SEED, IMPORTED, &grids);
    accepted(&import::volunteers::run(&app.db, &app.keys, COMMUNITY_CODE, listed.as_bytes(), false).await?)?;
    let mut logins = Vec::new();
    for (at, (phone, name, _)) in LOGINS.iter().enumerate().skip(1) {
        logins.push(move_in(&app, phone, name, (!matches!(at, 1 | 8)).then_some(grids[at].0)).await?);
    }
    let [resident, member, leader, grid_worker, desk, reviewer, liaison, auditor] =
        <[AccountId; 8]>::try_from(logins).map_err(|_| Error::internal("eight logins"))?;
    let tx = app.db.begin().await?;
    let over = |region_id| Reach::Region(region_id);
    let home = opened_region(&tx, &admin).await?;
    for (account_id, reach, role) in [
        (grid_worker, over(grids[0].0), Role::GridWorker),
        (grid_worker, over(home), Role::GridWorker),
        (desk, over(home), Role::RedemptionDesk),
        (reviewer, over(home), Role::Reviewer),
        (auditor, over(home), Role::Auditor),
    ] {
        role::grant(&tx, &app.keys, &admin, &Holder::Account(account_id), role, reach, Span::default()).await?;
    }
    tx.commit().await?;
    for account_id in [resident, member, leader, grid_worker, desk, reviewer, auditor] {
        app.sessions.forget(account_id);
    }
    let teams = gather(&app, &admin, member, leader, home).await?;
    co_building::assemble(&app, &admin, liaison, &grids).await?;
    let panel = seat_reviewers(&app, &admin, &teams, home).await?;
    let (desk, grid_worker, liaison) = (voice(&app, desk).await?, voice(&app, grid_worker).await?, voice(&app, liaison).await?);
    Ok(Story { app, first_month, admin, desk, grid_worker, liaison, panel, projects: Vec::new(), teams })
}

/// The community's own points policy; gives the grids with their codes.
async fn set_up(app: &App, admin: &Actor) -> Result<Vec<(RegionId, String)>> {
    let tx = app.db.begin().await?;
    let home = domain::community::tenant::get(&tx.connection, admin.community_id).await?.region;
    let grids = region::Entity::find().filter(region::Column::CommunityId.eq(admin.community_id)).filter(region::Column::Depth.eq(home.depth + 2));
    let grids = grids.order_by_asc(region::Column::Id).all(&tx.connection).await?;
    let terms = Terms {
        effective_from: tx.today().plus_days(1),
        service_day_bps: 20_000,
        service_month_bps: 15_000,
        expiry: ExpiryRule::EndOfMonthAfter,
        expiry_months: 9,
        ..Terms::default()
    };
    policy::publish(&tx, admin, &terms).await?;
    tx.commit().await?;
    Ok(grids.into_iter().filter_map(|row| Some((row.id, row.code?))).collect())
}

async fn opened_region(tx: &Tx, admin: &Actor) -> Result<RegionId> {
    Ok(domain::community::tenant::get(&tx.connection, admin.community_id).await?.region.id)
}

/// A paper list of people as a file: phones from `phone` on, names and birth dates by the seeds from `seed` on, spread over the grids.
pub(super) fn paper(phone: u64, seed: u64, count: usize, grids: &[(RegionId, String)]) -> String {
    let surnames: Vec<char> = SURNAMES.chars().collect();
    let given: Vec<char> = GIVEN.chars().collect();
    let pick = |from: &[char], seed: u64| from[usize::try_from(strewn(seed) % from.len() as u64).unwrap_or_default()];
    let mut file = String::from("name,phone,birth_date,region_code\n");
    for ((seed, phone), (_, grid)) in (seed..).zip(phone..).zip(grids.iter().cycle()).take(count) {
        let second = if strewn(seed + 7_000).is_multiple_of(4) { String::new() } else { pick(&given, seed + 2_000).to_string() };
        let name = format!("{}{}{second}", pick(&surnames, seed), pick(&given, seed + 1_000));
        let (year, month, day) = (1_950 + strewn(seed + 3_000) % 54, 1 + strewn(seed + 4_000) % 12, 1 + strewn(seed + 5_000) % 28);
        // Writing to a String cannot fail.
        let _ = writeln!(file, "{name},{phone},{year}-{month:02}-{day:02},{grid}");
    }
    file
}

/// Registers one of the demo logins, as a volunteer when a grid is given.
async fn move_in(app: &App, phone: &str, name: &str, grid: Option<RegionId>) -> Result<AccountId> {
    let community = Joining::RegionCode(COMMUNITY_CODE.to_owned());
    let registration = Registration { password: PASSWORD.to_owned(), community, device: Device::named("demo") };
    let signed_in = sign_in::admit(&app.db, &app.keys, &app.sessions, &Phone::parse(phone, "phone")?, registration).await?;
    if let Some(grid) = grid {
        let actor = app.sessions.load(&app.db, signed_in.account_id, signed_in.login_session_id).await?;
        let tx = app.db.begin().await?;
        let name: String = name.chars().rev().take(3).collect::<Vec<_>>().into_iter().rev().collect();
        people::register(&tx, &actor, &name, BusinessDate(19_780_508), Some(grid)).await?;
        tx.commit().await?;
    }
    Ok(signed_in.account_id)
}

/// Founds the seven teams and spreads the volunteers over them.
async fn gather(app: &App, admin: &Actor, member: AccountId, leader: AccountId, home: RegionId) -> Result<Vec<Team>> {
    let special = [member, leader];
    let everybody = volunteer::Entity::find().filter(volunteer::Column::CommunityId.eq(admin.community_id)).order_by_asc(volunteer::Column::Number);
    let everybody = everybody.all(app.db.reader()).await?;
    let account_of = |row: &volunteer::Model| row.account_id.ok_or_else(|| Error::from(Code::NotFound));
    let imported: Vec<_> = everybody.iter().take(IMPORTED).collect();
    let mut teams = Vec::new();
    for (at, (colour, name, _, description)) in TEAMS.into_iter().enumerate() {
        let leader_row = if at == 0 { everybody.iter().find(|row| row.account_id == Some(leader)) } else { imported.get(at).copied() };
        let leader_row = leader_row.ok_or_else(|| Error::from(Code::NotFound))?;
        let new = NewTeam { name: name.to_owned(), colour: Some(colour), region_id: home, unit_id: None, description: description.to_owned() };
        let tx = app.db.begin().await?;
        let founded = team::create(&tx, admin, Some(leader_row.id), &new).await?;
        tx.commit().await?;
        let mut accounts = Vec::new();
        for row in imported.iter().skip(TEAMS.len()).skip(at).step_by(TEAMS.len()) {
            accounts.push(account_of(row)?);
        }
        if at == 0 {
            accounts.push(special[0]);
        }
        let members = enter(app, founded.team.id, &accounts).await?;
        let leader = voice(app, account_of(leader_row)?).await?;
        teams.push(Team { id: founded.team.id, activity: None, leader, members });
    }
    Ok(teams)
}

/// Lets people sign in and join a team.
async fn enter(app: &App, team_id: entity::id::TeamId, accounts: &[AccountId]) -> Result<Vec<Arc<Actor>>> {
    let mut members = Vec::new();
    for account_id in accounts {
        members.push(voice(app, *account_id).await?);
    }
    let tx = app.db.begin().await?;
    for member in &members {
        team::join(&tx, member, team_id).await?;
    }
    tx.commit().await?;
    Ok(members)
}

/// Makes members of the last team reviewers (评审), whose panel judges the projects; gives them as they speak since then.
async fn seat_reviewers(app: &App, admin: &Actor, teams: &[Team], home: RegionId) -> Result<Vec<Arc<Actor>>> {
    let accounts: Vec<AccountId> = teams.last().map_or(&[][..], |team| &team.members).iter().take(REVIEWERS).map(|one| one.account_id).collect();
    let tx = app.db.begin().await?;
    for id in &accounts {
        role::grant(&tx, &app.keys, admin, &Holder::Account(*id), Role::Reviewer, Reach::Region(home), Span::default()).await?;
    }
    tx.commit().await?;
    let mut panel = Vec::with_capacity(accounts.len());
    for id in accounts {
        app.sessions.forget(id);
        panel.push(voice(app, id).await?);
    }
    Ok(panel)
}

pub(super) fn accepted(report: &import::Report) -> Result<()> {
    match report.faults.first() {
        Some(fault) => Err(Error::internal(fault.to_string())),
        None => Ok(()),
    }
}
