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

/** A page by its address, or by the first link of another page that fits. */
const PAGES: readonly (readonly [name: string, path: string, link?: string])[] = [
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
  ["settlement", "/console/settlements", "tbody th a"],
  ["audit", "/console/audit"],
  ["leaf", "/console/audit", "tbody th a"],
  ["peers", "/console/peers"],
  ["rules", "/console/rules"],
  ["unknown", "/console/nothing-here"],
];

const browser = await openBrowser();
try {
  const contexts = await Promise.all(tokens.map(signIn));
  await take(await signedOut(), "sign-in", `${server}/console/sign-in`);
  for (const [name, path, link] of PAGES) {
    const page = await visible(contexts, path, link);
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

async function visible(contexts: readonly BrowserContext[], path: string, link?: string): Promise<Page | undefined> {
  for (const context of contexts) {
    const page = await context.newPage();
    const answer = await page.goto(server + path);
    const target = link === undefined ? null : await page.$(link);
    if (answer?.status() !== 403 && (link === undefined || target !== null)) {
      if (target !== null)
        await Promise.all([page.waitForURL((url) => url.pathname + url.search !== path), target.click()]);
      return page;
    }
    await page.close();
  }
  return undefined;
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
