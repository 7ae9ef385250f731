import fc from "fast-check";
import { onlyGood, optional, type Pick, sometimesBad } from "./pick.ts";
import { chainedPlugins, mainPlugins } from "./plugins.ts";

function configurations(pick: Pick): fc.Arbitrary<object> {
  const mains = mainPlugins(pick);
  const chained = chainedPlugins(pick);
  const name = pick(["net", ""], [null, 5, "-a", "a b", "_a"]);
  const cniVersion = pick(
    ["0.4.0", "1.0.0", "1.1.0"],
    ["0.3.0", "0.3.1", "0.1.0", "0.2.0", "", "1.2.0", "v1.0.0", 1, null, "9.9.9"],
  );
  const shared = optional(
    {
      name,
      cniVersion,
      capabilities: pick([{}, { mac: true }, { ips: true }], [{ mac: "true" }, [], "mac"]),
      dns: pick([{}], [[], { domain: 5 }]),
    },
    ["cniVersion"],
  );
  const single = fc.tuple(mains, shared).map(([plugin, rest]): object => ({ ...rest, ...plugin }));
  const list = optional(
    {
      name,
      cniVersion,
      disableCheck: pick([false], ["true", 1]),
      cniVersions: pick([["1.0.0"], []], ["1.0.0", [1]]),
    },
    ["cniVersion"],
  );
  const first = pick([true], [false]).chain((main) => (main ? mains : chained));
  const next = pick([false], [true]).chain((main) => (main ? mains : chained));
  const listed = fc
    .tuple(first, fc.array(next, { maxLength: 2 }), list)
    .map(([main, more, rest]): object => ({ ...rest, plugins: [main, ...more] }));
  return fc.oneof({ weight: 3, arbitrary: single }, { weight: 2, arbitrary: listed });
}

/** The text of a NAD's configuration: keys of other cases now and then. */
export const configuration: fc.Arbitrary<string> = fc
  .tuple(
    fc.oneof(
      { weight: 1, arbitrary: configurations(onlyGood) },
      { weight: 1, arbitrary: configurations(sometimesBad) },
    ),
    fc.nat({ max: 19 }),
  )
  .map(([config, luck]) => {
    const text = JSON.stringify(config);
    if (luck === 19) return text.replace(/"(mtu|mode|subnet|routes|address)":/g, (key) => key.toUpperCase());
    return text;
  });
