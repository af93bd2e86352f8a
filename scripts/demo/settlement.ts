import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { periodOf } from "../../node/kernel/instant.ts";
import type { Agreement } from "../../node/negotiation/model.ts";
import { call, callJson } from "../cli/client.ts";
import { yuan } from "../cli/output.ts";
import { chapter, elapsedSince, expectThat, tell, until } from "./narrate.ts";
import { as, type DemoRegion } from "./region.ts";

type Line = { amountFen: string };
type Statement = {
  agreementId: string;
  state: string;
  digest: string | null;
  amountFen: string | null;
  document: { result: { lines: Line[]; totals: { partyId: string; fen: string }[]; amountFen: string } } | null;
};
type Period = { digest: string | null; statements: Statement[] };

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
  const ask = (region: DemoRegion) => () => callJson<Period>(as(region, "finance"), `/settlements/${period}`);
  const agreed = (p: Period) => p.statements.some((s) => s.agreementId === agreement.id && s.state === "agreed");
  const [ours, theirs] = await Promise.all([
    until("成都's statement is agreed", ask(chengdu), agreed),
    until("重庆's statement is agreed", ask(chongqing), agreed),
  ]);
  const digests = { [chengdu.id]: ours.digest, [chongqing.id]: theirs.digest };
  expectThat(ours.digest !== null && ours.digest === theirs.digest, "equal digests", digests);
  const statement = ours.statements.find((s) => s.agreementId === agreement.id);
  const result = statement?.document?.result;
  expectThat(result?.amountFen === "40000", "1,000 calls at 0.40 CNY = 400.00 CNY", result?.amountFen);
  tell(
    `双方摘要一致 ${ours.digest?.slice(0, 23)}…,合计 ${yuan(result?.amountFen ?? "0")} 元,${elapsedSince(began)} 毫秒`,
    `Both digests are ${ours.digest?.slice(0, 23)}…, ${yuan(result?.amountFen ?? "0")} CNY in all, ${elapsedSince(began)} ms`,
  );
  const totals = result?.totals ?? [];
  tell(
    `分配:${totals.map((t) => `${t.partyId} ${yuan(t.fen)}`).join(",")}`,
    `Shares: ${totals.map((t) => `${t.partyId} ${yuan(t.fen)}`).join(", ")}`,
  );
  const perRegion = new Map<string, bigint>();
  for (const { partyId, fen } of totals) {
    const region = partyId.slice(0, 6);
    perRegion.set(region, (perRegion.get(region) ?? 0n) + BigInt(fen));
  }
  const reports = await writeReports(dir, chengdu, period);
  return {
    settlement: {
      period,
      lines: result?.lines.length ?? 0,
      grossFen: result?.amountFen ?? "0",
      perRegion: [...perRegion].map(([region, fen]) => ({ region, fen: String(fen) })),
      digests,
      matched: ours.digest === theirs.digest,
    },
    reports,
  };
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
