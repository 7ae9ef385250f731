/** What the engine tells a victim, and what it answers. */

export interface VictimSettings {
  kubeconfig: string;
  /** How many times as fast as the real one its clock runs. */
  speed: number;
  image: string;
  /** Namespace of the leader's Lease; without it the victim is the only replica. */
  lease?: string;
  logLevel: string;
}

export type Order =
  | { kind: "advance" | "set the wall clock" | "freeze"; ms: number }
  | { kind: "timers" }
  | { kind: "stop" };

export type Told =
  | { kind: "started" }
  | { kind: "stopped" }
  | { kind: "ended"; error: string }
  /** In how many ms of its own clock each timer is due. */
  | { kind: "timers"; due: number[] };
