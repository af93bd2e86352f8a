import { trustListBytes } from "../../certs/founder.ts";
import { type Canonical, digestOf } from "../kernel/canonical-json.ts";
import { verifySignature } from "../kernel/ed25519.ts";
import { type Failure, ok, type Result } from "../kernel/exchange-error.ts";
import { msOf } from "../kernel/instant.ts";
import { diffLists } from "./list-difference.ts";
import { checkListShape } from "./list-shape.ts";
import { type SignedTrustList, signedTrustListSchema, type TrustList } from "./model.ts";
import { refuse } from "./refusal.ts";

export type VerifiedList = {
  readonly signed: SignedTrustList;
  readonly list: TrustList;
  readonly version: bigint;
  readonly digest: string;
  /** The founders whose signatures counted. */
  readonly signers: readonly string[];
  readonly diff: string[];
};

/** The list in force, or the digest of a first list as an operator compared it out of band. */
export type TrustAnchor = { readonly inForce: TrustList } | { readonly digest: string };

const DAY_MS = 86_400_000;
/** A list that nobody renews must fall out of use. Source: trust.md §2. */
const MAX_LIFETIME_MS = 90 * DAY_MS;
const SKEW_MS = 60_000;

/**
 * May this list replace the one in force? As in TUF: k founders of the list *in force* signed it, and k of the new
 * ones too when founders or threshold change; the version rises; it is neither expired nor longer than 90 days.
 */
export function verifyTrustList(signed: unknown, anchor: TrustAnchor, nowMs: number): Result<VerifiedList> {
  const parsed = signedTrustListSchema.safeParse(signed);
  if (!parsed.success)
    return malformed(parsed.error.issues.map(({ path, message }) => `${path.join(".")}: ${message}`));
  const { list, signatures } = parsed.data;
  const issues = checkListShape(list);
  if (issues.length > 0) return malformed(issues);
  const digest = digestOf(list as unknown as Canonical);
  const version = BigInt(list.version);
  const timely = checkTimes(list, nowMs);
  if (!timely.ok) return timely;

  const previous = "inForce" in anchor ? anchor.inForce : undefined;
  if (previous !== undefined && version <= BigInt(previous.version)) return notNewer(list, digest, previous);
  if ("digest" in anchor && anchor.digest !== digest) return wrongDigest(anchor.digest, digest);

  const authorities = previous === undefined ? [list] : isSameAuthority(previous, list) ? [previous] : [previous, list];
  let signers: readonly string[] = [];
  for (const authority of authorities) {
    const counted = countSignatures(list, signatures, authority);
    if (!counted.ok) return counted;
    if (signers.length === 0) signers = counted.value;
  }
  return ok({ signed: parsed.data, list, version, digest, signers, diff: diffLists(previous, list) });
}

function checkTimes(list: TrustList, nowMs: number): Result<true> {
  const [issuedMs, expiresMs] = [msOf(list.issuedAt), msOf(list.expiresAt)];
  const details = { version: list.version, issuedAt: list.issuedAt, expiresAt: list.expiresAt };
  if (expiresMs - issuedMs > MAX_LIFETIME_MS || expiresMs <= issuedMs) {
    return refuse(
      "trust.too_long",
      {
        zh: `信任列表第 ${list.version} 版的有效期须在 0 到 90 天之间;请发起方重新签署。`,
        en: `Trust list version ${list.version} must be valid for more than 0 and at most 90 days; have the founders sign it anew.`,
      },
      details,
    );
  }
  if (issuedMs > nowMs + SKEW_MS) {
    return refuse(
      "trust.not_yet_valid",
      {
        zh: `信任列表第 ${list.version} 版的签发时间 ${list.issuedAt} 在未来;请检查时钟。`,
        en: `Trust list version ${list.version} was issued in the future (${list.issuedAt}); check the clocks.`,
      },
      details,
    );
  }
  if (expiresMs > nowMs) return ok(true);
  return refuse(
    "trust.expired",
    {
      zh: `信任列表第 ${list.version} 版已于 ${list.expiresAt} 过期;请索取新版。`,
      en: `Trust list version ${list.version} expired at ${list.expiresAt}; get a newer one.`,
    },
    details,
  );
}

