import { sha256Hex } from "../kernel/digest.ts";
import { instantOf } from "../kernel/instant.ts";
import { collection, type Ref } from "../storage/collection.ts";
import type { Store } from "../storage/port.ts";
import { type AnyRef, list, type Tx } from "../storage/transact.ts";
import { appendLeaf, appendLeafRefs } from "./store.ts";

export const findingKinds = ["equivocation", "rollback"] as const;

/**
 * What this node holds against a peer's log. `equivocation`: two checkpoints that the log has signed and that cannot both be
 * of one history. `rollback`: the log shows, or owns up to, less than it has signed.
 */
export type LogFinding = {
  readonly kind: (typeof findingKinds)[number];
  readonly origin: string;
  /** The region whose log it is: the only one that can have signed both. */
  readonly region: string;
  /** Of the checkpoint that stood. */
  readonly size: string;
  /** Both signed by the log, so anyone can check them with its key alone. */
  readonly notes: readonly [string, string];
  readonly at: string;
  /** The region that brought the second one, where it was not the log itself. */
  readonly heardFrom: string | null;
  /** Since the region went on in a new log that begins with what its peers had seen. */
  readonly mendedAt: string | null;
};

export type NewFinding = Omit<LogFinding, "at" | "mendedAt">;

const findings = collection<LogFinding>("audit-equivocation");

export async function heldFindings(store: Store): Promise<LogFinding[]> {
  const found: LogFinding[] = [];
  for await (const one of list(store, findings)) found.push(one);
  return found;
}

/** The same pair of a log is filed once. */
export function findingRefs(finding: NewFinding): readonly AnyRef[] {
  return [placeOf(finding), ...appendLeafRefs()];
}

/** Tx-piece: keeps the evidence, with its leaf where this node has a log of its own. Answers whether it is new. */
export function fileFinding(
  tx: Tx,
  finding: NewFinding,
  here: { readonly region: string | null; readonly atMs: number },
) {
  const place = placeOf(finding);
  if (tx.get(place) !== undefined) return false;
  tx.put(place, { ...finding, at: instantOf(here.atMs), mendedAt: null });
  if (here.region === null) return true;
  const [first, second] = finding.notes.map((note) => `sha256:${sha256Hex(note)}`);
  appendLeaf(tx, here.region, {
    kind: finding.kind === "equivocation" ? "log.equivocation" : "log.rolled-back",
    atMs: here.atMs,
    subject: finding.origin,
    actor: `peer:${finding.heardFrom ?? finding.region}`,
    digest: second ?? "",
    detail: { size: finding.size, firstNote: first ?? "", region: finding.region },
  });
  return true;
}

/** Where the rollbacks of a region are kept that nothing has mended yet. */
export async function openRollbacks(store: Store, region: string): Promise<readonly Ref<LogFinding>[]> {
  const found = await heldFindings(store);
  return found
    .filter((one) => one.region === region && one.kind === "rollback" && one.mendedAt === null)
    .map((one) => placeOf(one));
}

/**
 * Tx-piece; reads `openRollbacks`. A rollback is mended once the region has gone on in a new log; a log that lied stays one
 * that lied.
 */
export function mendRollbacks(tx: Tx, places: readonly Ref<LogFinding>[], atMs: number): void {
  for (const place of places) {
    const held = tx.get(place);
    if (held !== undefined) tx.put(place, { ...held, mendedAt: instantOf(atMs) });
  }
}

function placeOf({ kind, origin, size, notes: [first, second] }: NewFinding) {
  // A rolled-back log is one finding for each height it fell from, however often it is met on the way.
  const distinct = kind === "equivocation" ? second : first;
  return findings.at(origin, kind, BigInt(size), sha256Hex(textOf(distinct)));
}

/** Of a note: what was signed, without the signatures. */
function textOf(note: string): string {
  return note.slice(0, note.lastIndexOf("\n\n") + 1);
}
