import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { verifyOffline } from "../../node/audit/verify.ts";
import type { SignedTrustList } from "../../node/identity/model.ts";
import { callJson } from "../cli/client.ts";
import { chapter, expectThat, tell, until } from "./narrate.ts";
import { as, type DemoRegion } from "./region.ts";

type Head = { size: string; root: string; note: string; witnessedBy: string[] };

/** Both logs grew, each is cosigned by the other region, and one proof is verified without asking any node. */
export async function narrateAudit(root: string, chengdu: DemoRegion, chongqing: DemoRegion) {
  chapter(7, "存证:日志、互见证、离线验证", "Evidence: logs, cosignatures, an offline proof");
  const heads: { [region: string]: { size: number; root: string; witnessed: boolean } } = {};
  for (const [region, witness] of [
    [chengdu, chongqing],
    [chongqing, chengdu],
  ] as const) {
    const ask = () => callJson<Head>(as(region, "auditor"), "/audit/checkpoint");
    const head = await until(`${region.id} is witnessed`, ask, (h) =>
      h.witnessedBy.some((name) => name.includes(witness.id)),
    );
    heads[region.id] = { size: Number(head.size), root: head.root, witnessed: true };
    tell(
      `${region.name}日志 ${head.size} 条,根 ${head.root.slice(0, 16)}…,由${witness.name}见证`,
      `${region.name}: ${head.size} leaves, root ${head.root.slice(0, 16)}…, cosigned by ${witness.name}`,
    );
  }
  await proveOffline(root, chengdu);
  return heads;
}

async function proveOffline(root: string, region: DemoRegion): Promise<void> {
  const events = await callJson<{ items: { index: string }[] }>(
    as(region, "auditor"),
    "/events?kind=statement.signed&limit=10",
  );
  const index = events.items[0]?.index ?? "";
  const ask = () =>
    callJson<{ leaf: string; proof: string }>(as(region, "auditor"), `/audit/proof?leaf=${index}`).catch(
      () => undefined,
    );
  const proof = await until("the statement's leaf is under a checkpoint", ask, (answer) => answer !== undefined);
  const file = join(root, "proof.json");
  writeFileSync(file, JSON.stringify(proof));
  const { list } = JSON.parse(readFileSync(join(root, "trust-list.json"), "utf8")) as SignedTrustList;
  const own = list.regions.find((one) => one.id === region.id);
  const witnesses = list.regions.filter((one) => one.id !== region.id).flatMap((one) => one.witnessKeys);
  const saved = JSON.parse(readFileSync(file, "utf8")) as { leaf: string; proof: string };
  const verified = verifyOffline(saved.proof, Buffer.from(saved.leaf, "utf8"), own?.logKey ?? "", witnesses);
  expectThat(verified.ok, "the proof verifies offline", verified);
  const altered = verifyOffline(saved.proof, Buffer.from(`${saved.leaf} `, "utf8"), own?.logKey ?? "", witnesses);
  expectThat(!altered.ok, "an altered leaf does not verify", altered);
  tell(
    `结算单存证(第 ${index} 条)离线验证通过;改动一个字节即不通过`,
    `The statement's leaf (${index}) verifies offline; altering one byte makes it fail`,
  );
}
