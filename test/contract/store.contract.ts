import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { collection } from "../../node/storage/collection.ts";
import type { Decision, Found, Key, Snapshot, Store } from "../../node/storage/port.ts";
import { list, page, read, transact } from "../../node/storage/transact.ts";

/** A store of an implementation, and what only that implementation can do below the port. */
export type OpenedStore = {
  readonly store: Store;
  /** Closes the store and opens it again on the same data. */
  readonly reopen: () => Promise<Store>;
  /** Changes one byte of a stored value below the store, then opens it again. */
  readonly rot: (key: Key) => Promise<Store>;
  /** Removes the data. */
  readonly dispose: () => Promise<void>;
};

const bytes = (text: string) => Buffer.from(text, "utf8");
const text = (value: Uint8Array | undefined) => (value === undefined ? undefined : Buffer.from(value).toString("utf8"));

function writes(put: Record<Key, string>, remove: readonly Key[] = []): () => Decision<undefined> {
  return () => ({
    put: new Map(Object.entries(put).map(([key, value]) => [key, bytes(value)])),
    remove: new Set(remove),
    result: undefined,
  });
}

function addOne(key: Key): (found: Found) => Decision<number> {
  return (found) => {
    const next = Number(text(found.get(key)) ?? "0") + 1;
    return { put: new Map([[key, bytes(String(next))]]), remove: new Set(), result: next };
  };
}

async function keysOf(store: Store, range: Parameters<Store["range"]>[0], at?: Snapshot): Promise<Key[]> {
  const keys: Key[] = [];
  for await (const [key] of store.range(range, at)) keys.push(key);
  return keys;
}

const EVERYTHING = { from: "", to: "\u{10ffff}" } as const;
/** In the order of their UTF-8 bytes; UTF-16 would put the two characters beyond the basic plane before U+FF5E. */
const IN_BYTE_ORDER = ["A", "B", "a", "a\u0000", "a/1", "ab", "ä", "乡", "合", "～", "😀", "𠀀"] as const;

/** What every Store promises. `open` hands out an empty store each time. */
export function describeStore(name: string, open: () => Promise<OpenedStore>): void {
  describe(`Store on ${name}`, () => {
    let opened: OpenedStore;
    let store: Store;
    beforeEach(async () => {
      opened = await open();
      store = opened.store;
    });
    afterEach(async () => {
      await store.close();
      await opened.dispose();
    });

    describeCommit(() => store);
    describeRange(() => store);
    describeSnapshotAndWatch(() => store);

    it("keeps what was committed when it is closed and opened again", async () => {
      await store.commit([], writes({ a: "1", b: "2" }));
      store = await opened.reopen();
      expect(await keysOf(store, EVERYTHING)).toEqual(["a", "b"]);
      expect(await store.commit(["n"], addOne("n"))).toBe(1);
    });

    it("finishes the commits under way when it is closed, and takes no others", async () => {
      const underWay = Promise.all(Array.from({ length: 8 }, () => store.commit(["n"], addOne("n"))));
      const closing = store.close();
      await expect(store.commit([], writes({ late: "1" }))).rejects.toMatchObject({ code: "STORE_CLOSED" });
      await closing;
      expect(await underWay).toEqual([1, 2, 3, 4, 5, 6, 7, 8]);
      await expect(store.get("n")).rejects.toMatchObject({ code: "STORE_CLOSED" });
      store = await opened.reopen();
      expect(text(await store.get("n"))).toBe("8");
      expect(await store.get("late")).toBeUndefined();
    });

    it("finds out a value of which one byte was changed, wherever it is read, and stops nobody else", async () => {
      await store.commit([], writes({ rotten: "sound", well: "sound" }));
      store = await opened.rot("rotten");
      const corrupt = { name: "StoreFault", code: "STORE_CORRUPT" };
      await expect(store.get("rotten")).rejects.toMatchObject(corrupt);
      await expect(keysOf(store, EVERYTHING)).rejects.toMatchObject(corrupt);
      const [inRotten, inWell] = await Promise.allSettled([
        store.commit(["rotten"], addOne("m")),
        store.commit(["well"], writes({ well: "still" })),
      ]);
      expect(inRotten).toMatchObject({ status: "rejected", reason: corrupt });
      expect(inWell.status).toBe("fulfilled");
      expect(text(await store.get("well"))).toBe("still");
      expect(await store.get("m")).toBeUndefined();
    });
  });
}

