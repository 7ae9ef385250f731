import { type CodeMeaning, code } from "./code.ts";

/** A MultusInstall. In the order of the codes. */
export const MULTUS_INSTALLS: readonly CodeMeaning[] = [
  code("CONTRADICTION", "two fields exclude each other", "See the message"),
  code(
    "INCOMPLETE_CALICO",
    "a calico plugin without the settings that it needs as a delegate",
    "Use preset: Calico, or source: Auto",
  ),
  code("INVALID_CONFLIST", "primaryNetwork.config is not a valid conflist", "See the message"),
  code("INVALID_VALUE", "a value that the API server rejects", "See the message"),
  code(
    "KNOWN_DEFECT",
    "the Multus release has a defect that this spec exposes the nodes to ([known defects](known-defects.md))",
    "Use another release or another setting, as described in the message",
  ),
  code(
    "LEAVES_NODES_BROKEN",
    "after a deletion with uninstall.nodes: Leave, new pods fail on the nodes until Multus' configuration is removed by hand",
    "Use uninstall.nodes: Clean",
  ),
  code(
    "LOW_MEMORY_LIMIT",
    "Multus is OOM-killed when many pods start at once (multus-cni #1346)",
    "Raise the limit as the message suggests, or remove it",
  ),
  code("MOVING_TAG", "upstream moves the image's tag", "Set a release or a digest"),
  code(
    "MUST_BE_THE_PRIMARY_NETWORKS",
    "the thin plugin does not start if cni.version differs from the primary network's",
    "Remove it",
  ),
  code(
    "NEEDS_NEWER_PRIMARY_NETWORK",
    "the daemon does not start on a node whose primary network has a cniVersion below 0.4.0",
    "Remove cni.version, unless the primary network of every node has a newer one",
  ),
  code(
    "NEEDS_PYTHON",
    "the entrypoint of v3 requires Python 2 in the image for this",
    "Use an image that has it, or remove the field",
  ),
  code(
    "NEWER_RELEASE",
    "the release is newer than the operator knows, and is rendered like the newest that it knows",
    "Compare Multus' own manifests, or upgrade the operator",
  ),
  code("NOT_INLINE", "the preset cannot be inline", "Use source: Auto or File"),
  code("ONE_ARCHITECTURE", "the upstream image may not support the architecture", "Set an image that does"),
  code("ONE_RANGE", "the preset has the same range on all nodes", "See the message"),
  code(
    "TOKEN_NOT_RENEWED",
    "the thin plugin's kubeconfig expires (multus-cni #852)",
    "Use source: Auto or File, and refreshKubeconfig",
  ),
  code("UNKNOWN_FIELD", "the field does not exist and would be dropped", "Use the spelling in the message"),
  code(
    "UNKNOWN_RELEASE",
    "the version is not a release of Multus",
    "Use one that exists, such as v3.4.2 or v4.3.1",
  ),
  code("UNREACHABLE_FILE", "the daemon cannot see the file", "Use a path in the CNI directory"),
];
