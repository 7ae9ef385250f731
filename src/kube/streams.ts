import type { ApiObject } from "./resource.ts";

/** What a list says of itself. */
export interface ListMetadata {
  resourceVersion: string;
  continue?: string;
}

/** Reads a list as it comes in. */
export interface ListStream {
  push(chunk: Buffer): void;
  /** After the last chunk. Throws a SyntaxError if the list is cut off. */
  end(): ListMetadata;
  /** As soon as it is known: the API server writes it before the items. */
  readonly metadata: ListMetadata | undefined;
  readonly bytes: number;
}

/** One event of a watch. That of type ERROR has a metav1.Status for its object. */
export interface WatchEvent {
  type: "ADDED" | "MODIFIED" | "DELETED" | "BOOKMARK" | "ERROR";
  object: ApiObject;
}

/** Reads a watch as it comes in. */
export interface WatchStream {
  /** May throw what the receiver of events throws, and a SyntaxError. */
  push(chunk: Buffer): void;
}
