import type { Browser, BrowserContext, Page } from "playwright-core";
import { expect } from "vitest";
import type { ConsoleRegion } from "./console-regions.ts";

export type Visitors = {
  readonly visitor: (options?: { readonly javaScriptEnabled?: boolean }) => Promise<BrowserContext>;
  /** Everything a browser complained about in any page. */
  readonly complaints: readonly string[];
};

/** People before a screen: each visitor is a browser of its own, and whatever one complains about is kept. */
export function visitorsOf(browser: () => Browser): Visitors {
  const complaints: string[] = [];
  return {
    complaints,
    async visitor(options = {}) {
      const context = await browser().newContext({
        ...{ viewport: { width: 1280, height: 800 }, locale: "zh-CN", ...options },
      });
      context.on("console", (message) => {
        // A refusal that a test provokes is an answer with its status, which Chromium also notes here.
        if (message.type() === "error" && !/status of 4\d\d/.test(message.text())) complaints.push(message.text());
      });
      context.on("weberror", (fault) => complaints.push(fault.error().message));
      return context;
    },
  };
}

export async function signIn(context: BrowserContext, { url }: ConsoleRegion, token: string): Promise<Page> {
  const page = await context.newPage();
  await page.goto(`${url}/console/`);
  expect(new URL(page.url()).pathname).toBe("/console/sign-in");
  await page.fill("#token", token);
  await page.click("form:has(#token) button");
  await page.waitForURL(`${url}/console/`);
  return page;
}

/** Looks until the page says so; the other region's answer comes when it comes. */
export async function expectSoon(look: () => Promise<boolean>): Promise<void> {
  while (!(await look()));
}
