import { type Address, type Cidr, parseAddress, parseCidr, unmapped } from "./address.ts";
import { show } from "./finding.ts";
import { isObject, type Kind, Section } from "./section.ts";

/** The Go types that the plugins' structs are made of, as encoding/json reads them. */

function primitive<T>(is: (value: unknown) => value is T, words: string): Kind<T> {
  return (value, path, report) => {
    if (is(value)) return value;
    report.error(path, "WRONG_TYPE", `must be ${words} (it is ${show(value)})`, { value: show(value) });
    return undefined;
  };
}
export const text: Kind<string> = primitive((value) => typeof value === "string", "a string");
export const flag: Kind<boolean> = primitive((value) => typeof value === "boolean", "true or false");

/** A whole number: 1400.0 and 1.4e3 are, since libcni writes numbers anew before a plugin reads them. */
function whole(min: number, below: number): Kind<number> {
  return (value, path, report) => {
    const fits = typeof value === "number" && Number.isInteger(value) && value >= min && value < below;
    // strconv.ParseUint refuses "-0".
    if (fits && !(min === 0 && Object.is(value, -0))) return value;
    const range = min === 0 ? `from 0 to ${below === 2 ** 32 ? "4294967295" : "2^64-1"}` : "of 64 bits";
    report.error(path, "WRONG_TYPE", `must be a whole number ${range} (it is ${show(value)})`, {
      value: show(value),
    });
    return undefined;
  };
}
export const int: Kind<number> = whole(-(2 ** 63), 2 ** 63);
export const uint32: Kind<number> = whole(0, 2 ** 32);
export const uint64: Kind<number> = whole(0, 2 ** 64);

/** A whole number within bounds that the plugin itself checks. */
export function between(min: number, max: number): Kind<number> {
  return (value, path, report) => {
    const number = int(value, path, report);
    if (number === undefined || (number >= min && number <= max)) return number;
    const message = `must be ${max === Number.MAX_SAFE_INTEGER ? `${min} or more` : `from ${min} to ${max}`} (it is ${number})`;
    report.error(path, "OUT_OF_RANGE", message, { value: show(number) });
    return undefined;
  };
}
/** macvlan, vlan and tuning refuse a negative MTU. */
export const mtu: Kind<number> = between(0, Number.MAX_SAFE_INTEGER);

export function oneOf(allowed: readonly string[], severity: "error" | "warning" = "error"): Kind<string> {
  return (value, path, report) => {
    const word = text(value, path, report);
    if (word !== undefined && word !== "" && !allowed.includes(word))
      report.notOneOf(path, word, allowed, severity);
    return word;
  };
}

export function list<T>(of: Kind<T>): Kind<(T | undefined)[]> {
  return (value, path, report) => {
    if (Array.isArray(value))
      return value.map((item: unknown, i) => (item === null ? undefined : of(item, [...path, i], report)));
    report.error(path, "WRONG_TYPE", `must be a list (it is ${show(value)})`, { value: show(value) });
    return undefined;
  };
}
export const texts = list(text);

export function mapOf<T>(of: Kind<T>): Kind<Map<string, T>> {
  return (value, path, report) => {
    const map = new Map<string, T>();
    for (const [key, item] of Object.entries(object(value, path, report) ?? {})) {
      const read = item === null ? undefined : of(item, [...path, key], report);
      if (read !== undefined) map.set(key, read);
    }
    return map;
  };
}

export const object: Kind<Record<string, unknown>> = (value, path, report) => {
  if (isObject(value)) return value;
  report.error(path, "WRONG_TYPE", `must be an object (it is ${show(value)})`, { value: show(value) });
  return undefined;
};

export const section: Kind<Section> = (value, path, report) => {
  const fields = object(value, path, report);
  return fields && new Section(fields, path, report);
};

/** net.IP's UnmarshalText: "" is none. */
export const address: Kind<Address> = (value, path, report) => {
  const word = text(value, path, report);
  if (word === undefined || word === "") return undefined;
  const read = parseAddress(word);
  if (!read)
    report.error(path, "BAD_ADDRESS", `must be an IP address (it is ${show(word)})`, { value: show(word) });
  return read && unmapped(read);
};

/** types.IPNet's UnmarshalJSON: net.ParseCIDR, host bits kept. */
export const cidr: Kind<Cidr> = (value, path, report) => {
  const word = text(value, path, report);
  if (word === undefined) return undefined;
  const read = parseCidr(word);
  if (!read)
    report.error(path, "BAD_CIDR", `must be a network such as 192.168.1.0/24 (it is ${show(word)})`, {
      value: show(word),
    });
  return read;
};

/** net.ParseMAC's forms: 6, 8 or 20 bytes, by colon, hyphen or, in pairs of bytes, dot. */
const MAC =
  /^([0-9a-f]{2}([:-])([0-9a-f]{2}\2){4}[0-9a-f]{2}((\2[0-9a-f]{2}){2}|(\2[0-9a-f]{2}){14})?|[0-9a-f]{4}(\.[0-9a-f]{4}){2}(\.[0-9a-f]{4}|(\.[0-9a-f]{4}){7})?)$/i;
export const mac: Kind<string> = (value, path, report) => {
  const word = text(value, path, report);
  if (word !== undefined && word !== "" && !MAC.test(word))
    report.error(path, "BAD_MAC", `must be a MAC address such as 02:00:00:00:00:01 (it is ${show(word)})`, {
      value: show(word),
    });
  return word;
};

/** The kernel's rule for interface names (dev_valid_name); "" is none. */
export const interfaceName: Kind<string> = (value, path, report) => {
  const word = text(value, path, report);
  if (word !== undefined && (word.length > 15 || word === "." || word === ".." || /[/:\s\0]/.test(word)))
    report.error(
      path,
      "BAD_INTERFACE_NAME",
      `must be an interface's name, 1 to 15 characters without / or : or blanks (it is ${show(word)})`,
      {
        value: show(word),
      },
    );
  return word;
};
