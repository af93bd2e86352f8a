import { execFile } from "node:child_process";
import { promisify } from "node:util";
import type { Browser, Page } from "playwright-core";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { Role } from "../../node/identity/model.ts";
import type { Agreement } from "../../node/negotiation/model.ts";
import { openBrowser } from "../../scripts/browser.ts";
import {
  AUTHORISATIONS,
  agreeOnProduct,
  bindSources,
  callProduct,
  chengduEntry,
  PRODUCT,
  signedCalls,
  TABLE,
} from "../federation/trade.ts";
import { type ConsoleRegion, type ConsoleRegions, startConsoles } from "./console-regions.ts";

const MAIN = new URL("../../scripts/cli/main.ts", import.meta.url).pathname;
const START_MS = 120_000;
const WALK_MS = 90_000;

let browser: Browser;
let regions: ConsoleRegions;
let agreement: Agreement;
/** Everything a browser complained about in any page. */
const complaints: string[] = [];

const sideOf = ({ id }: ConsoleRegion) => {
  const region = regions.harness.region(id);
  return { region, node: region.node };
};

/** Chengdu's priced service, agreed on and called twelve times by Chongqing. */
beforeAll(async () => {
  const settings = { catalog: { authorisations: AUTHORISATIONS } };
  [browser, regions] = await Promise.all([openBrowser(), startConsoles({ settings })]);
  const [provider, consumer] = [sideOf(regions.provider), sideOf(regions.consumer)];
  await provider.region.publish([chengduEntry("cd-scjg-0001"), chengduEntry(TABLE), chengduEntry(PRODUCT)]);
  await bindSources(provider.region, 20);
  agreement = await agreeOnProduct(provider, consumer);
}, START_MS);

afterAll(async () => {
  await browser?.close();
  await regions?.stop();
}, START_MS);

/** Somebody at a region's console, whose browser runs no scripts. */
async function visit(region: ConsoleRegion, name: string, ...roles: Role[]): Promise<Page> {
  const context = await browser.newContext({ locale: "zh-CN", javaScriptEnabled: false });
  context.on("console", (message) => {
    if (message.type() === "error" && !/status of 4\d\d/.test(message.text())) complaints.push(message.text());
  });
  const page = await context.newPage();
  await page.goto(`${region.url}/console/sign-in`);
  await page.fill("#token", await region.person(name, ...roles));
  await page.click("form:has(#token) button");
  await page.waitForURL(`${region.url}/console/`);
  return page;
}

const openAgreement = (page: Page, { url }: ConsoleRegion) =>
  page.goto(`${url}/console/agreements/${encodeURIComponent(agreement.id)}`);

async function confirm(page: Page, label: string, fields: { readonly [selector: string]: string } = {}): Promise<void> {
  await page.click(`summary:has-text('${label}')`);
  for (const [selector, value] of Object.entries(fields)) await page.fill(`details[open] ${selector}`, value);
  await page.click("details[open] button");
}

/** Looks until the page says so; the other region's word comes when it comes. */
async function seen(page: Page, address: string, text: string): Promise<void> {
  do await page.goto(address);
  while (!(await page.textContent("main"))?.includes(text));
}

