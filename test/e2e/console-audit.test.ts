import { readFileSync } from "node:fs";
import type { Browser, BrowserContext, Page } from "playwright-core";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { fileFinding, findingRefs } from "../../node/audit/findings.ts";
import { verifySample } from "../../node/audit/sample.ts";
import { verifyBundle } from "../../node/evidence/verify-bundle.ts";
import { mustSucceed, ok } from "../../node/kernel/exchange-error.ts";
import { transact } from "../../node/storage/transact.ts";
import { openBrowser } from "../../scripts/browser.ts";
import { until } from "../federation/harness.ts";
import { type ConsoleRegions, startConsoles } from "./console-regions.ts";

const START_MS = 120_000;
const WALK_MS = 60_000;
/** Unconditional: agreed without anybody being asked. */
const ENTRY = "cd-scjg-0004";

let browser: Browser;
let regions: ConsoleRegions;
let agreementId: string;
let token: string;
/** Everything a browser complained about in any page. */
const complaints: string[] = [];

beforeAll(async () => {
  [browser, regions] = await Promise.all([openBrowser(), startConsoles()]);
  const { consumer, harness } = regions;
  token = await consumer.person("赵审计", "auditor");
  const { node, as } = harness.region(consumer.id);
  const asked = mustSucceed(
    await node().negotiations.request(as("requester"), {
      ...{ region: regions.provider.id, entryId: ENTRY, purposes: ["public-governance"], comment: "案卷" },
    }),
  );
  agreementId = await until(async () => {
    const found = mustSucceed(await node().negotiations.get(as("requester"), asked.id));
    return found.state === "FINALIZED" ? (found.agreementId ?? undefined) : undefined;
  });
}, START_MS);

afterAll(async () => {
  await browser?.close();
  await regions?.stop();
}, START_MS);

async function auditor(options: { javaScriptEnabled?: boolean; locale?: string } = {}): Promise<Page> {
  const context = await browser.newContext({ viewport: { width: 1280, height: 800 }, locale: "zh-CN", ...options });
  watch(context);
  const page = await context.newPage();
  await page.goto(`${regions.consumer.url}/console/sign-in`);
  await page.fill("#token", token);
  await page.click("form:has(#token) button");
  await page.waitForURL(`${regions.consumer.url}/console/`);
  return page;
}

function watch(context: BrowserContext): void {
  context.on("console", (message) => {
    if (message.type() === "error" && !/status of 4\d\d/.test(message.text())) complaints.push(message.text());
  });
  context.on("weberror", (fault) => complaints.push(fault.error().message));
}

/** From the log's list to a leaf that a checkpoint covers. */
async function openLeaf(page: Page): Promise<void> {
  await regions.harness.region(regions.consumer.id).node().audit.sequenceNow();
  await page.goto(`${regions.consumer.url}/console/audit`);
  await page.click("tbody th a >> nth=1");
  await page.waitForSelector("#check");
}

async function verdictOf(page: Page): Promise<{ tone: string; text: string }> {
  const before = await page.getAttribute("#check [role=status]", "class");
  await page.evaluate(() => document.querySelector("#check [role=status]")?.setAttribute("class", "asked"));
  await page.click("#check button");
  await page.waitForSelector("#check [role=status]:not(.asked)");
  const verdict = page.locator("#check [role=status]");
  return { tone: (await verdict.getAttribute("class")) ?? before ?? "", text: (await verdict.textContent()) ?? "" };
}

/** Another character of the same alphabet, so that the form stays and only the content is wrong. */
async function alter(page: Page, field: "leaf" | "proof", from: RegExp): Promise<void> {
  const area = page.locator(`#check textarea[name=${field}]`);
  const text = await area.inputValue();
  const place = text.search(from);
  expect(place).toBeGreaterThanOrEqual(0);
  const other = text[place] === "A" ? "B" : "A";
  await area.fill(text.slice(0, place) + other + text.slice(place + 1));
}

