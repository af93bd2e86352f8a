import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { createFounder, signTrustList } from "../../certs/founder.ts";
import type { SignedTrustList, TrustedRegion, TrustList } from "../../node/identity/model.ts";
import { type Canonical, digestOf } from "../../node/kernel/canonical-json.ts";
import { instantOf } from "../../node/kernel/instant.ts";
import { installTrustList } from "../cli/initialise.ts";

const DAY_MS = 86_400_000;

/** The founding regions sign the first trust list, all of them; each node installs it by its digest, which is answered. */
export async function foundTrust(
  root: string,
  regions: readonly { readonly id: string; readonly dir: string }[],
): Promise<string> {
  const nowMs = Date.now();
  const founders = regions.map(({ id }) => createFounder(id));
  const list: TrustList = {
    format: "heliu.trust-list.v1",
    version: "1",
    issuedAt: instantOf(nowMs),
    expiresAt: instantOf(nowMs + 60 * DAY_MS),
    threshold: String(founders.length),
    founders: founders.map(({ entry }) => entry),
    regions: regions.map(
      ({ dir }) => JSON.parse(readFileSync(join(dir, "trust", "region.json"), "utf8")) as TrustedRegion,
    ),
    revoked: [],
  };
  const signatures = founders.map(({ entry, keyPem }) => signTrustList(list, entry.id, keyPem));
  const signed: SignedTrustList = { list, signatures };
  const file = join(root, "trust-list.json");
  writeFileSync(file, JSON.stringify(signed, undefined, 2));
  const digest = digestOf(list as unknown as Canonical);
  for (const region of regions) installTrustList(region.dir, { file, digest });
  return digest;
}
