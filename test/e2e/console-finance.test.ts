import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Browser, Page } from "playwright-core";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { sha256Hex } from "../../node/kernel/digest.ts";
import { periodOf } from "../../node/kernel/instant.ts";
import type { Agreement } from "../../node/negotiation/model.ts";
import type { SettlementTerms } from "../../node/policy/settlement-terms.ts";
import { openBrowser } from "../../scripts/browser.ts";
import type { HarnessRegion } from "../federation/harness.ts";
import {
  AUTHORISATIONS,
  agreeOnProduct,
  bindSources,
  callProduct,
  chengduEntry,
  PRODUCT,
  type Side,
  sharesOf,
  signedCalls,
  TABLE,
} from "../federation/trade.ts";
import { expectSoon, signIn, visitorsOf } from "./browsing.ts";
import { type ConsoleRegion, type ConsoleRegions, startConsoles } from "./console-regions.ts";

const START_MS = 120_000;
const WALK_MS = 120_000;
const period = periodOf(Date.now());
/** One receipt each; the last is doubted, the first is doubted for a moment. */
const CALLS = [7, 11, 5] as const;

let browser: Browser;
let regions: ConsoleRegions;
let agreement: Agreement;
let folder: string;
const { visitor, complaints } = visitorsOf(() => browser);

/** A finance office at its screen, and the second person that four eyes need. */
type Office = ConsoleRegion & { readonly page: Page; readonly second: Page };
let ours: Office;
let theirs: Office;

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), "heliu-finance-"));
  const settings = { catalog: { authorisations: AUTHORISATIONS } };
  [browser, regions] = await Promise.all([openBrowser(), startConsoles({ settings })]);
  agreement = await useProduct();
  ours = await office(regions.provider, {});
  // The other office has scripts switched off: all of it must work without.
  theirs = await office(regions.consumer, { javaScriptEnabled: false });
}, START_MS);

afterAll(async () => {
  await browser?.close();
  await regions?.stop();
  rmSync(folder, { recursive: true, force: true });
}, START_MS);

async function office(region: ConsoleRegion, options: { javaScriptEnabled?: boolean }): Promise<Office> {
  const page = await signIn(await visitor(options), region, await region.person("张财务", "finance"));
  const second = await signIn(await visitor(options), region, await region.person("李复核", "finance", "approver"));
  return { ...region, page, second };
}

/** Terms that ask both sides for figures that no receipt holds. */
function termsWithCosts(id: string, provider: string, consumer: string): SettlementTerms {
  const terms = sharesOf(id, provider, consumer);
  return {
    ...terms,
    parties: [...terms.parties, { partyId: `${provider}:storage`, role: "storage", regionId: provider }],
    compensation: [{ partyId: `${provider}:storage`, resource: "storage-gb-month", rateMicro: "120000", per: "1" }],
    costs: [{ costId: "labelling", partyId: `${consumer}:service`, capFen: "5000" }],
  };
}

const sideOf = (id: string): Side & { readonly region: HarnessRegion } => {
  const region = regions.harness.region(id);
  return { region, node: region.node };
};

async function useProduct(): Promise<Agreement> {
  const [provider, consumer] = [sideOf(regions.provider.id), sideOf(regions.consumer.id)];
  await provider.region.publish([chengduEntry(TABLE), chengduEntry(PRODUCT)]);
  await bindSources(provider.region, 50);
  const made = await agreeOnProduct(provider, consumer, termsWithCosts);
  let answered = 0;
  for (const count of CALLS) {
    await callProduct(consumer, made, answered, count);
    answered += count;
    await signedCalls(provider, made, answered);
  }
  await signedCalls(consumer, made, answered);
  return made;
}

const settlementPath = () => `/console/settlements/${period}`;
const statementPath = () => `${settlementPath()}/${encodeURIComponent(agreement.id)}`;
const go = ({ url }: Office, page: Page, path: string) => page.goto(url + path);
const text = async (page: Page, selector = "main") => (await page.textContent(selector)) ?? "";

/** Opens what a button will do, reads it, and does it. */
async function confirm(page: Page, label: string, willHappen: string): Promise<void> {
  await page.click(`summary:has-text('${label}')`);
  expect(await text(page, "details[open]")).toContain(willHappen);
  await page.click("details[open] button:has-text('确认')");
  await page.waitForURL(/[?&]done=/);
}

async function soon(desk: Office, path: string, words: string, page = desk.page): Promise<void> {
  await expectSoon(async () => {
    await go(desk, page, path);
    return (await text(page)).includes(words);
  });
}

