/** The names of upstream's manifests (doc/crds/daemonset-install.yaml), so that an install by hand is found and adopted. */
export const WHEREABOUTS = "whereabouts";
export const WHEREABOUTS_ROLE = "whereabouts-cni";
export const WHEREABOUTS_CONFIG = { name: "whereabouts-config", key: "cron-expression" };