describe("a proof in the reader's own browser", () => {
  it(
    "is accepted as it is, and refused with one character of entry or proof altered",
    async () => {
      const page = await auditor();
      await openLeaf(page);
      const good = await verdictOf(page);
      expect(good).toEqual({ tone: "notice good", text: expect.stringContaining("成立:第 1 条确在日志中") });
      expect(good.text).toContain("main/500000/log");
      for (const [field, from] of [
        ["leaf", /[a-f0-9](?=[a-f0-9]{20}")/],
        // A hash on the way up, the root that was signed, the log's own signature.
        ["proof", /[A-Za-z0-9](?=[A-Za-z0-9+/]{20,}=*\n)/],
        ["proof", /(?<=\n— main\/500000\/log [A-Za-z0-9+/]{30})[A-Za-z0-9]/],
      ] as const) {
        await page.reload();
        await page.waitForSelector("#check button:not([hidden])");
        await alter(page, field, from);
        const refused = await verdictOf(page);
        expect(refused.tone).toBe("notice bad");
        expect(refused.text).toMatch(/^不成立:.+/);
      }
      await page.context().close();
    },
    WALK_MS,
  );

  it(
    "speaks the reader's language, and says so where the browser has no Ed25519 or runs no scripts",
    async () => {
      const english = await auditor({ locale: "en-GB" });
      await openLeaf(english);
      expect((await verdictOf(english)).text).toContain("Holds: entry 1 is in the log");
      await english.context().addInitScript(() => {
        const importKey = crypto.subtle.importKey.bind(crypto.subtle);
        crypto.subtle.importKey = ((format: never, data: never, algorithm: unknown, ...rest: [never, never]) =>
          algorithm === "Ed25519"
            ? Promise.reject(new DOMException("Unrecognized name.", "NotSupportedError"))
            : importKey(format, data, algorithm as never, ...rest)) as typeof crypto.subtle.importKey;
      });
      await english.reload();
      await english.waitForSelector("#check button:not([hidden])");
      expect((await verdictOf(english)).text).toContain("This browser has no Ed25519");
      await english.context().close();

      const plain = await auditor({ javaScriptEnabled: false });
      await openLeaf(plain);
      expect(await plain.textContent("#check [role=status]")).toContain("heliu audit verify");
      expect(await plain.isVisible("#check button")).toBe(false);
      await plain.context().close();
    },
    WALK_MS,
  );
});

describe("the audit pages", () => {
  it(
    "show that an agreement's entries are all, and hand out a bundle that holds without this node",
    async () => {
      const { consumer, harness } = regions;
      const page = await auditor({ javaScriptEnabled: false });
      await page.goto(`${consumer.url}/console/audit`);
      await page.fill("input[name=agreement]", agreementId);
      await page.click("form.filter button");
      await page.click("a:has-text('打开案卷')");
      expect(await page.textContent("h1")).toContain("还不能证明记录齐全");
      await page.click("summary:has-text('封存并固定条数')");
      await page.click("details[open] button:has-text('确认')");
      await page.waitForURL(/done=fixed/);
      expect(await page.textContent("h1")).toContain("可证明没有遗漏");
      const numbers = await page.locator("tbody th").allTextContents();
      expect(numbers.map(Number)).toEqual(numbers.map((_, i) => i + 1));
      const [download] = await Promise.all([
        page.waitForEvent("download"),
        page.click("button:has-text('导出证据包')"),
      ]);
      const anchor = harness.region(consumer.id).node().trust.signed();
      const { report, faults } = verifyBundle(readFileSync(await download.path()), { anchor });
      expect(faults).toEqual([]);
      expect(report?.agreementId).toBe(agreementId);
      await page.context().close();
    },
    WALK_MS,
  );

  it("draw a sample by the reader's words, which anyone can draw again", async () => {
    const { consumer, harness } = regions;
    const page = await auditor();
    await page.goto(`${consumer.url}/console/sample`);
    await page.fill("#n", "5");
    await page.fill("#salt", "审计厅 2026");
    await page.click("button:has-text('抽查')");
    expect(await page.locator("tbody tr").count()).toBe(5);
    const [download] = await Promise.all([page.waitForEvent("download"), page.click("a:has-text('下载样本')")]);
    const sample: unknown = JSON.parse(readFileSync(await download.path(), "utf8"));
    const list = harness.region(consumer.id).node().trust.current()?.list;
    const logKey = list?.regions.find(({ id }) => id === consumer.id)?.logKey ?? "";
    expect(mustSucceed(verifySample(sample, logKey, []))).toMatchObject({ count: 5 });
    await page.context().close();
  });

  it("show what is held against another region's log with both of its notes", async () => {
    const { consumer, provider, harness } = regions;
    const { store, audit } = harness.region(consumer.id).node();
    const peer = await harness.region(provider.id).node().audit.head();
    const origin = peer.note.split("\n")[0] ?? "";
    const second = peer.note.replace(peer.root, "B".repeat(43).concat("="));
    const notes = [peer.note, second] as const;
    const heardFrom = null;
    const finding = { kind: "equivocation", origin, region: provider.id, size: peer.size, notes, heardFrom } as const;
    await transact(store, findingRefs(finding), (tx) =>
      ok(fileFinding(tx, finding, { region: consumer.id, atMs: Date.now() })),
    );
    await audit.sequenceNow();
    const page = await auditor();
    await page.click("a:has-text('前后不一')");
    expect(await page.textContent("[role=alert]")).toContain("发现 1 处");
    expect(await page.locator("#findings pre").allTextContents()).toEqual([...notes]);
    await page.context().close();
  });

  it("never broke the content security policy nor logged an error", () => {
    expect(complaints).toEqual([]);
    expect(regions.faults).toEqual([]);
  });
});
