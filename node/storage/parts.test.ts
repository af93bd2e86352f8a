import { expect, it, vi } from "vitest";
import { ok } from "../kernel/exchange-error.ts";
import { collection } from "./collection.ts";
import { openMemoryStore } from "./memory.ts";
import { parts, transact } from "./transact.ts";

const places = collection<string>("parts-test");

it("names each value of a part once, by one look at each", async () => {
  const store = openMemoryStore();
  await transact(store, [], (tx) => {
    for (const first of ["a", "a/b", "a%", "b"]) for (const second of [1, 2, 300]) tx.put(places.at(first, second), "");
    tx.put(places.at("c"), "");
    return ok(true);
  });
  const looks = vi.spyOn(store, "range");
  const found = async (...id: string[]) => {
    const values: string[] = [];
    for await (const part of parts(store, places, id)) values.push(part);
    return values;
  };
  // In the order of the keys, in which "%" and "/" are escaped.
  expect(await found()).toEqual(["a%", "a/b", "a", "b", "c"]);
  expect(looks).toHaveBeenCalledTimes(6);
  expect(await found("a/b")).toHaveLength(3);
  expect(await found("nothing")).toEqual([]);
});
