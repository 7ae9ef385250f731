/**
 * A range as whereabouts prints it, in readable words: "10.9.0.10-10.9.0.11 of 10.9.0.0/24". Before 0.6 it printed Go's own
 * form of the network, byte by byte. What has another form is returned as it is.
 */
export function readableRange(text: string): string {
  const parts = /^(\S+) \/ - (\S+) \/ range: (.*?)(?: \/ exclude\w*:.*)?$/.exec(text.trim());
  if (!parts) return text;
  const [, first = "", last = "", range = ""] = parts;
  return `${first}-${last} of ${networkOf(range) ?? range}`;
}

function networkOf(range: string): string | undefined {
  const [, address, mask] = /IP:net\.IP\{([^}]*)\}, ?Mask:net\.IPMask\{([^}]*)\}/.exec(range) ?? [];
  if (address === undefined || mask === undefined) return undefined;
  const prefix = bytesOf(mask).reduce((bits, byte) => bits + byte.toString(2).replaceAll("0", "").length, 0);
  const bytes = bytesOf(address);
  // An IPv4 address may be kept in 16 bytes; its mask has 4.
  const own = bytesOf(mask).length === 4 ? bytes.slice(-4) : bytes;
  if (own.length === 4) return `${own.join(".")}/${prefix}`;
  const words = Array.from({ length: own.length / 2 }, (_, i) =>
    ((own[2 * i] ?? 0) * 256 + (own[2 * i + 1] ?? 0)).toString(16),
  );
  return `${words.join(":")}/${prefix}`;
}

function bytesOf(list: string): number[] {
  return list.split(",").map((byte) => Number(byte.trim()));
}
