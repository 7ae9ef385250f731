import { expect, it } from "vitest";
import { tokenExpiry } from "./kubeconfig.ts";

const token = (claims: unknown) =>
  `e30.${Buffer.from(JSON.stringify(claims)).toString("base64url")}.c2lnbmF0dXJl`;
const kubeconfig = (line: string) => `apiVersion: v1\nusers:\n- name: multus\n  user:\n    token: ${line}\n`;

it.each([
  ["in quotes", kubeconfig(`"${token({ exp: 1795521600 })}"`), "2026-11-24T12:00:00.000Z"],
  ["bare", kubeconfig(token({ exp: 1795521600 })), "2026-11-24T12:00:00.000Z"],
  ["without an end", kubeconfig(token({ iss: "x" })), undefined],
  ["of no sense", kubeconfig(token({ exp: 1e99 })), undefined],
  ["that is none", kubeconfig(token(null)), undefined],
  ["of another kind", kubeconfig('"abcdef"'), undefined],
  ["absent", "apiVersion: v1\n", undefined],
])("finds when a token %s expires", (_, text, expected) => expect(tokenExpiry(text)).toBe(expected));
