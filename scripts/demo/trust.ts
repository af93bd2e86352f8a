import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { createFounder, signTrustList } from "../../certs/founder.ts";
import type { SignedTrustList, TrustedRegion } from "../../node/identity/model.ts";
import { proposeList } from "../../node/identity/propose-list.ts";
import { trustListDigest } from "../../node/identity/trust-list.ts";
import { installTrustList } from "../cli/initialise.ts";

/** The founding regions sign the first trust list, all of them; each node installs it by its digest, which is answered. */
export async function foundTrust(
  root: string,
  regions: readonly { readonly id: string; readonly dir: string }[],
): Promise<string> {
  const founders = regions.map(({ id }) => createFounder(id));
  const entries = regions.map(({ dir }) => join(dir, "trust", "region.json"));
  const list = proposeList(
    undefined,
    {
      regions: entries.map((file) => JSON.parse(readFileSync(file, "utf8")) as TrustedRegion),
      founders: founders.map(({ entry }) => entry),
      days: 60,
    },
    Date.now(),
  );
  const signatures = founders.map(({ entry, keyPem }) => signTrustList(list, entry.id, keyPem));
  const signed: SignedTrustList = { list, signatures };
  const file = join(root, "trust-list.json");
  writeFileSync(file, JSON.stringify(signed, undefined, 2));
  const digest = trustListDigest(list);
  for (const region of regions) installTrustList(region.dir, { file, digest });
  return digest;
}
