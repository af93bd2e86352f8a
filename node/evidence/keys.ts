import { z } from "zod";
import { parseVkey } from "../audit/note.ts";
import type { LogKeys } from "../audit/verify-succession.ts";
import type { SignedTrustList, TrustList } from "../identity/model.ts";
import { trustListDigest, verifyTrustList } from "../identity/trust-list.ts";
import { type ExchangeError, ok, type Result } from "../kernel/exchange-error.ts";
import { msOf } from "../kernel/instant.ts";
import { fault } from "./refusal.ts";

export type TrustedKeys = {
  readonly list: TrustList;
  readonly digest: string;
  /** Raw statement key of a region. Taken whenever the list names it: when it was used is proved by the log, not by a date. */
  readonly statement: (region: string, keyId: string) => Uint8Array | undefined;
  /** Of the region's log and of every other region's witnesses. */
  readonly log: LogKeys;
};

/** The keys in a bundle's trust list, after its founders' signatures and, where one was given, the reader's own list. */
export function trustedKeys(
  signed: unknown,
  earlier: readonly unknown[],
  region: string,
  anchor: SignedTrustList | undefined,
): Result<TrustedKeys> {
  const listOf = signed as SignedTrustList | null;
  const issuedAt = listOf?.list?.issuedAt;
  if (typeof issuedAt !== "string") return failed(fault("BUNDLE_MALFORMED", "trustList"));
  const digest =
    anchor !== undefined && isSameList(anchor.list, listOf?.list) ? trustListDigest(anchor.list) : undefined;
  // At its own time of issue: a bundle is read long after its list has expired.
  const verified = verifyTrustList(signed, { digest: digest ?? digestIn(signed) }, msOf(issuedAt));
  if (!verified.ok) return verified;
  const { list, signers } = verified.value;
  // Every signature counts, not only enough of them: nothing in the file may be alterable.
  if (signers.length !== verified.value.signed.signatures.length)
    return failed(fault("BUNDLE_MALFORMED", "trustList.signatures"));
  const connected = anchor === undefined ? undefined : disconnection(anchor, verified.value.signed);
  if (connected !== undefined) return failed(connected);
  const own = list.regions.find(({ id }) => id === region);
  if (own === undefined) return failed(fault("BUNDLE_REGION", region));
  const before = listsBefore(verified.value.signed, earlier);
  if (!before.ok) return before;
  const lists = [list, ...before.value];
  const others = lists.flatMap(({ regions }) => regions.filter(({ id }) => id !== region));
  const witnesses = [...new Set(others.flatMap(({ witnessKeys }) => witnessKeys))];
  return ok({
    list,
    digest: verified.value.digest,
    statement(of, keyId) {
      for (const one of lists) {
        const key = statementKeyIn({ list: one }, of, keyId);
        if (key !== undefined) return key;
      }
      return undefined;
    },
    log: { log: own.logKey, witnesses },
  });
}

/** Lists that were in force before, newest first: each must be followed by the next one by the founders' own rule. */
function listsBefore(current: SignedTrustList, earlier: readonly unknown[]): Result<TrustList[]> {
  const found: TrustList[] = [];
  let after = current;
  for (const signed of earlier) {
    const issuedAt = (signed as SignedTrustList | null)?.list?.issuedAt;
    if (typeof issuedAt !== "string") return failed(fault("BUNDLE_MALFORMED", "earlierLists"));
    const verified = verifyTrustList(signed, { digest: digestIn(signed) }, msOf(issuedAt));
    if (!verified.ok) return verified;
    const { signers, list, digest, signed: whole } = verified.value;
    if (signers.length !== whole.signatures.length) return failed(fault("BUNDLE_MALFORMED", "earlierLists.signatures"));
    const follows = verifyTrustList(after, { inForce: list }, msOf(after.list.issuedAt));
    if (!follows.ok) return failed(fault("BUNDLE_TRUST_LIST", `${digest}: ${follows.error.code}`));
    found.push(list);
    after = whole;
  }
  return ok(found);
}

function isSameList(a: TrustList, b: TrustList | undefined): boolean {
  return b !== undefined && a.version === b.version && JSON.stringify(a) === JSON.stringify(b);
}

function digestIn(signed: unknown): string {
  try {
    return trustListDigest((signed as SignedTrustList).list);
  } catch {
    return "";
  }
}

/** One list must follow from the other by the founders' rule; which of them is the later one does not matter. */
function disconnection(anchor: SignedTrustList, bundled: SignedTrustList): ExchangeError | undefined {
  const [ours, theirs] = [trustListDigest(anchor.list), trustListDigest(bundled.list)];
  if (ours === theirs) return undefined;
  const isOlder = BigInt(anchor.list.version) < BigInt(bundled.list.version);
  const [before, after] = isOlder ? [anchor, bundled] : [bundled, anchor];
  const follows = verifyTrustList(after, { inForce: before.list }, msOf(after.list.issuedAt));
  return follows.ok ? undefined : fault("BUNDLE_TRUST_LIST", `${theirs}, ${ours}: ${follows.error.code}`);
}

/** A region's raw statement key as a list names it, whether or not the list itself has been verified. */
export function statementKeyIn(signed: unknown, region: string, keyId: string): Uint8Array | undefined {
  const parsed = keysSchema.safeParse(signed);
  const named = parsed.success ? parsed.data.list.regions.find(({ id }) => id === region) : undefined;
  const key = named?.statementKeys.find((one) => one.keyId === keyId);
  return key === undefined ? undefined : Buffer.from(key.publicKey, "base64");
}

const keysSchema = z.looseObject({
  list: z.looseObject({
    regions: z.array(
      z.looseObject({
        id: z.string(),
        statementKeys: z.array(z.looseObject({ keyId: z.string(), publicKey: z.string() })),
      }),
    ),
  }),
});

/** The regions whose witness keys are among the names that signed a checkpoint. */
export function witnessingRegions(list: TrustList, names: readonly string[]): string[] {
  const isOf = (vkey: string) => {
    const key = parseVkey(vkey);
    return key.ok && names.includes(key.value.name);
  };
  return list.regions.filter(({ witnessKeys }) => witnessKeys.some(isOf)).map(({ id }) => id);
}

function failed(error: ExchangeError): Result<never> {
  return { ok: false, error };
}
