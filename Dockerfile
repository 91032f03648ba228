# syntax=docker/dockerfile:1
ARG DEBIAN_SUITE=bookworm
ARG RUST_VERSION=1.95

# The full Rust image: it has the OpenSSL headers that libpq needs for PostgreSQL over TLS (feature `tls`).
FROM rust:${RUST_VERSION}-${DEBIAN_SUITE} AS build
WORKDIR /build
COPY . .
# The target folder is a cache and no layer: what must stay is copied out of it.
RUN --mount=type=cache,target=/usr/local/cargo/registry,sharing=locked \
    --mount=type=cache,target=/build/target,sharing=locked \
    cargo build --locked --profile dist --features tls \
    && install -D --mode=755 target/dist/green-homes /out/green-homes

FROM debian:${DEBIAN_SUITE}-slim
LABEL org.opencontainers.image.title="green-homes" \
      org.opencontainers.image.description="The register and public counter of Triệu Ngôi Nhà Xanh (Million Green Homes)" \
      org.opencontainers.image.licenses="MIT OR Apache-2.0"

# OpenSSL and the public certificate authorities, for PostgreSQL over TLS (sslmode=verify-full).
RUN apt-get update \
    && apt-get install --yes --no-install-recommends ca-certificates libssl3 \
    && rm -rf /var/lib/apt/lists/*

# A fixed number, so that the owner of a mounted folder can be set from outside.
RUN useradd --uid 10001 --user-group --no-create-home --home-dir /data --shell /usr/sbin/nologin green-homes \
    && install --directory --owner=green-homes --group=green-homes --mode=700 /data /backups

COPY --from=build /out/green-homes /usr/local/bin/green-homes
COPY --chmod=755 deploy/nightly.sh /usr/local/bin/green-homes-nightly

ENV GREEN_HOMES_DATA_DIR=/data \
    GREEN_HOMES_LISTEN=0.0.0.0:8080
USER 10001:10001
WORKDIR /data
VOLUME /data
EXPOSE 8080
STOPSIGNAL SIGTERM

# bash can open the connection itself: no curl or wget in the image.
HEALTHCHECK --interval=10s --timeout=3s --start-period=30s --start-interval=1s \
    CMD ["bash", "-c", "exec 3<>/dev/tcp/127.0.0.1/8080 && printf 'GET /readyz HTTP/1.0\\r\\n\\r\\n' >&3 && read -r _ status _ <&3 && [[ $status == 200 ]]"]

ENTRYPOINT ["green-homes"]
CMD ["serve"]
