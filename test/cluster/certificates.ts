import { execFileSync } from "node:child_process";
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";

export interface Certificate {
  certFile: string;
  keyFile: string;
}

/** A certificate authority in a directory, by the openssl command: certificates for one test run, valid for a week. */
export class CertificateAuthority {
  readonly certFile: string;
  readonly #keyFile: string;
  readonly #directory: string;

  constructor(directory: string) {
    this.#directory = directory;
    this.certFile = join(directory, "ca.crt");
    this.#keyFile = join(directory, "ca.key");
    if (existsSync(this.certFile)) return;
    newKey(this.#keyFile);
    openssl([
      "req",
      "-x509",
      "-new",
      "-key",
      this.#keyFile,
      "-subj",
      "/CN=test-ca",
      "-days",
      "7",
      "-out",
      this.certFile,
    ]);
  }

  /**
   * @param subject user or component (CN) and its groups (O)
   * @param hosts names and addresses for a serving certificate; none makes a client certificate
   */
  issue(file: string, subject: { name: string; groups?: string[] }, hosts: string[] = []): Certificate {
    const certificate = {
      certFile: join(this.#directory, `${file}.crt`),
      keyFile: join(this.#directory, `${file}.key`),
    };
    newKey(certificate.keyFile);
    const names = [...(subject.groups ?? []).map((group) => `/O=${group}`), `/CN=${subject.name}`].join("");
    const request = openssl(["req", "-new", "-key", certificate.keyFile, "-subj", names]);
    const extensions = join(this.#directory, `${file}.ext`);
    const alternatives = hosts
      .map((host) => (/^[\d.]+$|:/.test(host) ? `IP:${host}` : `DNS:${host}`))
      .join(",");
    writeFileSync(
      extensions,
      `keyUsage=digitalSignature,keyEncipherment\nextendedKeyUsage=clientAuth,serverAuth\n${alternatives ? `subjectAltName=${alternatives}\n` : ""}`,
    );
    openssl(
      [
        "x509",
        "-req",
        "-CA",
        this.certFile,
        "-CAkey",
        this.#keyFile,
        "-CAcreateserial",
        "-days",
        "7",
        "-extfile",
        extensions,
        "-out",
        certificate.certFile,
      ],
      request,
    );
    return certificate;
  }
}

/** A kubeconfig's text with the credentials inlined, so that the file can be moved. */
export function kubeconfig(server: string, caFile: string, user: Certificate | { token: string }): string {
  const inline = (file: string) => readFileSync(file).toString("base64");
  const credentials =
    "token" in user
      ? { token: user.token }
      : { "client-certificate-data": inline(user.certFile), "client-key-data": inline(user.keyFile) };
  return JSON.stringify({
    apiVersion: "v1",
    kind: "Config",
    clusters: [{ name: "test", cluster: { server, "certificate-authority-data": inline(caFile) } }],
    users: [{ name: "test", user: credentials }],
    contexts: [{ name: "test", context: { cluster: "test", user: "test" } }],
    "current-context": "test",
  });
}

/** An RSA-free key: P-256 keys take a millisecond where RSA ones take a second. */
export function newKey(file: string): void {
  openssl(["ecparam", "-name", "prime256v1", "-genkey", "-noout", "-out", file]);
}

/** The public half of a key, for those who only check its signatures. */
export function newPublicKey(keyFile: string, file: string): void {
  openssl(["pkey", "-in", keyFile, "-pubout", "-out", file]);
}

function openssl(args: string[], input?: string): string {
  return execFileSync("openssl", args, {
    encoding: "utf8",
    ...(input ? { input } : {}),
    stdio: ["pipe", "pipe", "pipe"],
  });
}
