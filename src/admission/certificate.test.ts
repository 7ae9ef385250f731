import { execFileSync } from "node:child_process";
import { createPrivateKey, X509Certificate } from "node:crypto";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { selfSigned, validCertificates } from "./certificate.ts";

const HOSTS = ["multus-operator-webhook.multus-operator.svc", "localhost", "127.0.0.1", "fd00::1:2"];
const DAY = 86_400_000;
const NOW = new Date("2026-11-24T12:00:00.500Z");

describe("a self-signed serving certificate", () => {
  const made = selfSigned(HOSTS, NOW, 90 * DAY);
  const read = new X509Certificate(made.certificate);

  it("is valid for each of its names and for no other", () => {
    for (const host of HOSTS.slice(0, 2)) expect(read.checkHost(host)).toBe(host);
    for (const address of HOSTS.slice(2)) expect(read.checkIP(address)).toBe(address);
    expect(read.checkHost("multus-operator-webhook.other.svc")).toBeUndefined();
    expect(read.checkIP("127.0.0.2")).toBeUndefined();
  });

  it("is signed by its own key, serves only, and is no authority", () => {
    expect(read.verify(read.publicKey)).toBe(true);
    expect(read.checkPrivateKey(createPrivateKey(made.key))).toBe(true);
    expect(read.ca).toBe(false);
    expect(read.keyUsage).toEqual(["1.3.6.1.5.5.7.3.1"]);
  });

  it("begins an hour early, since clocks differ, and ends when its life ends", () => {
    expect(read.validFromDate.toISOString()).toBe("2026-11-24T11:00:00.000Z");
    expect(read.validToDate.toISOString()).toBe("2027-02-22T12:00:00.000Z");
    expect([made.notBefore, made.notAfter]).toEqual([read.validFromDate, read.validToDate]);
  });

  it("has another key and another serial number each time", () => {
    const other = new X509Certificate(selfSigned(HOSTS, NOW, DAY).certificate);
    expect(other.serialNumber).not.toBe(read.serialNumber);
    expect(other.subject).not.toBe(read.subject);
    expect(other.publicKey.equals(read.publicKey)).toBe(false);
  });

  it("writes years from 2050 on with four digits", () => {
    const late = selfSigned(HOSTS, new Date("2049-12-31T12:00:00Z"), DAY);
    expect(new X509Certificate(late.certificate).validToDate.toISOString()).toBe("2050-01-01T12:00:00.000Z");
  });

  it("is accepted by openssl's strict checks", () => {
    const directory = mkdtempSync(join(tmpdir(), "multus-operator-certificate-"));
    const file = join(directory, "tls.crt");
    try {
      writeFileSync(file, selfSigned(HOSTS, new Date(), DAY).certificate);
      const purpose = ["-purpose", "sslserver", "-verify_hostname", HOSTS[0] ?? ""];
      const arguments_ = ["verify", "-x509_strict", "-partial_chain", ...purpose, "-CAfile", file, file];
      expect(execFileSync("openssl", arguments_, { encoding: "utf8" })).toContain("OK");
    } finally {
      rmSync(directory, { recursive: true });
    }
  });
});

describe("the certificates of a text", () => {
  const valid = selfSigned(HOSTS, NOW, DAY).certificate;

  it("are those that can be read and are valid now", () => {
    const broken = valid.replace(/[A-Za-z]{20}/, "AAAAAAAAAAAAAAAAAAAA");
    const text = `garbage ${valid.trimEnd()}\n${broken}-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----`;
    expect(validCertificates(text, NOW)).toContain(valid);
    expect(validCertificates(text, NOW).some((block) => block.includes("\nAAAA\n"))).toBe(false);
    expect(validCertificates(valid, new Date(NOW.getTime() + 2 * DAY))).toEqual([]);
    expect(validCertificates(valid, new Date(NOW.getTime() - 2 * DAY))).toEqual([]);
  });
});
