import { readFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, expect, it } from "vitest";
import type { Task } from "../../gateway/tasks.ts";
import { type OneNode, startOneNode } from "./one-node.ts";

const chengdu = JSON.parse(readFileSync(join(import.meta.dirname, "../../data/catalog-chengdu.json"), "utf8")) as {
  readonly entries: readonly { readonly id: string }[];
};

let one: OneNode;
beforeAll(async () => {
  one = await startOneNode();
});
afterAll(() => one.stop());

type Role = keyof OneNode["tokens"];

async function post(role: Role, path: string, body: object) {
  const headers = { authorization: `Bearer ${one.tokens[role]}`, "content-type": "application/json" };
  const answer = await one.request(`/api/v1${path}`, { method: "POST", headers, body: JSON.stringify(body) });
  expect(answer.status).toBeLessThan(300);
}

async function tasksOf(role: Role): Promise<readonly string[][]> {
  const headers = { authorization: `Bearer ${one.tokens[role]}` };
  const { items } = (await (await one.request("/api/v1/tasks", { headers })).json()) as { items: readonly Task[] };
  return items.map(({ kind, title, href }) => [kind, title.zh, href]);
}

it("asks an approver for entries handed in, and a publisher for those sent back", async () => {
  expect(await tasksOf("approver")).toEqual([]);
  const entries = chengdu.entries.filter(({ id }) => id === "cd-scjg-0001" || id === "cd-scjg-0003");
  await post("publisher", "/catalog/import", { ...chengdu, entries });
  const toReview = ["entries", "目录条目待审核:2 条", "/console/catalog?status=reviewing"];
  expect(await tasksOf("approver")).toEqual([toReview]);
  expect(await tasksOf("publisher")).toEqual([]);

  await post("approver", "/catalog/entries/cd-scjg-0001/return", { reason: "摘要不清" });
  expect(await tasksOf("publisher")).toEqual([["entries", "目录条目被退回:1 条", "/console/catalog?status=draft"]]);
  await post("approver", "/catalog/entries/cd-scjg-0003/publish", {});
  expect(await tasksOf("approver")).toEqual([]);
});
