import { readFileSync } from "node:fs";
import { execute } from "../cluster/execute.ts";

/** A fenced block of a guide: ```sh name=push tool=buildah */
export interface Block {
  language: string;
  name: string;
  attributes: Record<string, string>;
  text: string;
}

/** The fenced blocks of a Markdown text, in order; those without a name are pictures of output. */
export function blocksOf(markdown: string): Block[] {
  return [...markdown.matchAll(/^```(\w+)([^\n]*)\n([\s\S]*?)^```$/gm)].map(
    ([, language = "", info = "", text = ""]) => {
      const attributes = Object.fromEntries(
        [...info.matchAll(/(\w+)=(\S+)/g)].map(([, key = "", value = ""]) => [key, value]),
      );
      return { language, name: attributes.name ?? "", attributes, text };
    },
  );
}

/** Runs the commands of a guide by the names of their blocks, and knows which were never run. */
export class Guide {
  readonly #blocks: Map<string, Block>;
  readonly #run = new Set<string>();

  /** Throws where a block of commands has no name, or one that another has. */
  constructor(file: string) {
    const blocks = blocksOf(readFileSync(file, "utf8"));
    const unnamed = blocks.filter(({ language, name }) => language === "sh" && name === "");
    if (unnamed.length > 0) throw new Error(`${file}: commands without a name: ${unnamed[0]?.text}`);
    const named = blocks.filter(({ name }) => name !== "");
    this.#blocks = new Map(named.map((block) => [block.name, block]));
    if (this.#blocks.size !== named.length) throw new Error(`${file}: two blocks have one name`);
  }

  /** The text of a block that is no command: a file to write. */
  text(name: string): string {
    return this.#block(name).text;
  }

  /** Runs a block as it stands in the guide. Returns what it printed; throws where a command fails. */
  async run(name: string, options: { env: NodeJS.ProcessEnv; cwd: string }): Promise<string> {
    const block = this.#block(name);
    if (block.language !== "sh") throw new Error(`${name} is no block of commands`);
    this.#run.add(name);
    return await execute("bash", ["-c", `set -euo pipefail\n${block.text}`], options);
  }

  /** Blocks of commands that were not run. */
  notRun(): Block[] {
    return [...this.#blocks.values()].filter(
      ({ language, name }) => language === "sh" && !this.#run.has(name),
    );
  }

  #block(name: string): Block {
    const found = this.#blocks.get(name);
    if (!found) throw new Error(`the guide has no block ${name} (${[...this.#blocks.keys()].join(", ")})`);
    return found;
  }
}
