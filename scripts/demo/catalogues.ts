import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { callJson } from "../cli/client.ts";
import type { EquipmentFiles } from "./equipment.ts";
import { chapter, elapsedSince, expectThat, tell, until } from "./narrate.ts";
import { as, type DemoRegion, startRegion, stopRegion } from "./region.ts";

type Report = {
  importId: string | null;
  imported: string[];
  refused: { id: string; code: string }[];
  faults: { level: string }[];
};
type Found = {
  total: number;
  tookMs: number;
  items: { region: string; id: string; name: string }[];
  freshness: { region: string; state: string }[];
};

const DATA = fileURLToPath(new URL("../../data/", import.meta.url));
const EXPECTED = { "510100": 48, "500000": 46 } as const;

/** Both catalogues imported by one person, confirmed by another, mirrored by push; sources bound. */
export async function narrateCatalogues(chengdu: DemoRegion, chongqing: DemoRegion, files: EquipmentFiles) {
  chapter(1, "目录:导入、校验、发布、互为镜像", "Catalogues: imported, validated, published, mirrored by push");
  const entries: { [region: string]: number } = {};
  for (const [region, file] of [
    [chengdu, "catalog-chengdu.json"],
    [chongqing, "catalog-chongqing.json"],
  ] as const) {
    const began = performance.now();
    const query = new URLSearchParams({ filename: file, asPublished: "true" });
    const report = await callJson<Report>(as(region, "publisher"), `/catalog/import?${query}`, {
      file: readFileSync(DATA + file),
    });
    await callJson<Report>(as(region, "approver"), `/catalog/imports/${report.importId}/confirm`, { method: "POST" });
    entries[region.id] = report.imported.length;
    const expected = EXPECTED[region.id as keyof typeof EXPECTED];
    expectThat(report.imported.length === expected, `${expected} entries imported`, report.imported.length);
    expectThat(report.refused.length === 1, "one secret entry refused", report.refused);
    const refused = report.refused[0];
    tell(
      `${region.name}:导入 ${report.imported.length} 条,拒收 ${refused?.id}(${refused?.code}),另一人确认后发布,${elapsedSince(began)} 毫秒`,
      `${region.name}: ${report.imported.length} imported, ${refused?.id} refused (${refused?.code}), published after another person confirmed, ${elapsedSince(began)} ms`,
    );
  }
  await bindSources(chengdu, files);
  const began = performance.now();
  await Promise.all([
    waitMirrored(chengdu, chongqing, "cq-prod-0002"),
    waitMirrored(chongqing, chengdu, "cd-prod-0003"),
  ]);
  tell(
    `双方镜像已齐(推送),再等 ${elapsedSince(began)} 毫秒`,
    `Both mirrors complete, by push; waited ${elapsedSince(began)} ms more`,
  );
  return entries;
}

async function waitMirrored(at: DemoRegion, of: DemoRegion, entryId: string): Promise<void> {
  const mirrored = () =>
    callJson<{ id?: string }>(as(at, "requester"), `/federated/entries/${of.id}/${entryId}`).catch(() => ({
      id: undefined,
    }));
  await until(`${at.id} mirrors ${entryId}`, mirrored, (entry) => entry.id === entryId);
}

async function bindSources(chengdu: DemoRegion, files: EquipmentFiles): Promise<void> {
  const publisher = as(chengdu, "publisher");
  for (const [entryId, path] of [
    ["cd-scjg-0001", files.equipment],
    ["cd-scjg-0003", files.units],
    ["cd-scjg-0004", files.producers],
  ] as const) {
    await callJson(publisher, "/sources", { body: { kind: "csv", id: entryId, entryId, path } });
  }
  await callJson(publisher, "/sources", {
    body: {
      kind: "verification",
      id: "cd-prod-0002",
      entryId: "cd-prod-0002",
      path: files.equipment,
      match: { reg_code: "reg_code", uscc: "user_unit_uscc" },
      answers: {
        registered_flag: { column: "reg_code", op: "present" },
        inspection_valid: { column: "status", op: "neq", value: "红色超期" },
      },
    },
  });
  tell(
    "成都把 3 个 CSV 绑定到条目,并把使用登记核验产品接到登记库(原始数据不出域)",
    "成都 bound three CSV files to entries, and the verification product to the register (raw data stays home)",
  );
}

/** Federated search is local: a peer that is down changes only freshness. */
export async function narrateSearch(chengdu: DemoRegion, chongqing: DemoRegion) {
  chapter(2, "检索:重庆找到成都的特种设备", "Search: 重庆 finds 成都's special equipment");
  const ask = () => callJson<Found>(as(chongqing, "requester"), `/search?${new URLSearchParams({ q: "电梯" })}`);
  const found = await until("search sees the mirror", ask, (answer) =>
    answer.items.some((hit) => hit.id === "cd-scjg-0001"),
  );
  tell(
    `"电梯"共 ${found.total} 条,${found.tookMs} 毫秒:${found.items
      .slice(0, 4)
      .map((hit) => hit.name)
      .join("、")}…`,
    `"电梯": ${found.total} hits in ${found.tookMs} ms: ${found.items
      .slice(0, 4)
      .map((hit) => hit.name)
      .join(", ")}…`,
  );
  await stopRegion(chengdu);
  const alone = await until(
    "freshness notices",
    ask,
    (answer) => answer.freshness.some((f) => f.region === chengdu.id && f.state === "stale"),
    20_000,
  );
  const ids = (answer: Found) => answer.items.map((hit) => hit.id).join();
  expectThat(
    ids(alone) === ids(found),
    "the same answer while 成都 is down",
    alone.items.map((hit) => hit.id),
  );
  tell(
    `停掉成都再查:同样的 ${alone.total} 条,${alone.tookMs} 毫秒,只有新鲜度变为"失联"`,
    `With 成都 stopped: the same ${alone.total} hits in ${alone.tookMs} ms; only its freshness says "silent"`,
  );
  await startRegion(chengdu);
  await until("the mirror is live again", ask, (answer) => answer.freshness.every((f) => f.state === "live"));
  return {
    query: "电梯",
    hits: found.total,
    tookMs: found.tookMs,
    whilePeerDown: { hits: alone.total, tookMs: alone.tookMs },
  };
}
