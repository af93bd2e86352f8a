import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { startNode } from "../../gateway/main.ts";
import { loadConfig } from "../../node/config.ts";
import { type Runtime, systemRuntime } from "../../node/kernel/runtime.ts";
import { createLogger } from "../../node/logging.ts";
import { serveUntilStopped } from "../../node/serve.ts";

/**
 * A whole node as `heliu serve` runs it, except that its fail points count, and that it kills itself at the one with the
 * given number (`node.js <folder> [number]`). Stopped gracefully it leaves the counts in `fail-points.json`.
 */
const [dir = "", given] = process.argv.slice(2);
const killAt = given === undefined ? undefined : Number(given);
const counts: { [name: string]: number } = {};
let total = 0;

function failPoint(name: string): void {
  total += 1;
  counts[name] = (counts[name] ?? 0) + 1;
  if (total !== killAt) return;
  writeFileSync(join(dir, "killed-at.json"), JSON.stringify({ name, number: total }));
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
