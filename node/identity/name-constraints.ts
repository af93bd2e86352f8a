import type { NameConstraints, SubjectName } from "./certificate.ts";

/**
 * RFC 5280 §4.2.1.10 for the three kinds of names that Heliu uses. A name of another kind is never inside: nothing
 * would constrain it.
 */
export function isInside(name: SubjectName, { permitted, excluded }: NameConstraints): boolean {
  if (name.kind === "other") return false;
  if (excluded.some((subtree) => matches(name, subtree))) return false;
  const ofKind = permitted.filter(({ kind }) => kind === name.kind);
  // A kind that no permitted subtree names is unconstrained by the RFC, as long as it is not excluded.
  return ofKind.length === 0 || ofKind.some((subtree) => matches(name, subtree));
}

function matches(name: SubjectName, subtree: SubjectName): boolean {
  if (name.kind === "ip" && subtree.kind === "ip") return matchesAddress(name.value, subtree.value);
  if (name.kind === "dns" && subtree.kind === "dns") return matchesDomain(name.value, subtree.value);
  if (name.kind === "uri" && subtree.kind === "uri") return matchesUriHost(name.value, subtree.value);
  return false;
}

/** The subtree is an address followed by its mask. */
function matchesAddress(address: Uint8Array, subtree: Uint8Array): boolean {
  const size = address.length;
  if (subtree.length !== size * 2) return false;
  return address.every((byte, i) => {
    const mask = subtree[size + i] ?? 0;
    return (byte & mask) === ((subtree[i] ?? 0) & mask);
  });
}

/** A DNS subtree stands for the name and everything below it; the empty one for all. */
function matchesDomain(name: string, subtree: string): boolean {
  const [host, base] = [name.toLowerCase(), subtree.toLowerCase()];
  return base === "" || host === base || host.endsWith(`.${base.replace(/^\./, "")}`);
}

/** A URI subtree stands for exactly that host, or with a leading dot for all hosts below it. */
function matchesUriHost(uri: string, subtree: string): boolean {
  const host = /^[a-z][a-z0-9+.-]*:\/\/([^/?#:@]+)(?:[/?#]|$)/i.exec(uri)?.[1]?.toLowerCase();
  if (host === undefined) return false;
  const base = subtree.toLowerCase();
  return base.startsWith(".") ? host.endsWith(base) : host === base;
}
