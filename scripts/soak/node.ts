import { appendFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { startNode } from "../../gateway/main.ts";
import { loadConfig } from "../../node/config.ts";
import { type Runtime, systemRuntime } from "../../node/kernel/runtime.ts";
import { createLogger } from "../../node/logging.ts";
import { serveUntilStopped } from "../../node/serve.ts";

/**
 * A whole node as `heliu serve` runs it, except that its fail points count, and that it kills itself at the given one: the
 * hundredth of all (`node.js <folder> 100`) or the third of a name (`outbox.after-send:3`). Stopped gracefully it leaves the
 * counts in `fail-points.json`.
 */
const [dir = "", point = ""] = process.argv.slice(2);
const [, killName, killNumber] = /^(?:(.+):)?([1-9][0-9]*)$/.exec(point) ?? [];
const counts: { [name: string]: number } = {};
let total = 0;

function failPoint(name: string): void {
  total += 1;
  counts[name] = (counts[name] ?? 0) + 1;
  const reached = killName === undefined ? total : name === killName && counts[name];
  if (reached !== Number(killNumber)) return;
  appendFileSync(join(dir, "killed-at"), `${name}\n`);
  // Like a power cut for this process: nothing runs after it, no handler, no flush.
  process.kill(process.pid, "SIGKILL");
}

process.on("exit", () => writeFileSync(join(dir, "fail-points.json"), JSON.stringify({ total, counts })));
// Whoever started the trial is gone: so is the node, or it would hold its ports for ever.
process.stdin
  .resume()
  .on("end", () => process.exit(1))
  .unref();

const config = loadConfig({ dir });
if (!config.ok) throw new Error(config.error.text.en);
const settings = config.value;
const logger = createLogger(settings.log.level, { region: settings.region.id, node: settings.node.name });
const runtime: Runtime = { ...systemRuntime, failPoint };
await serveUntilStopped(settings, logger, () => startNode(settings, { logger, runtime }));
