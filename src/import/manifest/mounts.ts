import type { Container, PodSpec } from "./objects.ts";

/** A volume as a container sees it. */
export interface Mount {
  mountPath: string;
  /** The file or directory of the volume that is mounted; the whole volume if empty. */
  subPath: string;
  volume: PodSpec["volumes"][number];
}

/** The volumes that the container mounts, by where it mounts them. */
export class Mounts {
  readonly all: Mount[];
  readonly #used = new Set<Mount>();

  constructor(pod: PodSpec, container: Container) {
    const volumes = new Map(pod.volumes.map((volume) => [volume.name, volume]));
    this.all = container.volumeMounts.flatMap(({ name, mountPath, subPath = "" }) => {
      const volume = volumes.get(name);
      return volume ? [{ mountPath: trim(mountPath), subPath, volume }] : [];
    });
  }

  /** The host's directory that the container sees at this path, or undefined where it is not the host's. */
  hostPathOf(path: string): string | undefined {
    const mount = this.#mountOf(path);
    if (!mount?.volume.hostPath) return undefined;
    this.#used.add(mount);
    return trim(mount.volume.hostPath.path) + within(mount, path);
  }

  /** The mount in which a file of the container lies, where it is a ConfigMap's. */
  configMapOf(path: string): { name: string; key: string } | undefined {
    const mount = this.#mountOf(path);
    const source = mount?.volume.configMap;
    if (!mount || !source) return undefined;
    this.#used.add(mount);
    const file = within(mount, path).slice(1);
    return { name: source.name, key: source.items?.find((item) => item.path === file)?.key ?? file };
  }

  /** Says that a mount is accounted for. */
  use(mount: Mount): void {
    this.#used.add(mount);
  }

  get unused(): Mount[] {
    return this.all.filter((mount) => !this.#used.has(mount));
  }

  #mountOf(path: string): Mount | undefined {
    const at = trim(path);
    return this.all
      .filter(({ mountPath }) => at === mountPath || at.startsWith(`${mountPath}/`))
      .toSorted((a, b) => b.mountPath.length - a.mountPath.length)[0];
  }
}

/** "/…": where a path of the container lies in the volume; empty for the volume itself. */
function within({ mountPath, subPath }: Mount, path: string): string {
  const inside = trim(path).slice(mountPath.length);
  return subPath === "" ? inside : `/${subPath}${inside}`;
}

/** Without slashes at the end. */
export function trim(path: string): string {
  return path.length > 1 ? path.replace(/\/+$/, "") || "/" : path;
}