function notNewer(list: TrustList, digest: string, previous: TrustList): Failure {
  const inForce = digestOf(previous as unknown as Canonical);
  const details = { version: list.version, inForce: previous.version, digest };
  if (list.version === previous.version && digest !== inForce) {
    return refuse(
      "trust.split_view",
      {
        zh: `第 ${list.version} 版信任列表存在两个不同版本(${digest} 与 ${inForce}):有人向各地区出示了不同的列表。请停用并与所有发起方核对。`,
        en: `There are two different lists of version ${list.version} (${digest} and ${inForce}): somebody shows regions different lists. Stop and compare with all founders.`,
      },
      details,
    );
  }
  return refuse(
    "trust.rolled_back",
    {
      zh: `信任列表第 ${list.version} 版不高于现行的第 ${previous.version} 版;旧列表不再接受。`,
      en: `Trust list version ${list.version} is not above version ${previous.version}, which is in force; older lists are never taken back.`,
    },
    details,
  );
}

function wrongDigest(expected: string, found: string): Failure {
  return refuse(
    "trust.wrong_digest",
    {
      zh: `首个信任列表的摘要为 ${found},与线下核对的 ${expected} 不同;请重新核对后安装。`,
      en: `The first trust list has the digest ${found}, not the one compared out of band (${expected}); compare again before installing it.`,
    },
    { expected, found },
  );
}

function isSameAuthority(a: TrustList, b: TrustList): boolean {
  const authority = ({ threshold, founders }: TrustList) => digestOf({ threshold, founders } as unknown as Canonical);
  return authority(a) === authority(b);
}

type Ignored = { readonly founder: string; readonly code: "bad_signature" | "unknown_founder" | "duplicate_signature" };

/** Founders of `authority` who signed; each counts once, with whichever of their keys. */
function countSignatures(
  list: TrustList,
  signatures: SignedTrustList["signatures"],
  authority: TrustList,
): Result<readonly string[]> {
  const bytes = trustListBytes(list);
  const counted = new Set<string>();
  const ignored: Ignored[] = [];
  for (const { founder, keyId, signature } of signatures) {
    const key = authority.founders
      .find(({ id }) => id === founder)
      ?.keys.find((candidate) => candidate.keyId === keyId);
    if (key === undefined) {
      ignored.push({ founder, code: "unknown_founder" });
    } else if (!verifySignature(Buffer.from(key.publicKey, "base64"), bytes, signature)) {
      ignored.push({ founder, code: "bad_signature" });
    } else if (counted.has(founder)) {
      ignored.push({ founder, code: "duplicate_signature" });
    } else {
      counted.add(founder);
    }
  }
  const needed = Number(authority.threshold);
  return counted.size >= needed ? ok([...counted]) : underSigned(authority, [...counted], ignored);
}

/** Named after the worst of what was passed over, since that is what somebody has to look into. */
function underSigned(authority: TrustList, counted: readonly string[], ignored: readonly Ignored[]): Failure {
  const worst = (["bad_signature", "unknown_founder", "duplicate_signature"] as const).find((code) =>
    ignored.some((signature) => signature.code === code),
  );
  const passedOver = ignored.map(({ founder, code }) => `${founder}: ${code}`);
  const missing = authority.founders.map(({ id }) => id).filter((id) => !counted.includes(id));
  return refuse(
    `trust.${worst ?? "under_signed"}`,
    {
      zh: `需要 ${authority.threshold} 位发起方(第 ${authority.version} 版所列)签名,有效签名 ${counted.length} 个(${counted.join("、") || "无"});未计入:${passedOver.join("、") || "无"}。请补签:${missing.join("、")}。`,
      en: `${authority.threshold} founders of list version ${authority.version} must sign; ${counted.length} did (${counted.join(", ") || "none"}); passed over: ${passedOver.join(", ") || "none"}. Signatures could come from: ${missing.join(", ")}.`,
    },
    { needed: authority.threshold, counted: [...counted], passedOver },
  );
}

function malformed(issues: readonly string[]): Failure {
  return refuse(
    "trust.malformed",
    {
      zh: `信任列表格式有误:${issues.join("；")}。请发起方更正后重新签署。`,
      en: `The trust list is not well-formed: ${issues.join("; ")}. Have the founders correct and sign it again.`,
    },
    { issues },
  );
}

/** The digest an operator compares out of band, `sha256:…`. The list must have passed `verifyTrustList` or be our own. */
export function trustListDigest(list: TrustList): string {
  return digestOf(list as unknown as Canonical);
}
