#!/usr/bin/env node
// Nothing else is imported before the check: an old Node fails on the syntax of what follows, before it runs any of it.
// biome-ignore lint/correctness/useImportExtensions: it is JavaScript, since the build runs it before anything is built.
import { nodeTooOld } from "../node-version.mjs";

const tooOld = nodeTooOld(process.versions.node, process.env);
if (tooOld === undefined) {
  // `heliu … | head` closes the pipe early; that is no failure.
  process.stdout.on("error", (fault: NodeJS.ErrnoException) => process.exit(fault.code === "EPIPE" ? 0 : 1));
  const { runCli } = await import("./run.ts");
  process.exitCode = await runCli(process.argv.slice(2));
} else {
  process.stderr.write(`${tooOld}\n`);
  process.exitCode = 1;
}
