import { expect, it } from "vitest";
import { runBuilt } from "./built-program.ts";

/** A short sample; `npm run soak -- kills` tries fifty and more. */
it("two regions end their story alike, wherever one of them is killed", { timeout: 300_000 }, async () => {
  const { code, out, told } = await runBuilt("soak/main.js", ["kills", "--n", "3", "--seed", "sample"]);
  expect(code, told).toBe(0);
  expect(JSON.parse(out)).toMatchObject({ verb: "kills", trials: 3, ok: true, failed: [] });
});