async function dispute(desk: Office, receipt: number, reason: string): Promise<void> {
  const { page } = desk;
  await go(desk, page, `${statementPath()}/dispute`);
  await page.fill("#reason", reason);
  await page.check(`input[name=receipt] >> nth=${receipt}`);
  const log = { name: "业务日志.csv", mimeType: "text/csv", buffer: Buffer.from("call\n1\n") };
  await page.setInputFiles("input[name=evidence] >> nth=0", log);
  await page.click("button:has-text('核对将要发生的变化')");
  expect(await text(page)).toContain("从双方的结算单中挂起,其余照常结算");
  await page.click("button:has-text('确认提出')");
  await page.waitForURL(/done=disputeOpened/);
  expect(await text(page)).toContain(sha256Hex(log.buffer));
}

async function close(desk: Office, figure: string, value: string): Promise<void> {
  const { page } = desk;
  await go(desk, page, `/console/settlements/close?period=${period}`);
  expect(await text(page, "h1")).toContain("关账将结算 1 份协议");
  await page.fill("#reason", "验收,提前结算");
  await page.fill(`input[name^='${figure}']`, `${value}个`);
  await page.click("button:has-text('核对将要发生的变化')");
  // The fault stands above the form, and what was written stays in it.
  expect(await text(page, "[role=alert]")).toContain("须为不带单位的非负数");
  expect(await page.inputValue("#reason")).toBe("验收,提前结算");
  await page.fill(`input[name^='${figure}']`, value);
  await page.click("button:has-text('核对将要发生的变化')");
  expect(await text(page)).toContain("签署后不能撤销");
  await page.click("button:has-text('确认关账')");
  await page.waitForURL(/done=closed/);
}

