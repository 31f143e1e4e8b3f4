//! The units of the story: 104 of them have checked in with 1,649 Party members, sit in the alliance, signed agreements and look after the 118 grids;
//! one has a liaison who can sign in.
//!
//! By 1+1 fourteen grids stay over, so N+1 comes on top.

use std::fmt::Write;

use domain::app::App;
use domain::community::agreement::{self, NewAgreement};
use domain::community::alliance::{self, NewSeat};
use domain::community::joint_meeting::{self, NewMeeting};
use domain::community::{pairing, unit_check_in};
use domain::error::{Code, Error, Result};
use domain::people::permission::Actor;
use domain::people::role::{self, Holder, Reach, Span};
use domain::tx::Tx;
use entity::alliance_member::Seat;
use entity::id::{AccountId, RegionId, UnitId};
use entity::pairing::PairingMode;
use entity::role_grant::Role;
use entity::time::UtcMicros;
use entity::unit;
use sea_orm::{ColumnTrait, EntityTrait, QueryFilter, QueryOrder};

use super::COMMUNITY_CODE;
use super::cast::{accepted, paper};
use crate::command::import;

/// The unit of the demo's liaison.
pub const HOSPITAL: &str = "天心医院";
/// Party members who checked in.
const MEMBERS: usize = 1_649;
/// Phone of the first of them, and where the seeds of their names begin.
const MEMBERS_FROM: (u64, u64) = (137_0001_0000, 100_000);
/// Level of the grids: street, community, patch, grid.
const GRIDS: i32 = 3;
/// Units that sit in the alliance; the first of them as part-time members of its committee.
const SEATS: usize = 24;
const PART_TIME: usize = 6;
/// Days that seats and agreements hold.
const TERM_DAYS: u32 = 1_000;

/// Brings the units and their members together.
pub async fn assemble(app: &App, admin: &Actor, liaison: AccountId, grids: &[(RegionId, String)]) -> Result<()> {
    let tx = app.db.begin().await?;
    let query = unit::Entity::find().filter(unit::Column::CommunityId.eq(admin.community_id));
    let units = query.order_by_asc(unit::Column::Id).all(&tx.connection).await?;
    for row in &units {
        unit_check_in::check_in(&tx, admin, row.id, "场地、物资与志愿服务").await?;
    }
    seat(&tx, admin, &units).await?;
    agree(&tx, admin, &units).await?;
    pairing::carry_out(&tx, admin, GRIDS, PairingMode::OneToOne).await?;
    pairing::carry_out(&tx, admin, GRIDS, PairingMode::ManyToOne).await?;
    let hospital = units.iter().find(|row| row.name == HOSPITAL).ok_or_else(|| Error::from(Code::NotFound))?;
    role::grant(&tx, &app.keys, admin, &Holder::Account(liaison), Role::UnitLiaison, Reach::Unit(hospital.id), Span::default()).await?;
    let agenda = ["通报报到单位与网格结对情况", "商议全年共建项目"].map(str::to_owned).to_vec();
    meet(&tx, admin, "demo-meeting-1", 15, agenda).await?;
    let today = tx.today();
    tx.commit().await?;
    app.sessions.forget(liaison);
    let people = paper(MEMBERS_FROM.0, MEMBERS_FROM.1, MEMBERS, grids);
    accepted(&import::volunteers::run(&app.db, &app.keys, COMMUNITY_CODE, people.as_bytes(), false).await?)?;
    let mut members = String::from("phone,unit,consented_on\n");
    for (phone, row) in (MEMBERS_FROM.0..).zip(units.iter().cycle()).take(MEMBERS) {
        // Writing to a String cannot fail.
        let _ = writeln!(members, "{phone},{},{}", row.name, today.naive());
    }
    accepted(&import::members::run(&app.db, &app.keys, COMMUNITY_CODE, members.as_bytes(), false).await?)
}

async fn seat(tx: &Tx, admin: &Actor, units: &[unit::Model]) -> Result<()> {
    for (at, row) in units.iter().take(SEATS).enumerate() {
        let new = NewSeat {
            unit_id: row.id,
            seat: if at < PART_TIME { Seat::PartTimeMember } else { Seat::Member },
            party_organisation: format!("{}党支部", row.name),
            account_id: None,
            term_from: tx.today(),
            term_to: tx.today().plus_days(TERM_DAYS),
        };
        alliance::seat(tx, admin, &new).await?;
    }
    Ok(())
}

/// One agreement with all who sit in the alliance, and one about the use of rooms with three of them.
async fn agree(tx: &Tx, admin: &Actor, units: &[unit::Model]) -> Result<()> {
    let texts = [
        ("党建共建协议", "组织联网、阵地联享、思想联做、治安联防、卫生联搞、服务联办。", SEATS),
        ("阵地联享协议", "会议室、操场与停车位在非工作时间向居民开放。", 3),
    ];
    for (title, summary, parties) in texts {
        let unit_ids: Vec<UnitId> = units.iter().take(parties).map(|row| row.id).collect();
        let new = NewAgreement {
            title: title.to_owned(),
            summary: summary.to_owned(),
            signed_on: tx.today(),
            valid_to: tx.today().plus_days(TERM_DAYS),
            unit_ids,
        };
        agreement::file(tx, admin, &format!("demo-{title}"), &new).await?;
    }
    Ok(())
}

/// Calls a joint meeting (党建联席会) in so many days.
pub async fn meet(tx: &Tx, admin: &Actor, key: &str, days: i64, agenda: Vec<String>) -> Result<entity::id::JointMeetingId> {
    let new = NewMeeting {
        title: "党建联席会".to_owned(),
        place: "社区党群服务中心二楼会议室".to_owned(),
        starts_at: tx.now.plus(days * UtcMicros::DAY),
        agenda,
        unit_ids: Vec::new(),
    };
    joint_meeting::call(tx, admin, key, &new).await
}
