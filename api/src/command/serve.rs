//! `qicai serve`: the server.
//!
//! Starting does nothing slow: open the database, take the steps of the schema that are missing, listen. Told to stop (SIGTERM or Ctrl-C), it is no
//! longer ready, finishes what it has begun, gives its connections back and ends with 0.

use std::net::{TcpListener, ToSocketAddrs};
use std::process::ExitCode;
use std::sync::Arc;
use std::time::Duration;

use domain::app::App;
use domain::rate::Limit;
use domain::relay::Relay;

use super::{admit, fail, open, told};
use crate::config::{Config, Mode};
use crate::server::{self, Health, Live, Manifest, Settings};

/// How often the allocator is brought to give memory back.
const GIVE_BACK: Duration = Duration::from_secs(30);

/// How soon after the start it first is; by then it holds what it may give for long enough.
const GIVE_BACK_FIRST: Duration = Duration::from_millis(1500);

/// Serves until told to stop.
pub async fn run(config: &Config) -> ExitCode {
    let app = match open(config).await {
        Ok(app) => app,
        Err(reason) => return fail(reason),
    };
    if let Err(error) = app.db.migrate().await {
        return fail(format!("the schema could not be brought up to date: {}", told(&error)));
    }
    if let Err(reason) = admit(config, &app.db, &app.keys).await {
        return fail(reason);
    }
    match serve(config, app).await {
        Ok(()) => ExitCode::SUCCESS,
        Err(reason) => fail(reason),
    }
}

/// Serves an open program, its schema up to date, until told to stop.
///
/// # Errors
/// A sentence for the operator.
pub async fn serve(config: &Config, app: App) -> Result<(), String> {
    let listeners = listeners(&config.listen)?;
    app.sessions.tokens().reload(&app.db).await.map_err(|error| told(&error))?;
    let settings = settings(config).await?;
    let health = Arc::new(Health::default());
    let server = server::listen(listeners, app.clone(), Arc::clone(&health), settings).map_err(|error| error.to_string())?;
    let handle = server.handle();
    tracing::info!(listen = config.listen, database = config.database_name(), redis = config.redis_url.is_some(), "serving");
    let (stop, mut stopped) = tokio::sync::watch::channel(());
    let relay = Relay::new().map_err(|error| told(&error))?;
    let relaying = {
        let app = app.clone();
        tokio::spawn(async move {
            let stopped = async {
                // An error means that the sender is gone, which is the end as well.
                let _ = stopped.changed().await;
            };
            relay.run(&app, stopped).await;
        })
    };
    let telling = {
        let (rates, mut stopped) = (Arc::clone(&app.rates), stop.subscribe());
        tokio::spawn(async move {
            rates
                .run(async {
                    // As above.
                    let _ = stopped.changed().await;
                })
                .await;
        })
    };
    let outside = {
        let (app, mut stopped) = (app.clone(), stop.subscribe());
        tokio::spawn(async move {
            let stopped = async {
                // As above.
                let _ = stopped.changed().await;
            };
            app.run_outside(stopped).await;
        })
    };
    let following = {
        let (app, mut stopped) = (app.clone(), stop.subscribe());
        tokio::spawn(async move {
            let stopped = async {
                // As above.
                let _ = stopped.changed().await;
            };
            app.bus.run(&app.db, stopped).await;
        })
    };
    tokio::spawn(give_back());
    tokio::spawn(async move {
        stop_signal().await;
        tracing::info!("stopping");
        health.stop();
        handle.stop(true).await;
    });
    server.await.map_err(|error| error.to_string())?;
    // The last requests are answered; what they left in the outbox is for the next process, or this one's last pass.
    drop(stop);
    relaying.await.map_err(|error| error.to_string())?;
    telling.await.map_err(|error| error.to_string())?;
    following.await.map_err(|error| error.to_string())?;
    outside.await.map_err(|error| error.to_string())?;
    app.db.close().await.map_err(|error| told(&error))
}

/// Has memory given back that the start, or a busy hour, has let go: the allocator looks for it where a thread ends, and here none does of itself.
async fn give_back() {
    tokio::time::sleep(GIVE_BACK_FIRST).await;
    loop {
        // A thread that cannot be had now is asked for again.
        drop(std::thread::Builder::new().name("give-back".to_owned()).spawn(|| ()));
        tokio::time::sleep(GIVE_BACK).await;
    }
}

/// How the door is to behave.
async fn settings(config: &Config) -> Result<Settings, String> {
    let usual = Settings::default();
    let trusted = config.documents.as_deref().map(Manifest::read).transpose()?.unwrap_or_default();
    let misfits = trusted.misfits().await;
    if !misfits.is_empty() {
        return Err(format!("documents of the manifest do not fit the schema: {}", misfits.join("; ")));
    }
    Ok(Settings {
        development: config.mode() == Mode::Development,
        workers: config.workers.map_or(usual.workers, usize::from),
        budget: Limit::new(config.budget, Duration::from_mins(1)),
        proxies: config.proxies,
        metrics_token: config.metrics_token.clone(),
        origins: config.origins.clone(),
        public_url: config.public_url.clone(),
        only_trusted: config.only_trusted,
        trusted,
        live: Live { connections_max: usize::try_from(config.connections).unwrap_or(usize::MAX), ..usual.live },
        ..usual
    })
}

/// Listens on every address that the name stands for.
fn listeners(listen: &str) -> Result<Vec<TcpListener>, String> {
    let addresses = listen.to_socket_addrs().map_err(|error| format!("{listen} is not an address to listen on: {error}"))?;
    let bound = addresses.map(|address| TcpListener::bind(address).map_err(|error| format!("{address} cannot be listened on: {error}")));
    let (bound, refused): (Vec<_>, Vec<_>) = bound.partition(Result::is_ok);
    // A name may stand for an address that this machine does not have; one that works is enough.
    if bound.is_empty() {
        return Err(refused.into_iter().find_map(Result::err).unwrap_or_else(|| format!("{listen} stands for no address")));
    }
    Ok(bound.into_iter().flatten().collect())
}

/// Waits for SIGTERM or Ctrl-C.
async fn stop_signal() {
    let interrupt = async {
        if tokio::signal::ctrl_c().await.is_err() {
            std::future::pending::<()>().await;
        }
    };
    #[cfg(unix)]
    let terminate = async {
        match tokio::signal::unix::signal(tokio::signal::unix::SignalKind::terminate()) {
            Ok(mut signal) => {
                signal.recv().await;
            }
            Err(_) => std::future::pending().await,
        }
    };
    #[cfg(not(unix))]
    let terminate = std::future::pending::<()>();
    tokio::select! {
        () = interrupt => {}
        () = terminate => {}
    }
}
