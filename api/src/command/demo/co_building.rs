//! The units of the story: they sit in the alliance, have checked in, signed an agreement, look after the grids, and one has a liaison who can sign
//! in.

use entity::alliance_member::Seat;
use entity::id::{AccountId, UnitId};
use entity::pairing::PairingMode;
use entity::role_grant::Role;
use entity::unit;
use sea_orm::{ColumnTrait, EntityTrait, QueryFilter, QueryOrder};

use crate::app::App;
use crate::community::agreement::{self, NewAgreement};
use crate::community::alliance::{self, NewSeat};
use crate::community::{pairing, unit_check_in};
use crate::error::{Code, Error, Result};
use crate::people::permission::Actor;
use crate::people::role::{self, Holder, Reach, Span};

/// The unit of the demo's liaison.
const HOSPITAL: &str = "天心医院";
/// Level of the grids: street, community, patch, grid.
const GRIDS: i32 = 3;
/// Days that seats and the agreement hold.
const TERM_DAYS: u32 = 1_000;

/// Brings the units together.
pub async fn assemble(app: &App, admin: &Actor, liaison: AccountId) -> Result<()> {
    let tx = app.db.begin().await?;
    let query = unit::Entity::find().filter(unit::Column::CommunityId.eq(admin.community_id));
    let units = query.order_by_asc(unit::Column::Id).all(&tx.connection).await?;
    let (from, to) = (tx.today(), tx.today().plus_days(TERM_DAYS));
    for row in &units {
        let new = NewSeat {
            unit_id: row.id,
            seat: Seat::Member,
            party_organisation: format!("{}党支部", row.name),
            account_id: None,
            term_from: from,
            term_to: to,
        };
        alliance::seat(&tx, admin, &new).await?;
        unit_check_in::check_in(&tx, admin, row.id, "场地、物资与志愿服务").await?;
    }
    let unit_ids: Vec<UnitId> = units.iter().map(|row| row.id).collect();
    let new = NewAgreement {
        title: "党建共建协议".to_owned(),
        summary: "组织联网、阵地联享、思想联做、治安联防、卫生联搞、服务联办。".to_owned(),
        signed_on: from,
        valid_to: to,
        unit_ids,
    };
    agreement::file(&tx, admin, "demo-agreement", &new).await?;
    pairing::carry_out(&tx, admin, GRIDS, PairingMode::ManyToOne).await?;
    let hospital = units.iter().find(|row| row.name == HOSPITAL).ok_or_else(|| Error::from(Code::NotFound))?;
    role::grant(&tx, &app.keys, admin, &Holder::Account(liaison), Role::UnitLiaison, Reach::Unit(hospital.id), Span::default()).await?;
    tx.commit().await?;
    app.sessions.forget(liaison);
    Ok(())
}
