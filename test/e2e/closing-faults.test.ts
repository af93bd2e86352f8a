import { expect, it } from "vitest";
import { runBuilt } from "./built-program.ts";

/**
 * A short sample of kills and disk errors at the commits of a closing. `npm run soak -- closing --by syscall` tries every write,
 * fsync, fdatasync and rename of it, for which it needs a C compiler.
 */
it("two regions close a period alike, wherever a commit of it fails", { timeout: 600_000 }, async () => {
  const { code, out, told } = await runBuilt("soak/main.js", [
    "closing",
    "--faults",
    "24",
    "--each",
    "2",
    "--seed",
    "1",
  ]);
  expect(code, told).toBe(0);
  const report = JSON.parse(out) as { readonly hits: { readonly [place: string]: number }; readonly missed: number };
  expect(report).toMatchObject({ verb: "closing", trials: 12, ok: true, failed: [], digests: [expect.any(String)] });
  // How many commits a closing makes differs with the machine's haste, so a place late in it may not come; most do, and so do
  // most of the second faults, which hit what was started after the first.
  expect(report.missed).toBeLessThanOrEqual(3);
  expect(Object.values(report.hits).reduce((sum, count) => sum + count, 0)).toBeGreaterThan(12);
  expect(Object.keys(report.hits).some((place) => place.endsWith(" error"))).toBe(true);
});
