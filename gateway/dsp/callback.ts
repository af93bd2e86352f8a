import type { TrustView } from "../../node/identity/model.ts";
import { ok, type Result } from "../../node/kernel/exchange-error.ts";
import { refuse } from "./error.ts";

/**
 * Where a peer may be called back: only what the trust list names for this very peer, so that nobody can point this node
 * at its own admin port, a neighbour, or a third party. Compared as origins and path prefixes of parsed URLs.
 */
export function checkCallback(trust: Pick<TrustView, "region">, peer: string, address: string): Result<URL> {
  const url = parse(address);
  const region = trust.region(peer);
  if (url === undefined || region === undefined || region.status !== "active") return unnamed();
  const named = region.endpoints.dsp.map(parse).filter((one) => one !== undefined);
  const isNamed = named.some((one) => one.origin === url.origin && isUnder(url.pathname, one.pathname));
  return isNamed ? ok(url) : unnamed();
}

/** Without user, password, query or fragment: none belongs to a base address, and each has hidden a host before. */
function parse(address: string): URL | undefined {
  if (!URL.canParse(address)) return undefined;
  const url = new URL(address);
  const isPlain = url.username === "" && url.password === "" && url.search === "" && url.hash === "";
  return isPlain && url.protocol === "https:" ? url : undefined;
}

function isUnder(path: string, base: string): boolean {
  const trimmed = base.replace(/\/+$/, "");
  return path === trimmed || path === base || path.startsWith(`${trimmed}/`);
}

function unnamed(): Result<never> {
  return refuse("DSP_CALLBACK", {
    zh: "回调地址不是信任列表为该地区登记的 DSP 地址;请由对方更新信任列表,或改用登记的地址。",
    en: "The callback address is not one that the trust list names for this region; have the list updated, or use a named one.",
  });
}
