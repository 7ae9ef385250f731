/** A reference in its parts; the registry is Docker Hub's if none is named, as the runtime has it. */
export interface ImageReference {
  registry: string;
  repository: string;
  tag?: string;
  digest?: string;
}

/** @param text such as nfvpe/multus:v3.4.1 or 192.168.1.222:80/kube-ovn/multus-cni@sha256:… */
export function parseImage(text: string): ImageReference {
  const [named = "", digest] = text.split("@");
  const colon = named.lastIndexOf(":");
  const hasTag = colon > named.lastIndexOf("/");
  const path = hasTag ? named.slice(0, colon) : named;
  const tag = hasTag ? named.slice(colon + 1) : undefined;
  const [first = "", ...rest] = path.split("/");
  const isRegistry = rest.length > 0 && (/[.:]/.test(first) || first === "localhost");
  const repository = isRegistry ? rest.join("/") : path;
  return {
    registry: isRegistry ? first : "docker.io",
    repository: isRegistry || rest.length > 0 ? repository : `library/${repository}`,
    ...(tag === undefined ? {} : { tag }),
    ...(digest === undefined ? {} : { digest }),
  };
}
