# The operator's image: `make image BASE=gcr.io/distroless/nodejs24-debian12:nonroot@sha256:…`
# BASE needs node (version 24) on its PATH and nothing else: no shell, no package manager. It has no default, since a tag
# can move: it is given with its digest, as the registry says it
# (`docker buildx imagetools inspect gcr.io/distroless/nodejs24-debian12:nonroot --format '{{.Manifest.Digest}}'`).
ARG BASE
FROM ${BASE}
COPY --chmod=0644 dist/multus-operator.mjs /app/multus-operator.mjs
USER 65532:65532
WORKDIR /app
ENV NODE_ENV=production \
    PATH=/nodejs/bin:/usr/local/bin:/usr/bin:/bin
ENTRYPOINT ["node", "/app/multus-operator.mjs"]
CMD ["run"]
