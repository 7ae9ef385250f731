/** A value as it is written, with its place in the source. */
export type Node = ScalarNode | SequenceNode | MappingNode | AliasNode;

export interface ScalarNode {
  kind: "scalar";
  start: number;
  value: string;
  /** See ScalarText. */
  runs: readonly number[];
  /** Without quotes, or with the tag "!": what it stands for depends on its text. */
  implicit: boolean;
  tag: string;
  /** Nothing is written, as after "key:". */
  absent: boolean;
}

export interface SequenceNode {
  kind: "sequence";
  start: number;
  tag: string;
  items: Node[];
}

export interface MappingNode {
  kind: "mapping";
  start: number;
  tag: string;
  pairs: { key: Node; value: Node }[];
}

export interface AliasNode {
  kind: "alias";
  start: number;
  name: string;
  target: Node;
}

/** The node behind aliases. */
export function resolved(node: Node): Exclude<Node, AliasNode> {
  let found = node;
  while (found.kind === "alias") found = found.target;
  return found;
}
