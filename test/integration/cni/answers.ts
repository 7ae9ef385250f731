import { createHash } from "node:crypto";
import { existsSync, mkdirSync, readFileSync, renameSync, writeFileSync } from "node:fs";
import { release } from "node:os";
import { join } from "node:path";
import { binaries } from "../../cluster/binaries.ts";
import { cacheDirectory } from "../../cluster/cache.ts";
import { CNI_PLUGINS } from "../../cluster/primary-network.ts";
import { isGivenTwice, isOfThisMachine, wasEnded } from "./exceptions.ts";
import { type Answer, type Asked, Reader } from "./reader.ts";

/**
 * What the real programs answered earlier to the same configuration and request. They are pinned, so their answers change
 * only with them, with the reader and with the kernel, which name the file in the cache; the checker, which changes
 * with every commit, is always compared with all of them. MULTUS_OPERATOR_CNI_ASK=1 asks the real programs again.
 */
export class Answers {
  /** Questions that were answered from the cache, and by the real programs. */
  readonly count = { cached: 0, asked: 0 };
  readonly #file: string;
  readonly #known: Map<string, Answer>;

  private constructor(file: string) {
    this.#file = file;
    const reuse = existsSync(file) && !process.env.MULTUS_OPERATOR_CNI_ASK;
    this.#known = new Map(reuse ? (JSON.parse(readFileSync(file, "utf8")) as [string, Answer][]) : []);
  }

  /** @param program the reader, as `buildReader` built it */
  static async of(program: string): Promise<Answers> {
    const hash = createHash("sha256").update(release()).update(readFileSync(program));
    // Each of these paths has its program's version and source in it (test/cluster/binaries.ts).
    hash.update((await binaries(CNI_PLUGINS)).join("\0"));
    const directory = cacheDirectory("cni-answers");
    mkdirSync(directory, { recursive: true });
    return new Answers(join(directory, `${hash.digest("hex").slice(0, 16)}.json`));
  }

  get(question: string): Answer | undefined {
    const answer = this.#known.get(question);
    if (answer !== undefined) this.count.cached++;
    return answer;
  }

  /** Keeps an answer, unless it is about the moment or about this machine and not about the configuration. */
  add(question: string, answer: Answer): void {
    this.count.asked++;
    const real = answer.read || answer.add;
    if (!wasEnded(real) && !isOfThisMachine(real) && !isGivenTwice(real)) this.#known.set(question, answer);
  }

  /** Writes what is known to the cache. */
  save(): void {
    if (this.count.asked === 0) return;
    const unfinished = `${this.#file}.${process.pid}`;
    writeFileSync(unfinished, JSON.stringify([...this.#known]));
    renameSync(unfinished, this.#file);
  }
}

/** A Reader that asks the real programs only what they were not asked before. It starts when there is such a question. */
export class KnowingReader implements AsyncDisposable {
  readonly #answers: Answers;
  readonly #add: boolean;
  readonly #start: () => Promise<Reader>;
  #reader: Promise<Reader> | undefined;

  constructor(answers: Answers, program: string, add: boolean) {
    this.#answers = answers;
    this.#add = add;
    this.#start = async () => await Reader.start(program, add);
  }

  async ask(text: string, request: Asked = {}): Promise<Answer> {
    const question = createHash("sha256")
      .update(JSON.stringify([text, request, this.#add]))
      .digest("base64");
    const known = this.#answers.get(question);
    if (known !== undefined) return known;
    this.#reader ??= this.#start();
    const answer = await (await this.#reader).ask(text, request);
    this.#answers.add(question, answer);
    return answer;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    (await this.#reader)?.[Symbol.dispose]();
  }
}
