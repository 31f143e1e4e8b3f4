//! What the program asks outside of itself, put together from the settings: the carrier of one-time codes, WeChat, and the store of
//! pictures.

use std::sync::Arc;
use std::time::Duration;

use domain::app::App;
use domain::people::account::sms;
use domain::people::wechat::http::Http;
use domain::people::wechat::{Templates, Wechat};
use domain::store::{Account, Location, Store};
use domain::web::Web;

use super::told;
use crate::config::{Config, Mode, SecondFactor};

/// How long WeChat or a gateway may take: a mini-program waits a minute at most, and so does nobody who taps.
const PATIENCE: Duration = Duration::from_secs(5);

/// How one-time codes reach phones.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Carrier {
    /// Not at all.
    Off,
    /// By the log.
    Log,
    /// By a gateway at this address.
    Gateway(String),
}

/// The carrier that the settings name.
///
/// # Errors
/// A sentence for the operator.
pub fn carrier(config: &Config) -> Result<Carrier, String> {
    let production = config.mode() == Mode::Production;
    match config.sms.as_deref() {
        None if production => Ok(Carrier::Off),
        Some("off") => Ok(Carrier::Off),
        Some("log") if production => Err("QICAI_SMS=log would write one-time codes into the log of a production server".to_owned()),
        None | Some("log") => Ok(Carrier::Log),
        Some(url) if url.starts_with("https://") || url.starts_with("http://") => Ok(Carrier::Gateway(url.to_owned())),
        Some(_) => Err("QICAI_SMS must be off, log, or the http(s) address of a gateway".to_owned()),
    }
}

/// The WeChat that the settings name.
///
/// # Errors
/// A sentence for the operator.
pub fn wechat(config: &Config) -> Result<Option<Wechat>, String> {
    let (Some(app_id), Some(secret)) = (&config.wechat_app_id, &config.wechat_secret) else { return Ok(None) };
    let templates: Templates = match &config.wechat_templates {
        None => Templates::default(),
        Some(file) => {
            let text = std::fs::read_to_string(file).map_err(|error| format!("{} cannot be read: {error}", file.display()))?;
            serde_json::from_str(&text).map_err(|error| format!("{} does not hold templates: {error}", file.display()))?
        }
    };
    let web = Web::try_new(PATIENCE).map_err(|error| told(&error))?;
    let api = Http::new(web, &config.wechat_url, app_id.clone(), secret.clone());
    Ok(Some(Wechat::new(app_id.clone(), config.wechat_webhook_token.clone(), templates, Arc::new(api))))
}

/// The store of pictures that the settings name.
///
/// # Errors
/// A sentence for the operator.
pub fn store(config: &Config) -> Result<Option<Arc<dyn Store>>, String> {
    let place = match &config.media {
        Some(text) => Location::parse(text)?,
        None => config.media_directory().map_or(Location::Nowhere, Location::Directory),
    };
    let account = config.media_key.clone().zip(config.media_secret.clone()).map(|(key, secret)| Account { key, secret });
    place.open(account)
}

/// Gives the program what the settings name outside of it.
///
/// # Errors
/// A sentence for the operator.
pub fn join(config: &Config, mut app: App) -> Result<App, String> {
    app.sms = match carrier(config)? {
        Carrier::Off => Arc::new(sms::Off),
        Carrier::Log => Arc::new(sms::Log),
        Carrier::Gateway(url) => {
            let web = Web::try_new(PATIENCE).map_err(|error| told(&error))?;
            Arc::new(sms::Gateway { web, url, token: config.sms_token.clone() })
        }
    };
    app.wechat = wechat(config)?.map(Arc::new);
    app.store = store(config)?;
    app.public_url = config.public_url.as_deref().map(Arc::from);
    let rule = config.second_factor.unwrap_or(if config.mode() == Mode::Production { SecondFactor::Required } else { SecondFactor::Optional });
    app.sessions.insist_on_second_factor(rule == SecondFactor::Required);
    Ok(app)
}
