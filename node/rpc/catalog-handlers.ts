import { type Failure, refusals } from "../kernel/exchange-error.ts";
import { ExchangeFault } from "../kernel/exchange-fault.ts";
import { fromBatch } from "./catalog-codec.ts";
import type { Gate } from "./gate.ts";
import type { CatalogHandlers } from "./generated/heliu/v1/Catalog.ts";
import { serverStream } from "./handlers.ts";
import type { RpcServices } from "./services.ts";

const refuse = refusals({ BAD_SEQUENCE: "invalid-input" });
const SEQUENCE = /^(0|[1-9][0-9]{0,17})$/;

export function catalogHandlers(gate: Gate, { federation }: Pick<RpcServices, "federation">): CatalogHandlers {
  return {
    Subscribe: serverStream(gate, "catalog", async function* ({ fromSequence }, { peer, signal }) {
      if (!SEQUENCE.test(fromSequence)) throw new ExchangeFault(badSequence(fromSequence).error);
      for await (const batch of federation.serve(peer, fromSequence, signal)) yield fromBatch(batch);
    }),
    Snapshot: serverStream(gate, "catalog", async function* (_request, { peer, signal }) {
      for await (const batch of federation.snapshot(peer, signal)) yield fromBatch(batch);
    }),
  };
}

function badSequence(value: string): Failure {
  return refuse(
    "BAD_SEQUENCE",
    {
      zh: "fromSequence 必须是十进制序号(没有时为 0)。",
      en: 'fromSequence must be a decimal number ("0" for none).',
    },
    { value: value.slice(0, 40) },
  );
}
