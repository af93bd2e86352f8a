import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Browser, Page } from "playwright-core";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { verifyOffline } from "../../node/audit/verify.ts";
import type { Role } from "../../node/identity/model.ts";
import { mustSucceed } from "../../node/kernel/exchange-error.ts";
import { openBrowser } from "../../scripts/browser.ts";
import { sampleEntries } from "../federation/harness.ts";
import { expectSoon, signIn, visitorsOf } from "./browsing.ts";
import { type ConsoleRegion, type ConsoleRegions, startConsoles } from "./console-regions.ts";

const START_MS = 120_000;
const WALK_MS = 90_000;
/** Conditional: a person of the provider decides. */
const ENTRY = "cd-scjg-0001";
/** Unconditional: agreed without anybody being asked. */
const FREE_ENTRY = "cd-scjg-0004";

let browser: Browser;
let regions: ConsoleRegions;
const { visitor, complaints } = visitorsOf(() => browser);
let programs = 0;

beforeAll(async () => {
  [browser, regions] = await Promise.all([openBrowser(), startConsoles()]);
}, START_MS);

afterAll(async () => {
  await browser?.close();
  await regions?.stop();
}, START_MS);

/** From the search to a request that waits for a person of the provider. */
async function request(page: Page, { url }: ConsoleRegion, comment: string, entry = ENTRY): Promise<string> {
  await page.goto(`${url}/console/entries/510100/${entry}`);
  await page.fill("#comment", comment);
  await page.click("summary:has-text('核对并提交')");
  await page.click("button:has-text('确认提交')");
  await page.waitForURL(/\/console\/negotiations\//);
  return page.url();
}

/** Opens the approver's task and approves it: first what will change, then the confirmation. */
async function approve(page: Page, { url }: ConsoleRegion, comment: string): Promise<void> {
  await expectSoon(async () => {
    await page.goto(`${url}/console/negotiations`);
    for (const link of await page.$$("tbody th a")) {
      const href = await link.getAttribute("href");
      await page.goto(url + href);
      if ((await page.textContent("main"))?.includes(comment)) return true;
      await page.goBack();
    }
    return false;
  });
  await page.click("summary:has-text('同意并签署')");
  expect(await page.textContent("details[open]")).toContain("将以本地区的签名密钥签署协议文件并发送给重庆市");
  await page.click("details[open] button:has-text('确认')");
  await page.waitForURL(/done=approved/);
}

async function expectAgreed(page: Page, address: string): Promise<void> {
  await expectSoon(async () => {
    await page.goto(address);
    return (await page.textContent("main"))?.includes("双方已达成协议") === true;
  });
}

describe("the console in a browser", () => {
  it(
    "leads from a search to an agreement that both regions see",
    async () => {
      const { consumer, provider } = regions;
      const asker = await visitor();
      const page = await signIn(asker, consumer, await consumer.person("李申请", "requester"));

      await page.goto(`${consumer.url}/console/search`);
      await page.keyboard.press("/");
      expect(await page.evaluate(() => document.activeElement?.id)).toBe("q");
      await page.keyboard.type("特种设备使用登记信息");
      // Typing alone brings the hits, without a new page.
      await page.waitForSelector(`#found a[href$="${ENTRY}"] mark`);
      expect(page.url()).toContain("q=");
      await page.click(`#found a[href$="${ENTRY}"]`);
      await page.waitForURL(new RegExp(ENTRY));
      expect(await page.textContent("main")).toContain("可以申请:有条件共享,须提供方审批");

      const address = await request(page, consumer, "电梯联合整治");
      expect(await page.textContent("main")).toContain("在等什么");

      const decider = await visitor();
      const desk = await signIn(decider, provider, await provider.person("王审批", "approver"));
      await approve(desk, provider, "电梯联合整治");
      await expectAgreed(desk, desk.url());
      // The asker's page, left open, says by itself that something changed.
      await page.click("a:has-text('有新变化')");
      await expectAgreed(page, address);
      await page.click("a:has-text('查看协议')");
      await page.waitForURL(/\/console\/agreements\//);
      expect(await page.textContent("main")).toContain("协议有效");
      await Promise.all([asker.close(), decider.close()]);
    },
    WALK_MS,
  );

  it(
    "works the same without JavaScript",
    async () => {
      const { consumer, provider } = regions;
      const asker = await visitor({ javaScriptEnabled: false });
      const page = await signIn(asker, consumer, await consumer.person("无脚本申请", "requester"));
      await page.goto(`${consumer.url}/console/search`);
      await page.fill("#q", "特种设备使用登记信息");
      await page.click("button:has-text('检索')");
      await page.waitForSelector(`#found a[href$="${ENTRY}"]`);
      const address = await request(page, consumer, "不用脚本的申请");
      const decider = await visitor({ javaScriptEnabled: false });
      const desk = await signIn(decider, provider, await provider.person("无脚本审批", "approver"));
      await approve(desk, provider, "不用脚本的申请");
      await expectAgreed(page, address);
      await Promise.all([asker.close(), decider.close()]);
    },
    WALK_MS,
  );

  it(
    "shows every page in both languages, and names who may act instead of the reader",
    async () => {
      const { consumer } = regions;
      const roles = ["publisher", "requester", "approver", "finance", "auditor", "admin"] as const;
      const everyone = await visitor();
      const page = await signIn(everyone, consumer, await consumer.person("全部角色", ...roles));
      const places = [
        "",
        "search",
        "catalog",
        "negotiations",
        "agreements",
        "transfers",
        "settlements",
        "audit",
        "peers",
      ];
      for (const language of ["zh", "en"]) {
        await page.goto(`${consumer.url}/console/language/${language}`);
        expect(await page.getAttribute("html", "lang")).toBe(language === "zh" ? "zh-CN" : "en");
        for (const place of [...places, "rules"]) {
          const answer = await page.goto(`${consumer.url}/console/${place}`);
          expect([place, answer?.status()]).toEqual([place, 200]);
          expect(await page.locator("h1").count()).toBe(1);
        }
      }
      const reader = await visitor();
      const seen = await signIn(reader, consumer, await consumer.person("只能看", "auditor"));
      await seen.goto(`${consumer.url}/console/entries/510100/${ENTRY}`);
      expect(await seen.locator("form#ask").count()).toBe(0);
      expect(await seen.textContent("main")).toContain("申请须由具备「申请人」角色的人员提交");
      await Promise.all([everyone.close(), reader.close()]);
    },
    WALK_MS,
  );

  it("ends a session for good when its owner signs out", async () => {
    const { consumer } = regions;
    const context = await visitor();
    const page = await signIn(context, consumer, await consumer.person("即将退出", "auditor"));
    const [cookie] = await context.cookies();
    expect(cookie).toMatchObject({ httpOnly: true, sameSite: "Strict", path: "/" });
    await page.click("button:has-text('退出')");
    await page.waitForURL(/sign-in/);
    if (cookie !== undefined) await context.addCookies([cookie]);
    await page.goto(`${consumer.url}/console/peers`);
    expect(new URL(page.url()).pathname).toBe("/console/sign-in");
    await context.close();
  });

  it("shows what people wrote as text, whatever it looks like", async () => {
    const { consumer } = regions;
    const context = await visitor();
    const page = await signIn(context, consumer, await consumer.person("写代码的人", "requester"));
    const written = `<img src="x" onerror="document.title='run'"><script>document.title='run'</script>`;
    await request(page, consumer, written);
    expect(await page.textContent(".said")).toBe(written);
    expect(await page.locator("main img, main script").count()).toBe(0);
    expect(await page.title()).not.toBe("run");
    await context.close();
  });

  it(
    "imports a file with its faults in place, and publishes it once another person confirms",
    async () => {
      const { consumer } = regions;
      const context = await visitor();
      const page = await signIn(context, consumer, await consumer.person("陈发布", "publisher"));
      const [entry] = sampleEntries("500000");
      const load = async (entries: readonly object[]) => {
        const buffer = Buffer.from(JSON.stringify({ entries }));
        await page.goto(`${consumer.url}/console/catalog`);
        await page.setInputFiles("#file", { name: "catalog.json", mimeType: "application/json", buffer });
        await page.check("input[name=asPublished]");
        await page.click("button[value=import]");
        return (await page.textContent("section[role=status]")) ?? "";
      };
      const faulty = await load([{ ...entry, theme: "T99" }]);
      expect(faulty).toContain("1 处错误");
      expect(faulty).toContain("T99");
      expect(await load([{ ...entry }])).toContain("等待另一名审批人确认");

      const desk = await signIn(await visitor(), consumer, await consumer.person("王确认", "approver"));
      await desk.goto(`${consumer.url}/console/catalog`);
      await desk.click("summary:has-text('确认导入')");
      await desk.click("details[open] button:has-text('确认')");
      await desk.waitForURL(/done=confirmed/);
      expect(await desk.textContent("h1")).toContain("已发布 1 条");
      await Promise.all([context.close(), desk.context().close()]);
    },
    WALK_MS,
  );

  it(
    "moves data under an agreement, and hands out exactly what arrived",
    async () => {
      const { consumer, provider, harness } = regions;
      const entry = mustSucceed(await harness.region(provider.id).node().catalog.get(FREE_ENTRY));
      const row = entry.fields.map(({ type }) => (type === "date" ? "2026-01-31" : type === "integer" ? "7" : "甲"));
      const lines = [entry.fields.map(({ name }) => name), row, row, row].map((cells) => `${cells.join(",")}\n`);
      const folder = mkdtempSync(join(tmpdir(), "heliu-console-"));
      const path = join(folder, "source.csv");
      writeFileSync(path, lines.join(""));
      const { sources } = harness.region(provider.id).node();
      const source = { kind: "csv", id: FREE_ENTRY, entryId: FREE_ENTRY, path } as const;
      mustSucceed(await sources.add(harness.region(provider.id).as("publisher"), source));

      const context = await visitor();
      const page = await signIn(context, consumer, await consumer.person("取数的人", "requester"));
      const address = await request(page, consumer, "取数", FREE_ENTRY);
      await expectAgreed(page, address);
      await page.click("a:has-text('查看协议')");
      await page.click("summary:has-text('开始传输')");
      await page.click("details[open] button:has-text('确认')");
      await page.waitForURL(/\/console\/transfers\//);
      // The open page renews its figures until the transfer is complete.
      await page.waitForSelector("#live:has-text('传输完成,双方摘要一致')");
      const [download] = await Promise.all([page.waitForEvent("download"), page.click("a:has-text('下载内容')")]);
      expect(readFileSync(await download.path(), "utf8")).toContain(row.join(","));
      expect(await page.textContent(".figures")).toContain("3");
      rmSync(folder, { recursive: true });
      await context.close();
    },
    WALK_MS,
  );

  it("never broke its own content security policy nor logged an error", () => {
    expect(complaints).toEqual([]);
    expect(regions.faults).toEqual([]);
  });
});

describe("the console without a browser", () => {
  type Sent = { readonly cookie?: string; readonly origin?: string };

  async function signedIn(role: Role = "requester"): Promise<string> {
    const { consumer } = regions;
    const token = await consumer.person(`程序 ${++programs}`, role);
    const answer = await post("/console/sign-in", { secret: token, next: "//evil.example/" });
    expect([answer.status, answer.headers.get("location")]).toEqual([303, "/console/"]);
    return answer.headers.get("set-cookie")?.split(";")[0] ?? "";
  }

  function post(path: string, form: Record<string, string>, { cookie = "", origin }: Sent = {}): Promise<Response> {
    const { url } = regions.consumer;
    const headers = { origin: origin ?? url, ...(cookie === "" ? {} : { cookie }) };
    return fetch(url + path, { method: "POST", headers, body: new URLSearchParams(form), redirect: "manual" });
  }

  it("refuses a form of another site, and one without the session's own token", async () => {
    const cookie = await signedIn();
    const ask = { purposes: "public-governance", fields: "reg_code" };
    const path = `/console/entries/510100/${ENTRY}/request`;
    const foreign = await post(path, ask, { cookie, origin: "https://evil.example" });
    expect([foreign.status, (await foreign.text()).includes("FOREIGN_FORM")]).toEqual([403, true]);
    const withoutToken = await post(path, ask, { cookie });
    expect(withoutToken.status).toBe(403);
    expect(await withoutToken.text()).toContain("FORM_TOKEN_INVALID");
  });

  it("sends whoever is not signed in to the sign-in page, and says why a token is not taken", async () => {
    const { url } = regions.consumer;
    const away = await fetch(`${url}/console/peers?x=1`, { redirect: "manual" });
    expect(away.headers.get("location")).toBe(`/console/sign-in?next=${encodeURIComponent("/console/peers?x=1")}`);
    const wrong = await post("/console/sign-in", { secret: "hlu_510100_x" });
    expect(wrong.status).toBe(401);
    expect(await wrong.text()).toMatch(/<p class="notice bad"[^>]*>.+<code>/s);
  });

  it("hands out a proof that needs nobody's word but the log's key", async () => {
    const { consumer, harness } = regions;
    const { audit, trust } = harness.region(consumer.id).node();
    await audit.sequenceNow();
    const cookie = await signedIn("auditor");
    const answer = await fetch(`${consumer.url}/console/audit/0/proof`, { headers: { cookie } });
    const { leaf, proof } = (await answer.json()) as { leaf: string; proof: string };
    const logKey = trust.current()?.list.regions.find(({ id }) => id === consumer.id)?.logKey ?? "";
    expect(verifyOffline(proof, Buffer.from(leaf), logKey, []).ok).toBe(true);
    expect(verifyOffline(proof, Buffer.from(leaf.replace("heliu", "Heliu")), logKey, []).ok).toBe(false);
  });

  it("answers with a strict policy, and names what may be done where a page is not for the reader", async () => {
    const { url } = regions.consumer;
    const cookie = await signedIn();
    const look = (path: string) => fetch(`${url}/console/${path}`, { headers: { cookie } });
    for (const path of ["what-if", "what-if/supplier", "payments"]) {
      const page = await look(path);
      expect([path, page.status, (await page.text()).includes("FINANCE_ONLY")]).toEqual([path, 403, true]);
    }
    const refused = await look("settlements");
    expect(refused.status).toBe(403);
    expect(await refused.text()).toContain("FINANCE_ONLY");
    // Of what is left for a reader, no way leads to a page that refuses.
    const outlook = await (await look("what-if/forecast")).text();
    expect(outlook).not.toMatch(/href="\/console\/(what-if(\/supplier)?|disclosure)["?]/);
    const policy = refused.headers.get("content-security-policy") ?? "";
    expect(policy).toContain("default-src 'none'");
    expect(policy).toContain("frame-ancestors 'none'");
    expect(policy).not.toContain("unsafe");
    const unknown = await fetch(`${url}/console/no/such/page`, { headers: { cookie } });
    expect([unknown.status, (await unknown.text()).includes("没有这个页面")]).toEqual([404, true]);
  });
});
