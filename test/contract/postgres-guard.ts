import { readFileSync, rmSync } from "node:fs";
import { join } from "node:path";

/**
 * Ends the test server however the test runner ends: its standard input is a pipe from the runner, which the kernel closes
 * even after kill -9. Otherwise an interrupted run leaves a server behind.
 */
const [folder = ""] = process.argv.slice(2);
for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"] as const) process.on(signal, () => {});
process.stdin.resume().on("end", () => {
  try {
    const [pid] = readFileSync(join(folder, "data", "postmaster.pid"), "utf8").split("\n");
    process.kill(Number(pid), "SIGQUIT");
  } catch {
    // Stopped in good order: nothing to end.
  }
  rmSync(folder, { recursive: true, force: true, maxRetries: 10, retryDelay: 100 });
});
