import { expect, it } from "vitest";
import { newRegion } from "../test/e2e/two-regions.ts";
import { leafHosts } from "./leaf-hosts.ts";

it("leaves out of a renewed leaf what the authority may not name, so that peers go on accepting it", async () => {
  const { entry } = await newRegion("510100");
  const rpc = ["127.0.0.1:1", "10.0.0.2:1", "b.r510100.heliu:1", "elsewhere.example:1"];
  expect(leafHosts({ ...entry, endpoints: { rpc, dsp: [] } })).toEqual(["127.0.0.1", "b.r510100.heliu"]);
});
