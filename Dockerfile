# The operator's image. Build the bundle first: `make build && docker build -t multus-operator .`
# BASE needs `node` (version 24) on its PATH and nothing else: no shell, no package manager.
ARG BASE=gcr.io/distroless/nodejs24-debian12:nonroot
FROM ${BASE}
COPY dist/multus-operator.mjs /app/multus-operator.mjs
USER 65532:65532
WORKDIR /app
ENV NODE_ENV=production \
    PATH=/nodejs/bin:/usr/local/bin:/usr/bin:/bin
ENTRYPOINT ["node", "--enable-source-maps", "--disable-warning=DEP0040", "/app/multus-operator.mjs"]
CMD ["run"]
