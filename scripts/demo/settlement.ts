import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { namesOf } from "../../gateway/reports/labels.ts";
import { periodOf } from "../../node/kernel/instant.ts";
import type { Language } from "../../node/kernel/text.ts";
import type { Agreement } from "../../node/negotiation/model.ts";
import type { PeriodView } from "../../node/settlement/period-view.ts";
import { call, callJson } from "../cli/client.ts";
import { yuan } from "../cli/output.ts";
import { chapter, elapsedSince, expectThat, tell, until } from "./narrate.ts";
import { as, type DemoRegion } from "./region.ts";

const FORMATS = { json: "json", csv: "csv", xlsx: "xlsx", pdf: "pdf", ledger: "ledger" } as const;

/** The running month closes early: both compute alone, compare, sign, post; then the reports. */
export async function narrateSettlement(dir: string, chengdu: DemoRegion, chongqing: DemoRegion, agreement: Agreement) {
  const period = periodOf(Date.now());
  chapter(
    6,
    `结算:${period} 提前关账,各自计算,一致后签名入账`,
    `Settlement: ${period} closes early; computed alone, compared, signed, posted`,
  );
  const began = performance.now();
  const body = { early: true, reason: "试点验收,提前结算" };
  for (const region of [chengdu, chongqing])
    await callJson(as(region, "finance"), `/settlements/${period}/close`, { body });
  const ask = (region: DemoRegion) => () => callJson<PeriodView>(as(region, "finance"), `/settlements/${period}`);
  const [ours, theirs] = await Promise.all([
    until("成都's statement is agreed", ask(chengdu), (view) => view.matched),
    until("重庆's statement is agreed", ask(chongqing), (view) => view.matched),
  ]);
  const digests = { [chengdu.id]: ours.digests[chengdu.id], [chongqing.id]: theirs.digests[chongqing.id] };
  expectThat(digests[chengdu.id] === digests[chongqing.id], "equal digests", digests);
  const statement = ours.settlements.find((one) => one.agreementId === agreement.id)?.statement;
  expectThat(statement?.result.amountFen === "40000", "1,000 calls at CNY 0.40 = CNY 400.00", statement?.result);
  tell(
    `双方摘要一致 ${digests[chengdu.id]?.slice(0, 23)}…,合计 ${yuan(ours.grossFen)} 元,${elapsedSince(began)} 毫秒`,
    `Both digests are ${digests[chengdu.id]?.slice(0, 23)}…, CNY ${yuan(ours.grossFen)} in all, ${elapsedSince(began)} ms`,
  );
  const regionNames = { [chengdu.id]: chengdu.name, [chongqing.id]: chongqing.name };
  const shares = (language: Language) => {
    const { party } = namesOf(ours.settlements, regionNames, language);
    return (statement?.result.totals ?? []).map(({ partyId, fen }) => `${party(partyId)} ${yuan(fen)}`);
  };
  tell(`分配(元):${shares("zh").join(",")}`, `Shares (CNY): ${shares("en").join(", ")}`);
  await ledgerBalances(chengdu, chongqing);
  const reports = await writeReports(dir, chengdu, period);
  return {
    settlement: {
      period,
      lines: ours.lines,
      grossFen: ours.grossFen,
      perRegion: ours.perRegion,
      digests,
      matched: digests[chengdu.id] === digests[chongqing.id],
    },
    reports,
  };
}

/** Double entry on both sides: every invariant holds, and clearing is empty after the statement. */
async function ledgerBalances(...regions: readonly DemoRegion[]): Promise<void> {
  type Account = { account: string; debitsPosted: string; creditsPosted: string };
  for (const region of regions) {
    const { items } = await callJson<{ items: Account[] }>(as(region, "finance"), "/ledger/balances");
    const clearing = items.filter(({ account }) => account.includes("/clearing/"));
    const isEmpty = clearing.length > 0 && clearing.every((one) => one.debitsPosted === one.creditsPosted);
    expectThat(isEmpty, "clearing is 0 after the settlement", clearing);
  }
  tell("双方账本各自入账,借贷相等,清算户余额为 0", "Both ledgers posted alone: debits equal credits, clearing is 0");
}

async function writeReports(dir: string, region: DemoRegion, period: string): Promise<string[]> {
  mkdirSync(dir, { recursive: true });
  const files = await Promise.all(
    Object.entries(FORMATS).map(async ([format, extension]) => {
      const response = await call(as(region, "finance"), `/settlements/${period}/report?format=${format}`);
      const file = join(dir, `settlement-${region.id}-${period}.${extension}`);
      writeFileSync(file, Buffer.from(await response.arrayBuffer()));
      return file;
    }),
  );
  tell(`报表:${files.join(" ")}`, `Reports: ${files.join(" ")}`);
  return files;
}