function describeCommit(current: () => Store): void {
  it("writes and removes all of a commit", async () => {
    const store = current();
    await store.commit([], writes({ a: "1", b: "2" }));
    await store.commit([], writes({ c: "3", a: "4" }, ["b"]));
    expect(await Promise.all(["a", "b", "c"].map(async (key) => text(await store.get(key))))).toEqual([
      "4",
      undefined,
      "3",
    ]);
  });

  it("loses no update when 64 deciders meet on one record", async () => {
    const store = current();
    const results = await Promise.all(Array.from({ length: 64 }, () => store.commit(["head"], addOne("head"))));
    expect(results.toSorted((a, b) => a - b)).toEqual(Array.from({ length: 64 }, (_, i) => i + 1));
    expect(text(await store.get("head"))).toBe("64");
  });

  it("lets a decider see what an earlier one removed and wrote", async () => {
    const store = current();
    await store.commit([], writes({ gone: "1" }));
    const [, seen] = await Promise.all([
      store.commit([], writes({ come: "2" }, ["gone"])),
      store.commit(["gone", "come"], (found) => ({
        put: new Map(),
        remove: new Set(),
        result: [text(found.get("gone")), text(found.get("come"))],
      })),
    ]);
    expect(seen).toEqual([undefined, "2"]);
  });

  it("writes nothing of a decider that throws, and disturbs no neighbour", async () => {
    const store = current();
    const boom = new Error("boom");
    const outcomes = await Promise.allSettled([
      store.commit(["n"], addOne("n")),
      store.commit(["n"], (found) => {
        addOne("n")(found);
        throw boom;
      }),
      store.commit(["n"], addOne("n")),
      store.commit([], () => ({
        put: new Map([
          ["ok", bytes("1")],
          ["\ud800", bytes("2")],
        ]),
        remove: new Set(),
        result: 0,
      })),
    ]);
    expect(outcomes).toMatchObject([
      { value: 1 },
      { status: "rejected", reason: boom },
      { value: 2 },
      { status: "rejected", reason: { name: "TypeError" } },
    ]);
    expect(await keysOf(store, EVERYTHING)).toEqual(["n"]);
  });

  it("lets a decider read only what the commit asked for", async () => {
    await expect(current().commit(["a"], addOne("b"))).rejects.toThrow("did not ask for");
  });

  it("answers a commit that writes nothing", async () => {
    const nothing = () => ({ put: new Map(), remove: new Set<Key>(), result: "seen" });
    expect(await current().commit(["a"], nothing)).toBe("seen");
  });

  it("keeps every byte of a value, an empty one too", async () => {
    const store = current();
    const everyByte = Uint8Array.from({ length: 256 }, (_, i) => i);
    const put = new Map([
      ["all", everyByte],
      ["none", new Uint8Array()],
    ]);
    await store.commit([], () => ({ put, remove: new Set<Key>(), result: 0 }));
    expect(Uint8Array.from((await store.get("all")) ?? [])).toEqual(everyByte);
    expect((await store.get("none"))?.length).toBe(0);
  });

  it("takes a commit of 10,000 records, whole", async () => {
    const store = current();
    const many = Array.from({ length: 10_000 }, (_, i) => `k/${String(i).padStart(5, "0")}`);
    await store.commit(many, writes(Object.fromEntries(many.map((key) => [key, key]))));
    const sum = await store.commit(many, (found) => ({
      put: new Map(),
      remove: new Set(many),
      result: many.filter((key) => text(found.get(key)) === key).length,
    }));
    expect(sum).toBe(10_000);
    expect(await keysOf(store, EVERYTHING)).toEqual([]);
  });
}

