# The operator's image: `make image`, or `make build && docker build -t multus-operator .`
# BASE needs node (version 24) on its PATH and nothing else: no shell, no package manager.
ARG BASE=gcr.io/distroless/nodejs24-debian12:nonroot
FROM ${BASE}
COPY --chmod=0644 dist/multus-operator.mjs /app/multus-operator.mjs
USER 65532:65532
WORKDIR /app
ENV NODE_ENV=production \
    PATH=/nodejs/bin:/usr/local/bin:/usr/bin:/bin
ENTRYPOINT ["node", "/app/multus-operator.mjs"]
CMD ["run"]
