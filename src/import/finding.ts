/** What an import has to say beside the MultusInstall. */
export interface ImportFinding {
  /**
   * lost: it was in effect and is not carried over. broken: it cannot work, or stops working one day. note: it
   * is carried over in another form, or was without effect.
   */
  kind: "lost" | "broken" | "note";
  /** "DaemonSet kube-system/kube-multus-ds" */
  object: string;
  /** The field within it, such as args --restart-crio. */
  path: string;
  message: string;
  /** False where the MultusInstall makes Multus run in another way than the manifest does. */
  same: boolean;
}

/** One line a finding, for people; names come from a file that anyone may have written. */
export function formatFinding({ kind, object, path, message }: ImportFinding): string {
  return `${kind}: ${object}: ${path}: ${message}`.replace(/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/gu, "?");
}

/** Collects the findings of one object. */
export class Findings {
  readonly list: ImportFinding[] = [];
  readonly #object: string;

  constructor(object: string) {
    this.#object = object;
  }

  /** It was in effect and is not carried over. */
  lost(path: string, message: string): void {
    this.#add("lost", path, message, false);
  }

  /** It cannot work, and is carried over as it is, or was without effect. */
  broken(path: string, message: string): void {
    this.#add("broken", path, message, true);
  }

  /** It does not work in the manifest; the MultusInstall has the correct value. */
  corrected(path: string, message: string): void {
    this.#add("broken", path, message, false);
  }

  note(path: string, message: string): void {
    this.#add("note", path, message, true);
  }

  /** It is carried over in a form that is another on the nodes. */
  changed(path: string, message: string): void {
    this.#add("note", path, message, false);
  }

  #add(kind: ImportFinding["kind"], path: string, message: string, same: boolean): void {
    this.list.push({ kind, object: this.#object, path, message, same });
  }
}
