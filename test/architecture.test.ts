import { readdirSync, readFileSync } from "node:fs";
import { dirname, join, relative } from "node:path";
import { describe, expect, it } from "vitest";

const root = join(import.meta.dirname, "..");
const IMPORT = /\bfrom\s+"([^"]+)"|^import\s+"([^"]+)"|\bimport\("([^"]+)"\)/gm;

/** Which rooms of `node/` a room may import from, besides itself and `kernel`. Source: docs/architecture.md §2. */
const ROOMS: Record<string, readonly string[]> = {
  kernel: [],
  storage: [],
  audit: ["storage"],
  identity: ["storage", "audit"],
  rules: ["storage"],
  outbox: ["storage"],
  procedures: ["rules", "identity", "storage"],
  catalog: ["storage", "identity", "rules", "audit", "procedures"],
  federation: ["storage", "identity", "audit", "catalog"],
  search: ["storage", "catalog", "federation"],
  policy: ["catalog", "rules", "metering"],
  ledger: ["storage"],
  metering: ["storage", "identity", "ledger", "audit"],
  negotiation: ["storage", "identity", "rules", "audit", "procedures", "outbox", "catalog", "policy"],
  transfer: ["storage", "identity", "rules", "audit", "outbox", "catalog", "policy", "negotiation", "metering"],
  settlement: [
    "storage",
    "identity",
    "rules",
    "audit",
    "procedures",
    "outbox",
    "policy",
    "negotiation",
    "metering",
    "ledger",
  ],
  evidence: ["storage", "identity", "rules", "audit", "catalog", "policy", "negotiation", "metering", "settlement"],
  payments: ["storage", "identity", "rules", "audit", "outbox", "ledger", "settlement"],
  events: ["storage", "identity", "audit", "catalog", "negotiation", "metering", "ledger", "settlement"],
  objections: ["storage", "identity", "rules", "audit", "procedures", "outbox", "negotiation", "metering", "transfer"],
  restore: ["storage", "identity", "audit", "catalog", "federation", "policy", "negotiation", "metering", "settlement"],
};

const DOMAIN = Object.keys(ROOMS).filter((room) => room !== "kernel" && room !== "storage");
/** The only domain files that may reach outside the process, and why. */
const EDGES = [
  /^node\/transfer\/(sources|sinks)\//, // files and tables are what sources and sinks are
  /^node\/identity\/(password|certificate)\.ts$/, // scrypt; X.509 parsing
  /^node\/search\//, // derived data: its own Level store and a native segmenter
];
const STORE_IMPLEMENTATION = /^node\/storage\/(level|postgres|memory)\.ts$/;

type Source = { readonly file: string; readonly imports: readonly string[] };

const sources: Source[] = ["certs", "gateway", "node", "scripts", "test"].flatMap((folder) =>
  readdirSync(join(root, folder), { recursive: true, encoding: "utf8" })
    .filter((name) => /\.tsx?$/.test(name) && !name.includes("generated"))
    .map((name) => ({ file: join(folder, name), imports: importsOf(join(folder, name)) })),
);
const production = sources.filter(({ file }) => !isTest(file));

function importsOf(file: string): string[] {
  const matches = readFileSync(join(root, file), "utf8").matchAll(IMPORT);
  const targets = [...matches].map(([, from, bare, dynamic]) => from ?? bare ?? dynamic ?? "");
  return targets.map((target) => (target.startsWith(".") ? join(dirname(file), target) : target));
}

function isTest(file: string): boolean {
  return /\.test\.tsx?$/.test(file) || file.startsWith("test/") || /\/testing\//.test(file);
}

const roomOf = (file: string): string | undefined => /^node\/([a-z]+)\//.exec(file)?.[1];

/** `file → import` for every import of the chosen files that `isBad` names. */
function breaches(files: readonly Source[], isBad: (target: string, file: string) => boolean): string[] {
  return files.flatMap(({ file, imports }) => imports.filter((t) => isBad(t, file)).map((t) => `${file} → ${t}`));
}

describe("the house", () => {
  it("has only the rooms of its plan", () => {
    const rooms = new Set(production.map(({ file }) => roomOf(file)).filter((room) => room !== undefined));
    expect([...rooms].filter((room) => room !== "rpc" && !(room in ROOMS))).toEqual([]);
  });

  it.each(Object.entries(ROOMS))("lets %s import only what its door opens to", (room, allowed) => {
    const open = new Set([room, "kernel", ...allowed]);
    const files = production.filter(({ file }) => roomOf(file) === room);
    const bad = breaches(files, (target) => {
      const other = roomOf(target);
      if (target.startsWith("gateway/") || target.startsWith("scripts/")) return true;
      if (target.startsWith("certs/")) return room !== "identity";
      return other !== undefined && !open.has(other);
    });
    expect(bad).toEqual([]);
  });

  it("keeps I/O out of the domain", () => {
    const files = production.filter(
      ({ file }) => DOMAIN.includes(roomOf(file) ?? "") && !EDGES.some((edge) => edge.test(file)),
    );
    const outside = /^(node:|pg$|level$|classic-level$|@?hono|@grpc\/)/;
    expect(breaches(files, (target) => outside.test(target))).toEqual([]);
  });

  it("keeps machines pure: a life cycle knows its own words and the kernel", () => {
    const files = production.filter(({ file }) => /\/machine\.ts$/.test(file));
    const bad = breaches(
      files,
      (target, file) => !target.startsWith("node/kernel/") && dirname(target) !== dirname(file),
    );
    expect(bad).toEqual([]);
  });

  it("names concrete stores only where a node is composed", () => {
    const free = /^(node\/(compose|storage\/|search\/)|scripts\/|gateway\/(witness\/)?main\.ts)/;
    const files = production.filter(({ file }) => !free.test(file));
    expect(breaches(files, (target) => STORE_IMPLEMENTATION.test(target))).toEqual([]);
  });

  it("lets only compose and the programs above it import compose", () => {
    const above = /^(gateway\/main\.ts|node\/main\.ts|scripts\/|test\/)/;
    const files = production.filter(({ file }) => !above.test(file));
    expect(breaches(files, (target) => target === "node/compose.ts")).toEqual([]);
  });

  it("keeps transports apart: HTTP knows no gRPC, gRPC knows no HTTP", () => {
    const http = production.filter(({ file }) => file.startsWith("gateway/") && file !== "gateway/main.ts");
    const grpc = production.filter(({ file }) => file.startsWith("node/rpc/"));
    expect(breaches(http, (target) => /^(@grpc\/|node\/rpc\/(?!tls-(front|handshake)\.ts))/.test(target))).toEqual([]);
    expect(breaches(grpc, (target) => /^(@?hono|gateway\/)/.test(target))).toEqual([]);
  });

  it("keeps certs for the kernel's words only", () => {
    const files = production.filter(({ file }) => file.startsWith("certs/"));
    const bad = breaches(files, (t) => t.startsWith("node/") && !/^node\/(kernel|identity\/model)/.test(t));
    expect(bad.filter((line) => !/node\/identity\//.test(line))).toEqual([]);
  });

  it("has no cycle between files", () => {
    const graph = new Map(production.map(({ file, imports }) => [file, imports.filter((t) => /\.tsx?$/.test(t))]));
    expect(findCycle(graph)).toEqual([]);
  });

  it("has no room without a noun and no file over 400 lines", () => {
    const nameless = /(^|\/)(utils?|helpers?|common|misc|index)(\/|\.tsx?$)/;
    expect(sources.map(({ file }) => file).filter((file) => nameless.test(file))).toEqual([]);
    const long = sources.filter(({ file }) => readFileSync(join(root, file), "utf8").split("\n").length > 401);
    expect(long.map(({ file }) => relative(".", file))).toEqual([]);
  });
});

function findCycle(graph: ReadonlyMap<string, readonly string[]>): string[] {
  const done = new Set<string>();
  const walk = (file: string, path: readonly string[]): string[] => {
    const at = path.indexOf(file);
    if (at !== -1) return [...path.slice(at), file];
    if (done.has(file)) return [];
    for (const next of graph.get(file) ?? []) {
      const cycle = walk(next, [...path, file]);
      if (cycle.length > 0) return cycle;
    }
    done.add(file);
    return [];
  };
  for (const file of graph.keys()) {
    const cycle = walk(file, []);
    if (cycle.length > 0) return cycle;
  }
  return [];
}
