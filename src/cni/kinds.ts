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

/** A whole number: 1400.0 and 1.4e3 are, since libcni writes numbers again before a plugin reads them. */
function whole(min: number, below: number): Kind<number> {
  return (value, path, report) => {
    const fits = typeof value === "number" && Number.isInteger(value) && value >= min && value < below;
    // strconv.ParseUint rejects "-0".
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
/**
 * An MTU that the kernel takes for an Ethernet device; 0 is none given. `least` is where the plugin begins to
 * pass it on: bridge and ptp ignore negative ones. Netlink carries 32 bits of it.
 */
export function mtuFrom(least: number, most = 65535): Kind<number> {
  return (value, path, report) => {
    const number = int(value, path, report);
    if (number === undefined || number === 0 || (number < 0 && least > 0)) return number;
    const passed = number % 2 ** 32;
    if (number > 0 && passed >= 68 && passed <= most) return number;
    report.error(path, "OUT_OF_RANGE", `must be from 68 to ${most}, or not set (it is ${number})`, {
      value: show(number),
    });
    return undefined;
  };
}
/** macvlan, vlan, tap and tuning pass on a negative one too. */
export const mtu: Kind<number> = mtuFrom(Number.NEGATIVE_INFINITY);
/** bridge and ptp ignore a negative one. */
export const vethMtu: Kind<number> = mtuFrom(1);

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

/** net.ParseMAC's forms: 6, 8 or 20 bytes, by colon, hyphen or, in pairs of bytes, dot; from Go 1.26 on without any. */
const MAC =
  /^([0-9a-f]{2}([:-])([0-9a-f]{2}\2){4}[0-9a-f]{2}((\2[0-9a-f]{2}){2}|(\2[0-9a-f]{2}){14})?|[0-9a-f]{4}(\.[0-9a-f]{4}){2}(\.[0-9a-f]{4}|(\.[0-9a-f]{4}){7})?|[0-9a-f]{12}|[0-9a-f]{16}|[0-9a-f]{40})$/i;

/** Whether only programs built with Go 1.26 or later read this MAC address (golang/go#76387). */
export function hasNoSeparators(address: string): boolean {
  return /^[0-9a-f]+$/i.test(address);
}

/** Whether the kernel gives an interface this MAC address: not a group's, and not all 0 (is_valid_ether_addr). */
export function isOfOneStation(address: string): boolean {
  const digits = address.replace(/[:.-]/g, "").slice(0, 12);
  return !/^0*$/.test(digits) && Number.parseInt(digits.slice(0, 2), 16) % 2 === 0;
}

export const mac: Kind<string> = (value, path, report) => {
  const word = text(value, path, report);
  if (word !== undefined && MAC.test(word) && hasNoSeparators(word))
    report.warn(
      path,
      "BAD_MAC",
      `is read only by plugins built with Go 1.26 or later; write it with colons (it is ${show(word)})`,
      { value: show(word) },
    );
  if (word !== undefined && word !== "" && !MAC.test(word))
    report.error(path, "BAD_MAC", `must be a MAC address such as 02:00:00:00:00:01 (it is ${show(word)})`, {
      value: show(word),
    });
  return word;
};

/** An address that the kernel gives an Ethernet interface when it makes one: six bytes, of one station. */
export const ethernetAddress: Kind<string> = (value, path, report) => {
  const word = settableAddress(value, path, report);
  if (word !== undefined && word !== "" && word.replace(/[:.-]/g, "").length > 12)
    report.error(path, "BAD_MAC", `must be six bytes long (it is ${show(word)})`, { value: show(word) });
  return word;
};

/** An address that an interface is given later: the kernel reads six bytes of it. */
export const settableAddress: Kind<string> = (value, path, report) => {
  const word = mac(value, path, report);
  if (word === undefined || word === "" || !MAC.test(word)) return undefined;
  if (isOfOneStation(word)) return word;
  report.error(
    path,
    "BAD_MAC",
    `must not be all 0, and its first byte must be even: other addresses are not valid for an interface (it is ${show(word)})`,
    { value: show(word) },
  );
  return undefined;
};

/** The kernel's longest alternative name of an interface (ALTIFNAMSIZ), which netlink looks for if a name is longer than 15 characters. */
const MAX_ALTERNATIVE_LENGTH = 127;
/** IFNAMSIZ without the closing 0. */
const MAX_NAME_LENGTH = 15;

/** The name of an interface that is there already: also an alternative one (ip link property add). "" is none. */
export const existingInterface: Kind<string> = (value, path, report) => {
  if (typeof value !== "string" || value.length < MAX_NAME_LENGTH + 1)
    return interfaceName(value, path, report);
  const word = value;
  if (word.length > MAX_ALTERNATIVE_LENGTH || /[/\s\0]/.test(word))
    report.error(
      path,
      "BAD_INTERFACE_NAME",
      `must be an interface's name, 1 to ${MAX_ALTERNATIVE_LENGTH} characters without / or white space (it is ${show(word)})`,
      { value: show(word) },
    );
  return word;
};

/** The kernel's rule for interface names (dev_valid_name); "" is none. */
export const interfaceName: Kind<string> = (value, path, report) => {
  const word = text(value, path, report);
  if (
    word !== undefined &&
    (word.length > MAX_NAME_LENGTH || word === "." || word === ".." || /[/:\s\0]/.test(word))
  )
    report.error(
      path,
      "BAD_INTERFACE_NAME",
      `must be an interface's name, 1 to 15 characters without / or : or white space (it is ${show(word)})`,
      {
        value: show(word),
      },
    );
  return word;
};
