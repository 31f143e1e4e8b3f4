//! The points store of the story: thirty rewards, orders every month, most fetched, some taken back, a few forgotten.

use std::sync::Arc;

use domain::error::{Code, Error, Result};
use domain::people::permission::Actor;
use domain::points::redemption::{self, Order};
use domain::points::reward::{self, NewReward};
use domain::points::{adjustment, policy, wallet};
use entity::id::{RedemptionId, VolunteerId};
use entity::{reward as reward_rows, wallet as wallet_rows};
use sea_orm::{ColumnTrait, EntityTrait, QueryFilter, QueryOrder};

use super::{Story, strewn};

/// Orders a month, from the second month on.
const ORDERS: usize = 22;

/// Name, category, price, first stock, most a person may take a month.
const REWARDS: [(&str, &str, i64, i64, Option<i64>); 30] = [
    ("洗衣皂", "DAILY", 20, 200, None),
    ("抽纸一提", "DAILY", 30, 200, None),
    ("牙膏", "DAILY", 30, 150, None),
    ("毛巾", "DAILY", 35, 150, None),
    ("洗洁精", "DAILY", 35, 150, None),
    ("垃圾分类桶", "DAILY", 60, 60, Some(1)),
    ("雨伞", "DAILY", 80, 60, Some(1)),
    ("保温杯", "DAILY", 120, 40, Some(1)),
    ("洗衣液", "DAILY", 70, 80, None),
    ("电蚊香", "DAILY", 50, 60, None),
    ("挂面一包", "FOOD", 30, 200, None),
    ("食盐两袋", "FOOD", 20, 200, None),
    ("酱油", "FOOD", 40, 120, None),
    ("菜籽油 1.8 升", "FOOD", 150, 80, Some(1)),
    ("大米 5 公斤", "FOOD", 180, 80, Some(1)),
    ("鸡蛋一盒", "FOOD", 60, 100, None),
    ("牛奶一箱", "FOOD", 200, 40, Some(1)),
    ("绿豆一斤", "FOOD", 40, 100, None),
    ("理发券", "SERVICE", 60, 80, Some(1)),
    ("磨刀券", "SERVICE", 30, 60, None),
    ("家电清洗券", "SERVICE", 160, 30, Some(1)),
    ("体检加项券", "SERVICE", 220, 20, Some(1)),
    ("长者饭堂餐券", "SERVICE", 50, 120, None),
    ("衣物缝补券", "SERVICE", 30, 60, None),
    ("笔记本", "CULTURE", 30, 120, None),
    ("书法纸", "CULTURE", 40, 80, None),
    ("电影票", "CULTURE", 90, 60, Some(2)),
    ("图书《习字帖》", "CULTURE", 50, 60, None),
    ("羽毛球拍", "CULTURE", 150, 20, Some(1)),
    ("象棋", "CULTURE", 100, 20, Some(1)),
];

/// Fills the shelves.
pub async fn open(story: &Story) -> Result<()> {
    let tx = story.app.db.begin().await?;
    for (title, category, price, stock, per_month_max) in REWARDS {
        let new = NewReward {
            title: title.to_owned(),
            description: format!("爱心企业捐赠 {title}"),
            category: category.to_owned(),
            pickup_place: "社区党群服务中心一楼积分超市".to_owned(),
            price,
            stock,
            per_person_max: None,
            per_month_max,
        };
        reward::create(&tx, &story.admin, new).await?;
    }
    tx.commit().await
}

/// A month at the desk: what was ordered is fetched, new orders come in.
pub async fn month(story: &Story, month: u32) -> Result<()> {
    if month == 0 {
        return Ok(());
    }
    if month == 5 {
        correct(story).await?;
    }
    let ordered = order(story, month).await?;
    story.turn_to(story.first_of(month).starts_at().plus(34 * entity::time::UtcMicros::HOUR)).await?;
    let tx = story.app.db.begin().await?;
    for (at, (member, id)) in ordered.iter().enumerate() {
        match at % 11 {
            // Somebody changes their mind.
            4 => {
                redemption::cancel(&tx, member, *id, Some("换别的")).await?;
            }
            // Somebody never comes; the points return by themselves.
            9 => {}
            _ => {
                redemption::fulfil(&tx, &story.desk, &redemption::pickup_code(&story.app.keys, *id)).await?;
            }
        }
    }
    tx.commit().await
}

/// Members order what they can pay for.
async fn order(story: &Story, month: u32) -> Result<Vec<(Arc<Actor>, RedemptionId)>> {
    let mut shelf = reward_rows::Entity::find().order_by_asc(reward_rows::Column::Price).all(story.app.db.reader()).await?;
    let pickup_days = policy::in_force(story.app.db.reader(), story.admin.community_id, story.app.db.now().business_date()).await?.pickup_days;
    let everybody: Vec<&Arc<Actor>> = story.teams.iter().flat_map(|team| &team.members).collect();
    let mut ordered = Vec::new();
    let tx = story.app.db.begin().await?;
    for at in 0.. {
        let seed = u64::from(month) * 100_000 + at;
        let member = everybody[usize::try_from(strewn(seed) % everybody.len() as u64).unwrap_or_default()];
        let own = wallet::get(&tx.connection, member.volunteer()?.id).await?;
        shelf.retain(|row| row.stock > 0);
        let affordable = shelf.iter().filter(|row| row.price <= own.credits - own.debits && own.debt == 0).count();
        if affordable > 0 {
            let chosen = &mut shelf[affordable - 1 - usize::try_from(strewn(seed + 1) % affordable.min(4) as u64).unwrap_or_default()];
            chosen.stock -= 1;
            let order = Order { reward_id: chosen.id, quantity: 1, cost: chosen.price };
            let row = redemption::redeem_in(&tx, &story.app.keys, member, pickup_days, &format!("order-{month}-{at}"), &order).await?;
            ordered.push((Arc::clone(member), row.id));
        }
        if ordered.len() >= ORDERS || at > 500 {
            break;
        }
    }
    tx.commit().await?;
    Ok(ordered)
}

/// A correction by two people.
async fn correct(story: &Story) -> Result<()> {
    let volunteer_id = story.teams[2].members[0].volunteer()?.id;
    let tx = story.app.db.begin().await?;
    let id = adjustment::propose(&tx, &story.grid_worker, volunteer_id, 15, "上月巡逻漏记半小时,队长书面说明").await?;
    adjustment::decide(&tx, &story.admin, id, true, Some("材料属实")).await?;
    tx.commit().await
}

/// Who of a team redeemed last and has least left; its next reversal cannot be taken from the balance.
pub async fn last_spender(story: &Story, team: usize) -> Result<VolunteerId> {
    let members = story.teams[team].members.iter().filter_map(|member| member.volunteer.map(|own| own.id));
    let poorest = wallet_rows::Entity::find()
        .filter(wallet_rows::Column::VolunteerId.is_in(members))
        .filter(wallet_rows::Column::Debits.gt(0))
        .all(story.app.db.reader())
        .await?
        .into_iter()
        .min_by_key(|row| row.credits - row.debits);
    poorest.map(|row| row.volunteer_id).ok_or_else(|| Error::from(Code::NotFound))
}
