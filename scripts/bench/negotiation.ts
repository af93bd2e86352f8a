import type { Negotiation } from "../../node/negotiation/model.ts";
import { callJson } from "../cli/client.ts";
import { until } from "../demo/narrate.ts";
import { as } from "../demo/region.ts";
import { percentiles } from "./percentiles.ts";
import { withRegions } from "./regions.ts";
import type { BenchRow } from "./row.ts";

const TARGET = { p50: 30, p99: 100 };

/** Request → FINALIZED at the consumer over mutual TLS between two processes, by the times the node itself recorded. */
export function benchNegotiation({ quick }: { readonly quick: boolean }): Promise<BenchRow> {
  return withRegions(async ({ chongqing }) => {
    const requester = as(chongqing, "requester");
    const visible = () =>
      callJson(requester, "/federated/entries/510100/cd-scjg-0004").then(
        () => true,
        () => false,
      );
    await until("the entry is mirrored", visible, (seen) => seen);
    const one = async () => {
      const body = { region: "510100", entryId: "cd-scjg-0004", purposes: ["public-governance"] };
      const asked = await callJson<Negotiation>(requester, "/negotiations", { body });
      const path = `/negotiations/${encodeURIComponent(asked.id)}`;
      const done = await until(
        "it is finalized",
        () => callJson<Negotiation>(requester, path),
        (n) => n.state === "FINALIZED",
      );
      return Date.parse(done.timeline.at(-1)?.at ?? "") - Date.parse(done.createdAt);
    };
    for (let i = 0; i < 10; i++) await one();
    const samples: number[] = [];
    for (let i = 0; i < (quick ? 50 : 300); i++) samples.push(await one());
    const { p50, p99 } = percentiles(samples);
    const met = p50 <= TARGET.p50 && p99 <= TARGET.p99;
    return { case: "negotiation.grpc.auto", unit: "ms", p50, p99, n: samples.length, target: TARGET, met };
  });
}
