#!/usr/bin/env node
// Nothing else is imported before the check: an old Node fails on the syntax of what follows, before it runs any of it.
// biome-ignore lint/correctness/useImportExtensions: it is JavaScript, since the build runs it before anything is built.
import { nodeTooOld } from "../node-version.mjs";

const tooOld = nodeTooOld(process.versions.node, process.env);
if (tooOld === undefined) await import("./run.ts");
else {
  process.stderr.write(`${tooOld}\n`);
  process.exitCode = 1;
}
