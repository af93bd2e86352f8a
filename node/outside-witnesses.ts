import { parseVkey } from "./audit/note.ts";
import type { WitnessAnswer } from "./audit/witness.ts";
import type { NodeConfig } from "./config.ts";
import { refusals } from "./kernel/exchange-error.ts";
import { StartFault } from "./serve.ts";

const TIMEOUT_MS = 10_000;
const refuse = refusals({ WITNESS_KEY: "invalid-input" });

type Channel = { readonly cosign: (region: string, body: string) => Promise<WitnessAnswer> };

/**
 * Independent witnesses of the settings, reached by the C2SP call over HTTP under the names of their keys. They sign; unlike
 * a region they watch nothing else, so nothing is told to them.
 *
 * @throws StartFault for a key that is none
 */
export function outsideWitnesses({ audit }: NodeConfig) {
  const known = audit.witnesses.map(({ url, vkey }) => {
    const key = parseVkey(vkey);
    if (!key.ok) throw badKey(vkey);
    return { name: key.value.name, url: new URL("add-checkpoint", url.endsWith("/") ? url : `${url}/`), vkey };
  });
  return {
    names: known.map(({ name }) => name),
    peers: known.map(({ name, vkey }) => ({ region: name, logVkey: "", witnessVkeys: [vkey] })),
    /** By the witness that is asked: one of these, or a region. */
    channel: (regions: Channel): Channel => ({
      cosign(region, body) {
        const outside = known.find(({ name }) => name === region);
        return outside === undefined ? regions.cosign(region, body) : post(outside.url, body);
      },
    }),
  };
}

async function post(url: URL, body: string): Promise<WitnessAnswer> {
  try {
    const answer = await fetch(url, { method: "POST", body, signal: AbortSignal.timeout(TIMEOUT_MS) });
    return { status: answer.status, body: await answer.text() };
  } catch (fault) {
    // What the cosigner takes for a witness that is away.
    return { status: 503, body: String((fault as Error).cause ?? fault) };
  }
}

function badKey(vkey: string): StartFault {
  return new StartFault(
    refuse("WITNESS_KEY", {
      zh: `audit.witnesses 中的 vkey ${vkey} 不正确;请从 heliu witness show 原样复制。`,
      en: `The vkey ${vkey} in audit.witnesses is not one; copy it from heliu witness show, unchanged.`,
    }).error,
  );
}
