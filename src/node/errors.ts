/** A file that is not there, or is none that a log can be. */
export class LogFileError extends Error {
  override readonly name = "LogFileError";
  readonly code = "LOG_FILE";
}

/** A path outside of what this program may touch on a host. */
export class ForbiddenPath extends Error {
  override readonly name = "ForbiddenPath";
  readonly code = "FORBIDDEN_PATH";

  constructor(path: string) {
    super(`${JSON.stringify(path.slice(0, 256))} is not one of the host directories that Multus uses`);
  }
}

/** An answer that is not one of this program: cut off, forged, or of another version. */
export class UnreadableMessage extends Error {
  override readonly name = "UnreadableMessage";
  readonly code = "UNREADABLE_MESSAGE";
}

/** The record of installed plugins in a plugin directory is not one, or is damaged. */
export class UnreadableRecord extends Error {
  override readonly name = "UnreadableRecord";
  readonly code = "UNREADABLE_RECORD";

  constructor(path: string) {
    super(
      `${path} cannot be read: it is not known which plugins the operator installed. Remove it, and those of them that are to go`,
    );
  }
}
