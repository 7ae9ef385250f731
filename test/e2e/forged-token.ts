import { createSign, generateKeyPairSync } from "node:crypto";

/** A service account's token, but for its times: the API server itself signed it, and it has expired an hour ago. */
export function expired(token: string, apiServersKey: string): string {
  const claims = claimsOf(token);
  const anHourAgo = claims.iat - 3600;
  return signed(token, { ...claims, iat: anHourAgo, nbf: anHourAgo, exp: anHourAgo }, apiServersKey);
}

/** A token that has not expired, and is signed with a key that the API server does not know any more. */
export function foreign(token: string): string {
  const { privateKey } = generateKeyPairSync("rsa", { modulusLength: 2048 });
  return signed(token, claimsOf(token), privateKey.export({ type: "pkcs8", format: "pem" }).toString());
}

function claimsOf(token: string): { iat: number } {
  return JSON.parse(Buffer.from(token.split(".")[1] ?? "", "base64url").toString()) as { iat: number };
}

function signed(token: string, claims: object, key: string): string {
  const text = `${token.split(".")[0]}.${Buffer.from(JSON.stringify(claims)).toString("base64url")}`;
  return `${text}.${createSign("RSA-SHA256").update(text).sign(key, "base64url")}`;
}
