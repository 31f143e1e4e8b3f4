//! Where log lines and spans go: lines to standard error; spans to an OpenTelemetry collector when the program was built with the feature
//! `telemetry` and told of one.
//!
//! A span stands for a request and carries its id and the name of its operation; nothing a client wrote freely, nothing personal. A `traceparent`
//! header makes it part of the trace of whoever asks.

use std::io::IsTerminal;

use tracing::Span;
use tracing::level_filters::LevelFilter;
use tracing_subscriber::Layer;
use tracing_subscriber::layer::SubscriberExt;
use tracing_subscriber::util::SubscriberInitExt;

use self::lines::Lines;
use crate::config::{Config, LogFormat};

mod lines;

/// Keeps what is under way until it is dropped, at the end of the program.
pub struct Telemetry {
    /// Writes the last lines.
    _lines: lines::Writer,
    #[cfg(feature = "telemetry")]
    provider: Option<opentelemetry_sdk::trace::SdkTracerProvider>,
}

/// Begins to log.
///
/// # Errors
/// A sentence for the operator: a collector is named that cannot be used.
pub fn begin(config: &Config) -> Result<Telemetry, String> {
    let (lines, written) = Lines::begin(std::io::stderr()).map_err(|error| format!("nothing can be logged: {error}"))?;
    let lines = tracing_subscriber::fmt::layer().with_target(false).with_ansi(std::io::stderr().is_terminal()).with_writer(lines);
    let lines = match config.log_format {
        LogFormat::Text => lines.boxed(),
        LogFormat::Json => lines.json().boxed(),
    };
    let registry = tracing_subscriber::registry().with(LevelFilter::from_level(config.log)).with(lines);
    let Some(endpoint) = &config.otlp else {
        registry.init();
        return Ok(Telemetry::of(written));
    };
    #[cfg(feature = "telemetry")]
    {
        let provider = collector::provider(endpoint)?;
        registry.with(tracing_opentelemetry::layer().with_tracer(collector::tracer(&provider))).init();
        Ok(Telemetry { _lines: written, provider: Some(provider) })
    }
    #[cfg(not(feature = "telemetry"))]
    Err(format!("{endpoint} cannot be used: this program was built without OpenTelemetry; build it with `--features telemetry`"))
}

impl Telemetry {
    const fn of(lines: lines::Writer) -> Self {
        Self {
            _lines: lines,
            #[cfg(feature = "telemetry")]
            provider: None,
        }
    }
}

#[cfg(feature = "telemetry")]
impl Drop for Telemetry {
    fn drop(&mut self) {
        if let Some(Err(error)) = self.provider.as_ref().map(opentelemetry_sdk::trace::SdkTracerProvider::shutdown) {
            tracing::warn!(%error, "the last spans did not reach the collector");
        }
    }
}

/// Makes a request's span part of the trace that its header `traceparent` names.
#[cfg(feature = "telemetry")]
pub fn join(span: &Span, parent: Option<&str>) {
    use tracing_opentelemetry::OpenTelemetrySpanExt;
    let Some(parent) = parent else { return };
    if let Err(error) = span.set_parent(collector::context(parent)) {
        tracing::debug!(%error, "a span has no parent");
    }
}

/// Without the feature there is no trace to join.
#[cfg(not(feature = "telemetry"))]
pub const fn join(_span: &Span, _parent: Option<&str>) {}

#[cfg(feature = "telemetry")]
mod collector {
    use opentelemetry::propagation::{Extractor, TextMapPropagator};
    use opentelemetry::trace::TracerProvider;
    use opentelemetry_otlp::WithExportConfig;
    use opentelemetry_sdk::Resource;
    use opentelemetry_sdk::propagation::TraceContextPropagator;
    use opentelemetry_sdk::trace::{SdkTracer, SdkTracerProvider};

    const NAME: &str = "qicai";
    const TRACEPARENT: &str = "traceparent";

    /// Sends spans to the collector at `endpoint`, over HTTP, in batches.
    pub(super) fn provider(endpoint: &str) -> Result<SdkTracerProvider, String> {
        let url = format!("{}/v1/traces", endpoint.trim_end_matches('/'));
        let exporter = opentelemetry_otlp::SpanExporter::builder().with_http().with_endpoint(url).build();
        let exporter = exporter.map_err(|error| format!("{endpoint} cannot be used: {error}"))?;
        let resource = Resource::builder().with_service_name(NAME).build();
        Ok(SdkTracerProvider::builder().with_batch_exporter(exporter).with_resource(resource).build())
    }

    pub(super) fn tracer(provider: &SdkTracerProvider) -> SdkTracer {
        provider.tracer(NAME)
    }

    /// The one header of the W3C trace context that is read.
    struct Parent<'a>(&'a str);

    impl Extractor for Parent<'_> {
        fn get(&self, key: &str) -> Option<&str> {
            (key == TRACEPARENT).then_some(self.0)
        }

        fn keys(&self) -> Vec<&str> {
            vec![TRACEPARENT]
        }
    }

    pub(super) fn context(parent: &str) -> opentelemetry::Context {
        TraceContextPropagator::new().extract(&Parent(parent))
    }
}
