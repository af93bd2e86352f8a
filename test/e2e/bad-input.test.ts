import { type ChildProcess, spawn } from "node:child_process";
import { cpSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { type AddressInfo, createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Level } from "level";
import { afterAll, beforeAll, describe, expect, it, vi } from "vitest";
import { appendLeaf, appendLeafRefs } from "../../node/audit/store.ts";
import { loadConfig } from "../../node/config.ts";
import { createIdentity } from "../../node/identity/service.ts";
import { mustSucceed } from "../../node/kernel/exchange-error.ts";
import { systemRuntime } from "../../node/kernel/runtime.ts";
import { openLevelStore } from "../../node/storage/level.ts";
import { initialiseNode } from "../../scripts/cli/initialise.ts";
import { runCli } from "../../scripts/cli/run.ts";
// biome-ignore lint/correctness/useImportExtensions: it is JavaScript, since the build runs it before anything is built.
import { nodeTooOld } from "../../scripts/node-version.mjs";
import { startOneNode } from "./one-node.ts";

const MAIN = join(import.meta.dirname, "../../scripts/cli/main.ts");
const PACKAGE = join(import.meta.dirname, "../../package.json");
const ANY_PORT = { HELIU_HTTP_PORT: "0", HELIU_RPC_PORT: "0", HELIU_DSP_PORT: "0" };

let root: string;
let token: string;
beforeAll(async () => {
  root = mkdtempSync(join(tmpdir(), "heliu-bad-"));
  const region = { id: "510100", name: "成都市" };
  token = (
    await initialiseNode({ dir: join(root, "fresh"), region, nodeName: "main", ports: { http: 0, rpc: 0, dsp: 0 } })
  ).token;
});
afterAll(() => rmSync(root, { recursive: true, force: true }));

/** A copy of the fresh node's folder, for one test to ruin. */
function folder(name: string): string {
  const dir = join(root, name);
  cpSync(join(root, "fresh"), dir, { recursive: true });
  return dir;
}

type Ended = { readonly code: number | null; readonly out: string; readonly err: readonly string[] };

/** A command as the entry runs it, in this process: a process for each would take longer than all the rest. */
async function heliu(args: readonly string[], environment: { [name: string]: string } = {}): Promise<Ended> {
  const before = { ...process.env };
  process.env = cleanEnvironment({ HELIU_LOG_LEVEL: "silent", ...environment });
  let [out, err] = ["", ""];
  const spies = [
    vi.spyOn(process.stdout, "write").mockImplementation((text) => {
      out += text;
      return true;
    }),
    vi.spyOn(process.stderr, "write").mockImplementation((text) => {
      err += text;
      return true;
    }),
  ];
  try {
    const code = await runCli(args);
    return { code, out, err: linesOf(err) };
  } finally {
    for (const spy of spies) spy.mockRestore();
    process.env = before;
  }
}

const linesOf = (text: string): string[] => text.split("\n").filter((line) => line !== "");

function cleanEnvironment(more: { [name: string]: string }): NodeJS.ProcessEnv {
  const kept = Object.entries(process.env).filter(([name]) => !/^(HELIU_|LANG$|LC_)/.test(name));
  return { ...Object.fromEntries(kept), ...more };
}

function ended(child: ChildProcess): Promise<Ended> {
  let [out, err] = ["", ""];
  child.stdout?.on("data", (data) => {
    out += data;
  });
  child.stderr?.on("data", (data) => {
    err += data;
  });
  return new Promise((resolve) => {
    child.once("close", (code) => resolve({ code, out, err: linesOf(err) }));
  });
}

describe("a command that cannot be done", () => {
  it.each([
    [[], ["users", "lst"], 2, /没有命令 lst.*heliu users --help \[CLI_USAGE\]/],
    [["en"], ["users", "lst"], 2, /There is no command lst.*heliu users --help \[CLI_USAGE\]/],
    [[], ["init", "--name", "x"], 2, /--region <id>.*heliu init --help/],
    [[], ["catalog", "show", "x"], 2, /HELIU_TOKEN.*\[CLI_NO_TOKEN\]/],
    [
      ["en"],
      ["users", "list", "--token", "x", "--server", "http://127.0.0.1:1"],
      1,
      /Cannot reach.*\[CLI_UNREACHABLE\]/,
    ],
    [[], ["payments", "match", "P-1", "--due", "HE7=12.00"], 2, /--due .*HE7=12\.00.*\[CLI_USAGE\]/],
    [["en"], ["payments", "match", "P-1", "--due", "HE7"], 2, /--due is reference=amount in fen/],
    [
      [],
      ["settle", "recompute", "--bundle", PACKAGE, "--trust-list", PACKAGE],
      2,
      /package\.json 不是已签名的信任列表/,
    ],
    [[], ["objections", "close", "O", "--reopen", "--withdraw"], 2, /--reopen .*--withdraw.*\[CLI_USAGE\]/],
    [
      ["en"],
      ["objections", "open", "A", "--type", "quality", "--text", "x", "--transfer", "T", "--receipts", "1-2"],
      2,
      /--transfer or --receipts, not both/,
    ],
  ])("says so in one line %j %j and ends with %i", async ([language], args, code, line) => {
    const { code: was, err } = await heliu(args, language === undefined ? {} : { HELIU_LANG: language });
    expect(err).toHaveLength(1);
    expect(err[0]).toMatch(line);
    expect(was).toBe(code);
  });

  it("says it as JSON to a program", async () => {
    const { code, err } = await heliu(["users", "list", "--json"]);
    expect(code).toBe(2);
    expect(JSON.parse(err.join(""))).toMatchObject({ code: "CLI_NO_TOKEN" });
  });

  it("makes nothing of a node whose settings are wrong", async () => {
    const dir = join(root, "never");
    const { code, err } = await heliu(["init", "--region", "51", "--name", "x", "--dir", dir]);
    expect([code, err.length]).toEqual([2, 1]);
    expect(statSync(dir, { throwIfNoEntry: false })).toBeUndefined();
  });
});

describe("an old Node", () => {
  it("is told in one line what it lacks, before anything else is loaded", () => {
    expect(nodeTooOld("18.20.4", {})).toMatch(/^heliu: .*需要 Node ≥ 20\.19.*18\.20\.4.*\[NODE_TOO_OLD\]$/);
    expect(nodeTooOld("20.18.3", { LANG: "en_GB.UTF-8" })).toMatch(/needs Node >= 20\.19.*20\.18\.3/);
    expect(["20.19.0", "22.0.0", "24.1.0"].map((version) => nodeTooOld(version, {}))).toEqual([
      undefined,
      undefined,
      undefined,
    ]);
    const entry = readFileSync(MAIN, "utf8");
    expect([...entry.matchAll(/^import .*"(.+)";$/gm)].map(([, from]) => from)).toEqual(["../node-version.mjs"]);
  });
});

describe("settings", () => {
  const refusalOf = (yaml: string, environment = {}) => {
    const dir = mkdtempSync(join(root, "settings-"));
    writeFileSync(join(dir, "heliu.yaml"), yaml);
    const config = loadConfig({ dir, environment });
    if (config.ok) throw new Error("the settings were taken");
    return [config.error.code, config.error.text.zh, config.error.text.en];
  };
  const region = 'region: {id: "510100", name: x}\n';

  it.each([
    [
      `${region}limits: {bodyBites: 5}`,
      {},
      "CONFIG_INVALID",
      "limits 不认识的字段 bodyBites",
      "unknown field bodyBites",
    ],
    [`${region}http: {port: banana}`, {}, "CONFIG_INVALID", "http.port 应为数字", "http.port must be a number"],
    [`${region}`, { HELIU_LIMITS_BODY_BYTES: "-1" }, "CONFIG_INVALID", "limits.bodyBytes", "limits.bodyBytes"],
    [`${region}http: {host: 0.0.0.0}`, {}, "CONFIG_UNSAFE", "http.tls", "http.tls"],
    ["- a list", {}, "CONFIG_INVALID", "README", "README"],
    [`${region}  broken: [`, {}, "CONFIG_INVALID", "heliu.yaml:", "heliu.yaml:"],
  ])("are refused by name: %j %j", (yaml, environment, code, zh, en) => {
    const [was, saidZh, saidEn] = refusalOf(yaml, environment);
    expect(was).toBe(code);
    expect(saidZh).toContain(zh);
    expect(saidEn).toContain(en);
  });
});

describe("a node that cannot start", () => {
  it("names the port in use, its setting and the way round it", async () => {
    const other = createServer();
    await new Promise<void>((resolve) => other.listen(0, "127.0.0.1", resolve));
    const { port } = other.address() as AddressInfo;
    const environment = { ...ANY_PORT, HELIU_HTTP_PORT: String(port) };
    const { code, err } = await heliu(["serve", "--dir", folder("port")], environment);
    other.close();
    expect(err).toHaveLength(1);
    expect(err[0]).toContain(`127.0.0.1:${port}(http.port)`);
    expect(err[0]).toMatch(/heliu\.yaml.*HELIU_HTTP_PORT.*\[PORT_IN_USE\]/);
    expect(code).toBe(1);
  });

  it("says that another process holds its store", async () => {
    const dir = folder("locked");
    const held = await openLevelStore(join(dir, "store"));
    const { code, err } = await heliu(["serve", "--dir", dir], { ...ANY_PORT, HELIU_LANG: "en" });
    await held.close();
    expect(err.at(-1)).toMatch(/^heliu: Another process uses the store .*\[STORE_LOCKED\]$/);
    expect(code).toBe(1);
  });

  it("refuses a store with a flipped byte, naming the file", async () => {
    const dir = folder("flipped");
    const files = readdirSync(join(dir, "store")).filter((name) => /\.(log|ldb)$/.test(name));
    const largest = files
      .map((name) => join(dir, "store", name))
      .sort((a, b) => statSync(b).size - statSync(a).size)[0];
    if (largest === undefined) throw new Error("the store has no file");
    const bytes = readFileSync(largest);
    const middle = Math.floor(bytes.length / 2);
    bytes[middle] = (bytes[middle] ?? 0) ^ 0x40;
    writeFileSync(largest, bytes);
    const { code, err } = await heliu(["serve", "--dir", dir], ANY_PORT);
    expect(err.at(-1)).toMatch(/有损坏.*备份.*\[STORE_CORRUPT\]$/);
    expect(err.at(-1)).toContain(largest);
    expect(code).toBe(1);
  });

  it("says which authorisation file cannot be used", async () => {
    const dir = folder("authorisations");
    writeFileSync(join(dir, "authorisations.json"), "{bad");
    const { code, err } = await heliu(["serve", "--dir", dir], ANY_PORT);
    expect(err.at(-1)).toMatch(/authorisations\.json.*\[AUTHORISATIONS_MALFORMED\]$/);
    expect(code).toBe(1);
  });
});

describe("a running node", () => {
  it("answers STORE_CORRUPT for a record that does not match its seal, and everything else as before", async () => {
    const one = await startOneNode({}, async (dir, admin) => {
      await addUser(dir, admin, "victim");
      await flipInside(dir, '"name":"victim"');
    });
    const headers = { authorization: `Bearer ${one.tokens.auditor}`, "accept-language": "en" };
    const users = await one.request("/api/v1/users", { headers });
    expect(users.status).toBe(503);
    expect(await users.json()).toMatchObject({ code: "STORE_CORRUPT", detail: expect.stringContaining("backup") });
    expect((await one.request("/api/v1/search?q=a", { headers })).status).toBe(200);
    await one.stop();
  });

  it("stops taking writes when its disk is full, says so, and has lost nothing it confirmed", async () => {
    const dir = folder("full");
    const limited = `trap '' XFSZ; ulimit -f 400; exec "$@"`;
    const command = ["-c", limited, "sh", process.execPath, "--import", "tsx", MAIN, "serve", "--dir", dir];
    const child = spawn("sh", command, { env: cleanEnvironment({ ...ANY_PORT, TSX_DISABLE_CACHE: "1" }) });
    const end = ended(child);
    const api = await readyApi(child);
    const confirmed: string[] = [];
    let refused: Response | undefined;
    for (let n = 0; refused === undefined && n < 500; n++) {
      const answer = await fetch(`${api}/api/v1/users`, {
        method: "POST",
        headers: { authorization: `Bearer ${token}`, "content-type": "application/json" },
        body: JSON.stringify({ name: `person ${n}`, roles: ["finance"] }),
      });
      if (answer.status === 201) confirmed.push(`person ${n}`);
      else refused = answer;
    }
    expect(await refused?.json()).toMatchObject({ status: 503, code: "STORE_FAILED" });
    const ready = await fetch(`${api}/readyz`);
    expect(ready.status).toBe(503);
    expect(((await ready.json()) as { reasons: string[] }).reasons.join()).toContain("STORE_FAILED");
    expect((await fetch(`${api}/healthz`)).status).toBe(200);
    child.kill("SIGTERM");
    const { err } = await end;
    expect(err.join("\n")).toMatch(/"level":"error".*"code":"STORE_FAILED"/);
    expect(confirmed.length).toBeGreaterThan(5);
    const kept: string[] = [];
    const store = await openLevelStore(join(dir, "store"));
    for await (const [, value] of store.range({ from: "", to: "\u{10ffff}" })) {
      kept.push(
        ...[
          ...Buffer.from(value)
            .toString()
            .matchAll(/"name":"(person \d+)"/g),
        ].map(([, name]) => name ?? ""),
      );
    }
    await store.close();
    expect(confirmed.filter((name) => !kept.includes(name))).toEqual([]);
  }, 30_000);
});

async function addUser(dir: string, admin: string, name: string): Promise<void> {
  const store = await openLevelStore(join(dir, "store"));
  const identity = createIdentity({
    store,
    runtime: systemRuntime,
    region: "510100",
    leaves: { appendLeaf, appendLeafRefs },
  });
  const by = mustSucceed(await identity.authenticate(admin));
  mustSucceed(await identity.users.add(by, { name, roles: ["finance"] }));
  await store.close();
}

/** One bit of the records that hold this text, as a disk would flip it: LevelDB's own checksums fit. */
async function flipInside(dir: string, text: string): Promise<void> {
  const db = new Level<string, Buffer>(join(dir, "store"), { keyEncoding: "utf8", valueEncoding: "buffer" });
  for await (const [key, value] of db.iterator()) {
    const at = value.indexOf(text) + text.length - 2;
    if (!value.includes(text)) continue;
    value[at] = (value[at] ?? 0) ^ 1;
    await db.put(key, value);
  }
  await db.close();
}

/** The API's address, from the log line that says the node is ready. */
function readyApi(child: ChildProcess): Promise<string> {
  let said = "";
  return new Promise((resolve, reject) => {
    child.stderr?.on("data", (data) => {
      said += data;
      const api = /"api":"([^"]+)"/.exec(said)?.[1];
      if (api !== undefined) resolve(api);
    });
    child.once("close", () => reject(new Error(`the node ended before it was ready: ${said}`)));
  });
}
