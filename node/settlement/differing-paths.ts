import type { Canonical } from "../kernel/canonical-json.ts";

/** People read a few; the rest follows from them. */
const MAX_PATHS = 40;

/** Where two documents differ, as `result.lines[1].amountFen: 50000 ≠ 49988`; in the order of the first one's keys. */
export function differingPaths(told: Canonical, computed: Canonical): string[] {
  const found: string[] = [];
  walk("", told, computed, found);
  return found;
}

function walk(path: string, a: Canonical | undefined, b: Canonical | undefined, found: string[]): void {
  if (found.length >= MAX_PATHS || JSON.stringify(a) === JSON.stringify(b)) return;
  if (isBranch(a) && isBranch(b) && Array.isArray(a) === Array.isArray(b)) {
    for (const key of new Set([...Object.keys(a), ...Object.keys(b)])) {
      const at = Array.isArray(a) ? `${path}[${key}]` : path === "" ? key : `${path}.${key}`;
      walk(at, childOf(a, key), childOf(b, key), found);
    }
    return;
  }
  found.push(`${path}: ${leafText(a)} ≠ ${leafText(b)}`);
}

type Branch = { readonly [key: string]: Canonical } | readonly Canonical[];

function isBranch(value: Canonical | undefined): value is Branch {
  return typeof value === "object" && value !== null;
}

function childOf(branch: Branch, key: string): Canonical | undefined {
  return Object.hasOwn(branch, key) ? (branch as { readonly [key: string]: Canonical })[key] : undefined;
}

function leafText(value: Canonical | undefined): string {
  if (value === undefined) return "—";
  const text = typeof value === "string" ? value : JSON.stringify(value);
  return text.length > 80 ? `${text.slice(0, 79)}…` : text;
}
