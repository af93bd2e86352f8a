import { appendFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { startNode } from "../../gateway/main.ts";
import { loadConfig } from "../../node/config.ts";
import { type Runtime, systemRuntime } from "../../node/kernel/runtime.ts";
import { createLogger } from "../../node/logging.ts";
import { serveUntilStopped } from "../../node/serve.ts";

/**
 * A whole node as `heliu serve` runs it, except that its fail points count, and that it kills itself at the given one: the
 * hundredth of all (`node.js <folder> 100`) or the third of a name (`outbox.after-send:3`). With `error` behind it the disk
 * fails there instead, at a write of the store. A line `arm <point> <mode>` on standard input begins the count anew.
 * Stopped gracefully it leaves the counts in `fail-points.json`.
 */
const [dir = "", point = "", givenMode = "kill"] = process.argv.slice(2);
let counts: { [name: string]: number } = {};
let total = 0;
let fault = readFault(point, givenMode);

function readFault(at: string, mode: string) {
  const [, name, number] = /^(?:(.+):)?([1-9][0-9]*)$/.exec(at) ?? [];
  return { name: name ?? (mode === "error" ? "store" : undefined), number: Number(number), mode };
}

function failPoint(name: string): void {
  total += 1;
  for (const counted of [name, name.split(".")[0] ?? ""]) counts[counted] = (counts[counted] ?? 0) + 1;
  const isNamed = fault.name === undefined || fault.name === name || name.startsWith(`${fault.name}.`);
  const reached = fault.name === undefined ? total : counts[fault.name];
  if (!isNamed || reached !== fault.number) return;
  appendFileSync(join(dir, "killed-at"), `${name}\n`);
  if (fault.mode === "error") throw Object.assign(new Error("EIO: i/o error, write"), { code: "EIO" });
  // Like a power cut for this process: nothing runs after it, no handler, no flush.
  process.kill(process.pid, "SIGKILL");
}

process.on("exit", () => writeFileSync(join(dir, "fail-points.json"), JSON.stringify({ total, counts })));
// Whoever started the trial is gone: so is the node, or it would hold its ports for ever.
process.stdin
  .setEncoding("utf8")
  .on("data", (text: string) => {
    const [, at = "", mode = "kill"] = /^arm (\S+) (\S+)$/m.exec(text) ?? [];
    fault = readFault(at, mode);
    total = 0;
    counts = {};
  })
  .on("end", () => process.exit(1))
  .unref();

const config = loadConfig({ dir });
if (!config.ok) throw new Error(config.error.text.en);
const settings = config.value;
const logger = createLogger(settings.log.level, { region: settings.region.id, node: settings.node.name });
const runtime: Runtime = { ...systemRuntime, failPoint };
await serveUntilStopped(settings, logger, () => startNode(settings, { logger, runtime }));