describe("usage in the console", () => {
  it(
    "is bounded by a quote before, watched by a budget meanwhile, and compared afterwards",
    async () => {
      const { consumer, provider } = regions;
      const finance = await visit(consumer, "钱财务", "finance");
      await openAgreement(finance, consumer);
      await confirm(finance, "设定预算", { "#budget-yuan": "5.00" });
      await finance.waitForURL(/done=budgetSet/);
      const requester = await visit(consumer, "李申请", "requester");
      await openAgreement(requester, consumer);
      expect(await requester.textContent("main")).toContain("预算须由申请方的财务设定");
      await requester.fill("#quote-amount", "12");
      await requester.click("button:has-text('取得报价')");
      // At most: units can fall into several receipts, each rounded, so the bound lies a fen above.
      expect(await requester.textContent("#quotes tbody")).toContain("4.81");

      const [from, to] = [sideOf(provider), sideOf(consumer)];
      await callProduct(to, agreement, 0, 12);
      await Promise.all([signedCalls(to, agreement, 12), signedCalls(from, agreement, 12)]);
      await to.node().insight.look();
      await openAgreement(finance, consumer);
      const usage = await finance.textContent("#usage");
      for (const text of ["4.80 元 / 5.00 元", "✓ 50%", "✓ 80%", "✓ 90%", "已用 96.0%"]) expect(usage).toContain(text);
      expect(usage).not.toContain("✓ 100%");
      await confirm(finance, "已知悉");
      await finance.waitForURL(/#usage$/);
      // To note 90 % is to note 50 and 80.
      expect(await finance.locator("summary:has-text('已知悉')").count()).toBe(0);
      await openAgreement(requester, consumer);
      expect(await requester.textContent("#quotes tbody")).toMatch(/4\.81.*4\.80.*未超出/s);
      await Promise.all([finance.context().close(), requester.context().close()]);
    },
    WALK_MS,
  );
});

describe("a party that leaves", () => {
  it(
    "is taken down by its own region's finance, and seen by both with the day",
    async () => {
      const { consumer, provider } = regions;
      const finance = await visit(provider, "冯财务", "finance");
      await openAgreement(finance, provider);
      await confirm(finance, "登记退出", { "#leave-day": "2099-12-31" });
      await finance.waitForURL(/done=partyLeft/);
      expect(await finance.textContent("#parties li:has-text('成都市')")).toContain("参与至 2099-12-31");
      const other = await visit(consumer, "陈财务", "finance");
      const address = `${consumer.url}/console/agreements/${encodeURIComponent(agreement.id)}`;
      await seen(other, address, "参与至 2099-12-31");
      // Only of its own parties; the one that has left is not offered again.
      expect(await other.textContent("#leave-party")).not.toContain("成都市");
      const party = await other.inputValue("#leave-party");
      const token = await consumer.person("褚财务", "finance");
      const heliu = async (...args: string[]) => {
        const argv = ["--import", "tsx", MAIN, ...args, "--server", consumer.url, "--token", token, "--json"];
        return JSON.parse((await promisify(execFile)(process.execPath, argv)).stdout);
      };
      const leave = ["agreements", "leave", agreement.id, "--party", party, "--last-day", "2099-11-30"];
      expect(await heliu(...leave)).toMatchObject({ partyId: party, lastDay: "2099-11-30" });
      const shown = await heliu("agreements", "show", agreement.id);
      expect(shown.left).toMatchObject([{ lastDay: "2099-12-31" }, { partyId: party, lastDay: "2099-11-30" }]);
      expect(JSON.parse(shown.document)).toMatchObject({ agreementId: agreement.id });
      await Promise.all([finance, other].map((page) => page.context().close()));
    },
    WALK_MS,
  );
});

describe("objections in the console", () => {
  it(
    "lead from a receipt to an answer that another person than who verified has approved",
    async () => {
      const { consumer, provider } = regions;
      const asker = await visit(consumer, "周申请", "requester");
      await asker.goto(`${consumer.url}/console/receipts?agreement=${encodeURIComponent(agreement.id)}`);
      await asker.click("tbody th a");
      await asker.click("a:has-text('提出异议或质量反馈')");
      expect(await asker.inputValue("#from")).toBe("1");
      await asker.check("input[value=billing]");
      await asker.fill("#text", "调用次数与我方日志不符");
      await confirm(asker, "核对并提出");
      await asker.waitForURL(/done=objected/);
      expect(await asker.textContent(".banner")).toContain("等 成都市 财务");
      const path = new URL(asker.url()).pathname;

      const verifier = await visit(provider, "吴财务", "finance", "approver");
      await seen(verifier, `${provider.url}/console/objections`, "调用次数与我方日志不符");
      await verifier.goto(provider.url + path);
      await confirm(verifier, "受理并标注");
      await confirm(verifier, "答复核实结果", { textarea: "双方日志核对一致,共 12 次。" });
      await verifier.waitForURL(/done=objectionMoved/);
      expect(await verifier.textContent(".banner")).toContain("核实人与复核人不能为同一人");
      expect(await verifier.locator("summary:has-text('复核同意')").count()).toBe(0);

      const approver = await visit(provider, "郑审批", "approver");
      await approver.goto(provider.url + path);
      await confirm(approver, "复核同意");
      await seen(asker, consumer.url + path, "双方日志核对一致,共 12 次。");
      await confirm(asker, "确认办结");
      await asker.waitForURL(/done=objectionMoved/);
      expect(await asker.textContent(".banner")).toContain("已归档");
      await seen(approver, provider.url + path, "已归档");
      await Promise.all([asker, verifier, approver].map((page) => page.context().close()));
    },
    WALK_MS,
  );

  it("never broke the content security policy nor logged an error", () => {
    expect(complaints).toEqual([]);
    expect(regions.faults).toEqual([]);
  });
});
