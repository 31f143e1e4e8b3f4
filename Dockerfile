# Builds `qicai` and puts it, alone, on a small image. Settings come from the environment: see .env.sample.
FROM rust:1-bookworm AS build
WORKDIR /source
COPY Cargo.toml Cargo.lock rust-toolchain.toml ./
COPY api api
COPY entity entity
COPY migration migration
COPY tests tests
RUN --mount=type=cache,target=/usr/local/cargo/registry --mount=type=cache,target=/source/target \
    cargo build --release --locked --bin qicai && cp target/release/qicai /qicai

FROM debian:bookworm-slim
RUN apt-get update && apt-get install -y --no-install-recommends ca-certificates && rm -rf /var/lib/apt/lists/* \
 && useradd --system --create-home --home-dir /var/lib/qicai qicai \
 && install -d -o qicai -g qicai -m 0700 /var/lib/qicai/media
COPY --from=build /qicai /usr/local/bin/qicai
COPY LICENSE /usr/share/doc/qicai/LICENSE
USER qicai
WORKDIR /var/lib/qicai
ENV QICAI_LISTEN=0.0.0.0:8000
EXPOSE 8000
STOPSIGNAL SIGTERM
ENTRYPOINT ["qicai"]
CMD ["serve"]
