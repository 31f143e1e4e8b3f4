//! Codes to scan (小程序码): a picture that opens a page of the mini-program with an id as its scene.
//!
//! A code is permanent at WeChat, so each is fetched once and kept. The scene is one of our ids, which says nothing by itself: what the page shows is
//! for whoever may see it.

use sea_orm::ConnectionTrait;

use super::{Image, Wechat, code_of};
use crate::db::{Db, sql};
use crate::error::{Code, Error, Result};
use crate::keys::Keys;
use crate::people::permission::{Action, Actor};

/// Longest scene that WeChat takes.
const SCENE_MAX: usize = 32;
/// Longest page.
const PAGE_MAX: usize = 128;

/// The code that opens `page` with `scene`.
///
/// # Errors
/// `FORBIDDEN`; `BAD_INPUT` for what cannot be a page or a scene; `UNAVAILABLE`, `RATE_LIMITED`.
pub async fn make(db: &Db, keys: &Keys, wechat: &Wechat, actor: &Actor, page: &str, scene: &str) -> Result<Image> {
    // Any post of this kind will do: the picture holds nothing that its maker does not know.
    if !actor.grants.iter().any(|grant| Action::MakePageCode.roles().contains(&grant.role)) {
        actor.require(Action::MakePageCode, &actor.home())?;
    }
    let word = |letter: char| letter.is_ascii_alphanumeric() || letter == '_' || letter == '-';
    if page.is_empty() || page.len() > PAGE_MAX || page.starts_with('/') || !page.chars().all(|letter| word(letter) || letter == '/') {
        return Err(Error::from(Code::BadInput).on("page").with("max", PAGE_MAX));
    }
    if scene.is_empty() || scene.len() > SCENE_MAX || !scene.chars().all(word) {
        return Err(Error::from(Code::BadInput).on("scene").with("max", SCENE_MAX));
    }
    if let Some(image) = kept(db, wechat, page, scene).await? {
        return Ok(image);
    }
    let image = wechat.call(db, keys, |api, token| api.page_code(token, page, scene)).await.map_err(code_of)?;
    let statement = "INSERT INTO wechat_page_code (app_id, page, scene, media_type, image, created_at) VALUES ($1, $2, $3, $4, $5, $6) \
                     ON CONFLICT (app_id, page, scene) DO NOTHING";
    let values =
        [wechat.app_id.clone().into(), page.into(), scene.into(), image.media_type.clone().into(), image.bytes.clone().into(), db.now().0.into()];
    db.writer().execute_raw(sql(db.writer(), statement, values)).await?;
    Ok(image)
}

async fn kept(db: &Db, wechat: &Wechat, page: &str, scene: &str) -> Result<Option<Image>> {
    let statement = "SELECT media_type, image FROM wechat_page_code WHERE app_id = $1 AND page = $2 AND scene = $3";
    let values = [wechat.app_id.clone().into(), page.into(), scene.into()];
    let Some(row) = db.reader().query_one_raw(sql(db.reader(), statement, values)).await? else { return Ok(None) };
    Ok(Some(Image { media_type: row.try_get("", "media_type")?, bytes: row.try_get("", "image")? }))
}
