import { mkdirSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import chromium from "@sparticuz/chromium";
import { type Browser, chromium as playwright } from "playwright-core";

/** With the first one closed page ends the browser; the second hides faults in headers. */
const LEFT_OUT = ["--single-process", "--disable-web-security"];

/** A real Chromium from npm, with the Chinese fonts that the reports bring; the system needs none. */
export async function openBrowser(): Promise<Browser> {
  const fonts = join(dirname(createRequire(import.meta.url).resolve("@embedpdf/fonts-sc")), "..", "fonts");
  const folder = join(tmpdir(), "heliu-browser-fonts");
  mkdirSync(folder, { recursive: true });
  const file = join(folder, "fonts.conf");
  writeFileSync(
    file,
    `<?xml version="1.0"?><!DOCTYPE fontconfig SYSTEM "fonts.dtd">
<fontconfig><dir>${fonts}</dir><cachedir>${join(folder, "cache")}</cachedir></fontconfig>`,
  );
  return playwright.launch({
    executablePath: await chromium.executablePath(),
    args: chromium.args.filter((argument) => !LEFT_OUT.includes(argument)),
    env: { ...process.env, FONTCONFIG_FILE: file },
    headless: true,
  });
}
