import type { Frame, Stream, StreamFault } from "./stage/proxy.ts";

/** What happens to the frames of a watch on their way. Each is legal: an API server, or what is in between, does it. */

const isBookmark = ({ type }: Frame) => type === "BOOKMARK";
const nameOf = ({ object: { metadata } }: Frame) => `${metadata?.namespace}/${metadata?.name}`;

/** Nothing comes for a while, and then everything. */
export function frozen(ms: number): StreamFault {
  const held: Frame[] = [];
  let isHeld = true;
  let hasEnded = false;
  return {
    open(stream) {
      setTimeout(() => {
        isHeld = false;
        for (const frame of held.splice(0)) stream.send(frame);
        if (hasEnded) stream.end();
      }, ms);
    },
    frame(frame, stream) {
      if (isHeld) held.push(frame);
      else stream.send(frame);
    },
    end(stream) {
      hasEnded = true;
      if (!isHeld) stream.end();
    },
  };
}

/** One event and all that follow are lost, and then the connection breaks. */
export function dropped(nth: number, afterMs: number): StreamFault {
  let count = 0;
  return {
    frame(frame, stream) {
      if (!isBookmark(frame)) count++;
      if (count < nth) stream.send(frame);
      else if (count === nth) setTimeout(() => stream.reset(), afterMs);
    },
  };
}

/** Each event comes twice. */
export function duplicated(): StreamFault {
  return {
    frame(frame, stream) {
      stream.send(frame);
      stream.send(frame);
    },
  };
}

/** Events of two objects come in the other order; those of one object keep theirs. */
export function reordered(ms: number): StreamFault {
  let held: Frame | undefined;
  let timer: NodeJS.Timeout | undefined;
  const release = (stream: Stream) => {
    clearTimeout(timer);
    if (held) stream.send(held);
    held = undefined;
  };
  return {
    frame(frame, stream) {
      if (held === undefined) {
        held = frame;
        timer = setTimeout(() => release(stream), ms);
        return;
      }
      if (nameOf(held) === nameOf(frame)) {
        release(stream);
        stream.send(frame);
        return;
      }
      stream.send(frame);
      release(stream);
    },
    end(stream) {
      release(stream);
      stream.end();
    },
  };
}

/** Of changes that follow each other quickly only the last comes: a state that was there for a moment is never seen. */
export function coalesced(ms: number): StreamFault {
  const last = new Map<string, Frame>();
  let isWaiting = false;
  return {
    frame(frame, stream) {
      const name = nameOf(frame);
      const before = last.get(name);
      // What was added meanwhile is still new to the watcher; what came and went was never there.
      if (before?.type === "ADDED" && frame.type === "MODIFIED") last.set(name, { ...frame, type: "ADDED" });
      else last.set(name, frame);
      if (isWaiting) return;
      isWaiting = true;
      setTimeout(() => {
        isWaiting = false;
        for (const each of last.values()) stream.send(each);
        last.clear();
      }, ms);
    },
    end(stream) {
      for (const each of last.values()) stream.send(each);
      stream.end();
    },
  };
}

/** After so many events the server ends the watch with an error. */
export function failing(nth: number, code: number, reason: string, onFail = () => {}): StreamFault {
  let count = 0;
  const failAt = (stream: Stream) => {
    if (count !== nth) return;
    onFail();
    fail(stream, code, reason);
  };
  return {
    open: failAt,
    frame(frame, stream) {
      stream.send(frame);
      if (isBookmark(frame)) return;
      count++;
      failAt(stream);
    },
  };
}

function fail(stream: Stream, code: number, reason: string): void {
  const status = {
    kind: "Status",
    apiVersion: "v1",
    metadata: {},
    status: "Failure",
    code,
    reason,
    message: reason,
  };
  stream.send({ type: "ERROR", object: status });
  stream.end();
}

/** The connection stays open and silent. */
export function halfOpen(nth: number): StreamFault {
  let count = 0;
  return {
    frame(frame, stream) {
      if (++count <= nth) stream.send(frame);
    },
    end() {},
  };
}

/** The server says again and again that it is alive, and shows no change; then the time of the watch is over. */
export function bookmarksOnly(resourceVersion: string, ms: number): StreamFault {
  return {
    open(stream) {
      const bookmark = () => stream.send({ type: "BOOKMARK", object: { metadata: { resourceVersion } } });
      const timer = setInterval(bookmark, 100);
      setTimeout(() => {
        clearInterval(timer);
        stream.end();
      }, ms);
    },
    frame() {},
    end() {},
  };
}
