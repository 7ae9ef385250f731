# The operator's image: `make image BASE=gcr.io/distroless/nodejs24-debian12:nonroot@sha256:…`
# BASE needs node (version 24) on its PATH and nothing else: no shell, no package manager. It has no default, since a tag
# can move. Set it with its digest, as the registry reports it
# (`docker buildx imagetools inspect gcr.io/distroless/nodejs24-debian12:nonroot --format '{{.Manifest.Digest}}'`).
ARG BASE
FROM ${BASE}
COPY --chmod=0644 dist/multus-operator.mjs /app/multus-operator.mjs
COPY --chmod=0644 dist/parts/*.mjs /app/parts/
USER 65532:65532
WORKDIR /app
# glibc keeps what it has freed, in an arena for each thread: one arena, and large pieces go back at once. 32 KiB is what
# V8's parser takes at a time: of a bundle of 2.6 MB it would leave 6 MiB behind. Without padding, the heap grows by what is
# asked for, and less of it lies free between what was read of 20,000 pods.
ENV NODE_ENV=production \
    MALLOC_ARENA_MAX=1 \
    MALLOC_MMAP_THRESHOLD_=32768 \
    MALLOC_TRIM_THRESHOLD_=32768 \
    MALLOC_TOP_PAD_=0 \
    PATH=/nodejs/bin:/usr/local/bin:/usr/bin:/bin
# Chosen by measurement (docs/performance.md): of what the operator makes hardly anything lives longer than an event, so
# a small new space is enough, and V8's guess that objects of some places live long costs 40 MB with 100,000 pods.
ENTRYPOINT ["node", "--max-semi-space-size=1", "--no-allocation-site-pretenuring", "--optimize-for-size", "--no-turbofan", "/app/multus-operator.mjs"]
CMD ["run"]
