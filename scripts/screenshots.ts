// Pictures of every page of a running console, for people to look at:
//   tsx scripts/screenshots.ts <folder> <server> <token>… [--language en]
// Each token is signed in once; a page is taken with the first token whose roles may see it.
import { mkdirSync } from "node:fs";
import { join } from "node:path";
import { parseArgs } from "node:util";
import type { BrowserContext, Page } from "playwright-core";
import { openBrowser } from "./browser.ts";

const { positionals, values } = parseArgs({ allowPositionals: true, options: { language: { type: "string" } } });
const [folder = "", server = "", ...tokens] = positionals;
if (folder === "" || server === "" || tokens.length === 0) {
  console.error("tsx scripts/screenshots.ts <folder> <server> <token>… [--language en]");
  process.exit(2);
}
mkdirSync(folder, { recursive: true });

const PERIOD = ["/console/settlements", "#periods tbody th a"] as const;
const STATEMENT = [...PERIOD, "td.keep a"] as const;

/** A page by its address, or by following from another page the first link that fits, and from there the next. */
const PAGES: readonly (readonly [name: string, path: string, ...links: string[]])[] = [
  ["overview", "/console/"],
  ["search", "/console/search?q=%E7%94%B5%E6%A2%AF"],
  ["search-empty", "/console/search?q=%E4%B8%8D%E5%AD%98%E5%9C%A8xyzzy"],
  ["entry", "/console/search?q=%E7%94%B5%E6%A2%AF", ".hit-list h3 a"],
  ["catalog", "/console/catalog"],
  ["own-entry", "/console/catalog", "tbody th a"],
  ["negotiations", "/console/negotiations"],
  ["negotiation", "/console/negotiations", "tbody th a"],
  ["agreements", "/console/agreements"],
  ["agreement", "/console/agreements", "tbody th a"],
  ["transfers", "/console/transfers"],
  ["transfer", "/console/transfers", "tbody th a"],
  ["settlements", "/console/settlements"],
  ["settlement", ...PERIOD],
  ["close", "/console/settlements/close"],
  ["statement", ...STATEMENT],
  ["statement-receipts", ...STATEMENT, "#lines a"],
  ["receipt", ...STATEMENT, "#lines a", "tbody th a"],
  ["dispute-form", ...STATEMENT, "a[href$='/dispute']"],
  ["disputes", "/console/settlements/disputes"],
  ["dispute", "/console/settlements/disputes", "tbody th a"],
  ["netting", ...PERIOD, "a[href$='/net']"],
  ["payments", "/console/payments"],
  ["payment-import", "/console/payments/import"],
  ["accounts", "/console/payments/accounts"],
  ["what-if", "/console/what-if"],
  ["supplier", "/console/what-if/supplier"],
  ["forecast", "/console/what-if/forecast"],
  ["disclosure", "/console/disclosure"],
  ["objections", "/console/objections"],
  ["objection", "/console/objections", "tbody th a"],
  ["objection-form", "/console/objections/new"],
  ["audit", "/console/audit"],
  ["leaf", "/console/audit", "tbody th a"],
  ["case", "/console/agreements", "tbody th a", "a[href*='/console/audit?agreement=']", "a[href*='/console/cases/']"],
  ["sample", "/console/sample?n=20"],
  ["peers", "/console/peers"],
  ["users", "/console/users"],
  ["sources", "/console/sources"],
  ["rules", "/console/rules"],
  ["unknown", "/console/nothing-here"],
];

const browser = await openBrowser();
try {
  const contexts = await Promise.all(tokens.map(signIn));
  await take(await signedOut(), "sign-in", `${server}/console/sign-in`);
  for (const [name, path, ...links] of PAGES) {
    const page = await visible(contexts, path, links);
    if (page === undefined) console.error(`${name}: no token may see it, or nothing is there yet`);
    else await save(page, name);
  }
} finally {
  await browser.close();
}

function signedOut(): Promise<BrowserContext> {
  const locale = values.language === "en" ? "en-GB" : "zh-CN";
  return browser.newContext({ viewport: { width: 1280, height: 800 }, locale });
}

async function signIn(token: string): Promise<BrowserContext> {
  const context = await signedOut();
  const page = await context.newPage();
  await page.goto(`${server}/console/sign-in`);
  await page.fill("#token", token);
  await page.click("form:has(#token) button");
  await page.waitForURL(`${server}/console/`);
  await page.close();
  return context;
}

async function visible(
  contexts: readonly BrowserContext[],
  path: string,
  links: readonly string[],
): Promise<Page | undefined> {
  for (const context of contexts) {
    const page = await context.newPage();
    const answer = await page.goto(server + path);
    if (answer?.status() !== 403 && (await follow(page, links))) return page;
    await page.close();
  }
  return undefined;
}

async function follow(page: Page, links: readonly string[]): Promise<boolean> {
  for (const link of links) {
    const target = await page.$(link);
    if (target === null) return false;
    const before = page.url();
    await Promise.all([page.waitForURL((url) => url.href !== before), target.click()]);
  }
  return true;
}

async function take(context: BrowserContext, name: string, url: string): Promise<void> {
  const page = await context.newPage();
  await page.goto(url);
  await save(page, name);
}

async function save(page: Page, name: string): Promise<void> {
  await page.waitForLoadState("networkidle");
  await page.screenshot({ path: join(folder, `${name}.png`) });
  await page.screenshot({ path: join(folder, `${name}-full.png`), fullPage: true });
  console.log(`${name} ${page.url()}`);
  await page.close();
}