describe("a finance office before its console", () => {
  it(
    "closes a month with a dispute in it, down to a single call",
    async () => {
      const [desk, peer] = [ours.page, theirs.page];
      await dispute(theirs, 0, "看错了");
      await confirm(peer, "撤回争议", "争议撤回");
      expect(await text(peer, ".head")).toContain("已撤回 · 已了结");
      await dispute(theirs, 2, "次数与我方日志不符");

      // Before a month is computed there is nothing to try other terms on, which is no mistake.
      const trial = await go(ours, desk, "/console/what-if");
      expect([trial?.status(), (await text(desk)).includes("还没有已计算的结算单")]).toEqual([200, true]);
      await close(ours, "resources", "2");
      // At first its node is asked; then the turn is a person's.
      await soon(ours, settlementPath(), "重庆市 财务");
      await go(ours, desk, "/console/settlements");
      expect(await text(desk, "h1")).toBe("有 1 件事挡住了关账");
      await close(theirs, "costs", "1.50");
      await soon(ours, settlementPath(), "双方一致");
      // Nothing is left to close, and nobody is asked to.
      await go(ours, desk, `/console/settlements/close?period=${period}`);
      expect(await text(desk, "h1")).toContain("已关账,结算单均已签署");
      expect(await text(desk, "tbody")).toContain("7.20");
      expect(await desk.$("#reason")).toBeNull();

      // 18 of 23 calls at 0.40; 2 × 0.12 for storage, 1.50 of cost, and the rest as agreed, 80 : 20.
      await go(ours, desk, statementPath());
      expect(await text(desk, "h1")).toContain("双方独立计算,结果一致");
      expect(await text(desk, ".figures")).toMatch(/应结总额7\.20 元.*争议挂起2\.00 元/);
      expect(await text(desk, "#equation")).toMatch(/每一张凭据都有着落.*已交付39\.20= 已计费27\.20.*例外12\.00/);
      expect(await text(desk, "#derivation")).toContain("余分");
      expect(await text(desk, "#money")).toContain("尚未列入轧差方案");
      await desk.click("#lines a:has-text('凭据')");
      await desk.click("tbody tr:has(td.num:text-is('11')) th a");
      expect(await text(desk, "#calls")).toContain("逐次调用的摘要与双方签署的凭据一致");
      expect(await desk.locator("#calls tbody tr").count()).toBe(CALLS[1]);
    },
    WALK_MS,
  );

  it(
    "answers the dispute, and sees what comes next",
    async () => {
      const desk = ours.page;
      await go(ours, desk, "/console/settlements/disputes");
      expect(await text(desk, "h1")).toBe("有 1 件未决的争议");
      await desk.click("tbody th a:has-text('特种设备')");
      expect(await text(desk, ".banner")).toContain("成都市 财务");
      await confirm(desk, "不成立", "挂起的金额照收");
      expect(await text(desk, ".banner")).toContain("下一次关账时与 重庆市 的结论核对");

      await go(theirs, theirs.page, "/console/settlements/disputes");
      await theirs.page.click("tbody th a:has-text('特种设备') >> nth=0");
      await confirm(theirs.page, "不成立", "挂起的金额照收");
      expect(await text(theirs.page, "h1")).toContain("不成立");
    },
    WALK_MS,
  );

  it(
    "nets with four eyes, and meets the plan with a bank's file",
    async () => {
      const net = `${settlementPath()}/net`;
      for (const one of [ours, theirs]) {
        await go(one, one.page, net);
        await confirm(one.page, "发起轧差", "须另一人复核签署");
      }
      await soon(ours, net, "发起人与复核人不能为同一人");
      expect(await text(ours.page, "h1")).toBe("方案已算出,等待签署");
      expect(await ours.page.locator("summary:has-text('复核并签署')").count()).toBe(0);
      for (const one of [ours, theirs]) {
        await soon(one, net, "复核并签署方案", one.second);
        await confirm(one.second, "复核并签署方案", "不能撤销");
      }
      await soon(ours, net, "各地区已签署,等待付款");
      const reference = await text(ours.page, "tbody td code");
      const amount = await text(ours.page, "tbody td.num");

      const rows = ["账号:6222000000000000009", "记账日,收入金额,支出金额,对方账号,对方户名,摘要,交易流水号"];
      const paid = `${new Date().toISOString().slice(0, 10)},${amount},,6222021111111111111,重庆专户,${reference},L1`;
      const file = join(folder, "流水.csv");
      writeFileSync(file, [...rows, paid, "某日,1x,,6222,坏行,无,L2", ""].join("\n"));
      const desk = ours.page;
      await go(ours, desk, "/console/payments/import");
      await desk.setInputFiles("#file", file);
      await desk.click("button:has-text('确认导入')");
      expect(await text(desk, "[role=alert]")).toContain("PAYMENT_COLUMNS");
      await desk.fill("input[name='column.date']", "记账日");
      await desk.setInputFiles("#file", file);
      await desk.click("button:has-text('确认导入')");
      expect(await text(desk, "[role=status]")).toMatch(/日期 = 记账日.*PAY-DATE/);

      await go(ours, desk, "/console/payments");
      await confirm(desk, "认领为这几项", "另一人复核");
      await go(ours, desk, "/console/");
      expect(await text(desk, "#waiting")).not.toContain("待复核的认领");
      await go(ours, ours.second, "/console/");
      await ours.second.click("#waiting a:has-text('待复核的认领')");
      await confirm(ours.second, "复核入账", "不能撤销");
      await soon(ours, net, "已全部付清");
      await soon(theirs, net, "已全部付清");
      await go(ours, desk, statementPath());
      expect(await text(desk, "#money")).toContain("已付清");
    },
    WALK_MS,
  );

  it(
    "tries other terms, and prints the report",
    async () => {
      const desk = ours.page;
      await go(ours, desk, `/console/what-if?agreement=${encodeURIComponent(agreement.id)}`);
      await desk.fill(`[name='price:${PRODUCT}']`, "0.50");
      await desk.click("#trial button[type=submit]");
      expect(await text(desk, "h1")).toBe("应收由 7.20 元变为 9.00 元");

      await go(ours, desk, statementPath());
      const [download] = await Promise.all([desk.waitForEvent("download"), desk.click(".head a:has-text('PDF')")]);
      expect(
        readFileSync(await download.path())
          .subarray(0, 5)
          .toString(),
      ).toBe("%PDF-");
      const [table] = await Promise.all([desk.waitForEvent("download"), desk.click(".head a:has-text('CSV')")]);
      expect(readFileSync(await table.path(), "utf8")).toContain(",720,");
      await desk.emulateMedia({ media: "print" });
      expect(await desk.locator(".top:visible, .tabs:visible, form:visible").count()).toBe(0);
      expect(await desk.locator(".printed:visible").count()).toBe(1);
      const page = (await desk.pdf({ preferCSSPageSize: true, printBackground: true })).toString("latin1");
      // A4 in points.
      expect(page).toMatch(/\/MediaBox \[0 0 59[45](\.\d+)? 84[12](\.\d+)?\]/);
      await desk.emulateMedia({ media: "screen" });
    },
    WALK_MS,
  );

  it(
    "shows an auditor everything and lets only finance act",
    async () => {
      const page = await signIn(await visitor(), ours, await ours.person("周审计", "auditor"));
      const shown = ["", `/${period}`, `/close?period=${period}`, "/disputes", `/${period}/net`];
      for (const path of [...shown.map((one) => `/console/settlements${one}`), statementPath(), "/console/payments"]) {
        for (const language of ["en", "zh"]) {
          await go(ours, page, `/console/language/${language}`);
          const answer = await go(ours, page, path);
          expect([path, answer?.status(), await page.locator("h1").count()]).toEqual([path, 200, 1]);
          expect([path, await page.locator("main form[method=post]").count()]).toEqual([path, 0]);
        }
      }
      expect((await go(ours, page, "/console/payments/import"))?.status()).toBe(403);
      const reader = await signIn(await visitor(), ours, await ours.person("只能申请", "requester"));
      expect((await go(ours, reader, "/console/payments"))?.status()).toBe(403);
      expect((await go(ours, reader, `${settlementPath()}/net`))?.status()).toBe(403);
    },
    WALK_MS,
  );

  it("never broke its own content security policy nor logged an error", () => {
    expect(complaints).toEqual([]);
    expect(regions.faults).toEqual([]);
  });
});
