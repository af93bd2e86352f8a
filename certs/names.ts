import { isIP } from "node:net";

export type Endpoints = { readonly rpc: readonly string[]; readonly dsp: readonly string[] };

/** `spiffe://r510100.heliu/node/chengdu-1`: the one name a leaf carries. Source: trust.md §1. */
export function spiffeIdOf(trustDomain: string, nodeName: string): string {
  return `spiffe://${trustDomain}/node/${nodeName}`;
}

export function defaultTrustDomain(regionId: string): string {
  return `r${regionId}.heliu`;
}

/** The trust domain of a name that `spiffeIdOf` could have made; undefined for any other string. */
export function parseSpiffeId(uri: string): { readonly trustDomain: string; readonly nodeName: string } | undefined {
  const [, trustDomain, nodeName] = SPIFFE_NODE.exec(uri) ?? [];
  if (trustDomain === undefined || nodeName === undefined || uri.length > 2_048) return undefined;
  return { trustDomain, nodeName };
}

/**
 * Stricter than the SPIFFE standard, which allows upper case in paths: two spellings of one name are how a check is
 * talked past. No percent-encoding, port, query, fragment, empty or dot segment, trailing slash.
 */
const SPIFFE_NODE =
  /^spiffe:\/\/([a-z0-9](?:[a-z0-9._-]{0,253}[a-z0-9])?)\/node\/([a-z0-9](?:[a-z0-9._-]{0,126}[a-z0-9])?)$/;

/** The distinct hosts of endpoints, without ports and brackets; these become DNS and IP names of leaf and CA. */
export function hostsOf(endpoints: Endpoints): string[] {
  const rpc = endpoints.rpc.map((endpoint) => new URL(`tcp://${endpoint}`).hostname);
  const dsp = endpoints.dsp.map((url) => new URL(url).hostname);
  return [...new Set([...rpc, ...dsp].map((host) => host.replace(/^\[|\]$/g, "")))];
}

/** 4 or 16 bytes for an IP address, undefined for a DNS name. */
export function addressBytes(host: string): Uint8Array | undefined {
  const version = isIP(host);
  if (version === 0) return undefined;
  if (version === 4) return Uint8Array.from(host.split(".").map(Number));
  return ipv6Bytes(host);
}

function ipv6Bytes(host: string): Uint8Array {
  // The URL parser writes every IPv6 address in its shortest form with hex groups only.
  const shortest = new URL(`http://[${host}]`).hostname.slice(1, -1);
  const [head = "", tail] = shortest.split("::");
  const groups = (text: string) => (text === "" ? [] : text.split(":").map((group) => Number.parseInt(group, 16)));
  const before = groups(head);
  const after = groups(tail ?? "");
  const zeros = Array.from({ length: tail === undefined ? 0 : 8 - before.length - after.length }, () => 0);
  return Uint8Array.from([...before, ...zeros, ...after].flatMap((group) => [group >> 8, group & 0xff]));
}