function describeRange(current: () => Store): void {
  it("gives the same in pages", async () => {
    const store = current();
    const put = new Map(
      Array.from({ length: 1_203 }, (_, i) => [`p/${String(i).padStart(5, "0")}`, Buffer.of(i & 255)]),
    );
    await store.commit([], () => ({ put, remove: new Set(), result: undefined }));
    for (const range of [
      { from: "p/", to: "p0" },
      { from: "p/00700", to: "p/01150", reverse: true, limit: 333 },
    ]) {
      const one: unknown[] = [];
      for await (const entry of store.range(range)) one.push(entry);
      const paged: unknown[] = [];
      for await (const page of store.pages(range)) paged.push(...page);
      expect(paged).toEqual(one);
      expect(one.length).toBeGreaterThan(300);
    }
  });

  it("ranges in byte order, in both directions, within its bounds and its limit", async () => {
    const store = current();
    const shuffled = IN_BYTE_ORDER.toSorted((a, b) => a.length - b.length || (a < b ? 1 : -1));
    await store.commit([], writes(Object.fromEntries(shuffled.map((key) => [key, key]))));
    expect(await keysOf(store, EVERYTHING)).toEqual(IN_BYTE_ORDER);
    expect(await keysOf(store, { ...EVERYTHING, reverse: true })).toEqual(IN_BYTE_ORDER.toReversed());
    expect(await keysOf(store, { from: "a", to: "～" })).toEqual(IN_BYTE_ORDER.slice(2, 9));
    expect(await keysOf(store, { from: "a", to: "～", limit: 2 })).toEqual(["a", "a\u0000"]);
    expect(await keysOf(store, { from: "a", to: "～", limit: 2, reverse: true })).toEqual(["合", "乡"]);
    expect(await keysOf(store, { ...EVERYTHING, limit: 0 })).toEqual([]);
    expect(await keysOf(store, { from: "b", to: "a" })).toEqual([]);
  });

  it("keeps records with awkward ids apart, and pages them strictly after the cursor", async () => {
    const store = current();
    const things = collection<string>("thing");
    const ids = ["", "a", "a/b", "a%2fb", "a\u0000", "%", "/", "\n", "100", "合流", "😀"];
    for (const id of ids) {
      const put = things.at("p", id);
      await transact(store, [], (tx) => ({ ok: true, value: tx.put(put, id) }));
    }
    await store.commit([], writes({ "thing2/p/x": '"other"', "thing/p2/x": '"other"' }));
    for (const id of ids) expect(await read(store, things.at("p", id))).toBe(id);
    const all = await page(store, things, ["p"], {});
    expect(all.toSorted()).toEqual(ids.toSorted());
    for (const reverse of [false, true]) {
      const paged: string[] = [];
      for (let next: string[] = await page(store, things, ["p"], { limit: 3, reverse }); next.length > 0; ) {
        paged.push(...next);
        next = await page(store, things, ["p"], { limit: 3, reverse, after: ["p", paged.at(-1) ?? ""] });
      }
      expect(paged).toEqual(reverse ? all.toReversed() : all);
    }
  });

  it("orders numbers in keys as numbers", async () => {
    const store = current();
    const events = collection<number>("event");
    for (const n of [10, 9, 100, 2 ** 40, 0]) {
      await transact(store, [], (tx) => ({ ok: true, value: tx.put(events.at(n), n) }));
    }
    expect(await page(store, events, [], {})).toEqual([0, 9, 10, 100, 2 ** 40]);
    expect(await page(store, events, [], { after: [10n], limit: 1 })).toEqual([100]);
  });

  it("scans the state in which the scan began", async () => {
    const store = current();
    const keys = Array.from({ length: 3_000 }, (_, i) => `s/${String(i).padStart(4, "0")}`);
    await store.commit([], writes(Object.fromEntries(keys.map((key) => [key, "1"]))));
    let seen = 0;
    for await (const _ of store.range({ from: "s/", to: "s0" })) {
      seen += 1;
      if (seen === 1) await store.commit([], writes({ "s/9999": "2" }, [keys.at(-1) ?? ""]));
    }
    expect(seen).toBe(3_000);
  });

  it("lets a reader leave a scan early", async () => {
    const store = current();
    await store.commit([], writes({ a: "1", b: "2", c: "3" }));
    for await (const [key] of store.range(EVERYTHING)) if (key === "b") break;
    expect(text(await store.get("c"))).toBe("3");
  });
}

function describeSnapshotAndWatch(current: () => Store): void {
  it("shows a snapshot as it was taken, whatever is committed later", async () => {
    const store = current();
    const things = collection<string>("thing");
    await store.commit([], writes({ a: "1", b: "2", "thing/x": '"old"' }));
    const snapshot = await store.snapshot();
    await store.commit([], writes({ a: "3", c: "4", "thing/x": '"new"' }, ["b"]));
    const second = await store.snapshot();
    expect([text(await store.get("a", snapshot)), text(await store.get("b", snapshot))]).toEqual(["1", "2"]);
    expect(await keysOf(store, { from: "a", to: "d" }, snapshot)).toEqual(["a", "b"]);
    expect(await keysOf(store, { from: "a", to: "d" }, second)).toEqual(["a", "c"]);
    expect(await keysOf(store, { from: "a", to: "d" })).toEqual(["a", "c"]);
    expect(await read(store, things.at("x"), snapshot)).toBe("old");
    for await (const old of list(store, things, [], {}, snapshot)) expect(old).toBe("old");
    await snapshot.close();
    await second.close();
    await expect(store.get("a", snapshot)).rejects.toThrow("snapshot is closed");
  });

  it("wakes the watcher of a touched prefix after the commit is there, and no other", async () => {
    const store = current();
    const seen: string[] = [];
    const woken = new Promise<void>((resolve) => {
      store.watch("a/", () => {
        store.get("a/1").then((value) => {
          seen.push(`a=${text(value)}`);
          resolve();
        }, resolve);
      });
    });
    store.watch("b/", () => seen.push("b"));
    const unsubscribe = store.watch("a/", () => seen.push("unsubscribed"));
    unsubscribe();
    await store.commit([], writes({ "a/1": "1" }));
    await woken;
    expect(seen[0]).toBe("a=1");
    expect(new Set(seen)).toEqual(new Set(["a=1"]));
  });

  it("wakes a watcher when a record is removed", async () => {
    const store = current();
    await store.commit([], writes({ "a/1": "1" }));
    const woken = new Promise<void>((resolve) => store.watch("a/", resolve));
    await store.commit([], writes({}, ["a/1"]));
    await woken;
    expect(await store.get("a/1")).toBeUndefined();
  });
}
