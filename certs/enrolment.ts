import { createHash, randomBytes } from "node:crypto";
import { type Failure, ok, type Result } from "../node/kernel/exchange-error.ts";
import { fingerprintOf, issueLeaf } from "./ca.ts";
import { readCa, readNodeFile, writeNodeFile } from "./files.ts";
import { refuse } from "./refusal.ts";

/** Long enough to walk to the other machine, short enough that a forgotten token is worth nothing. Source: trust.md §2. */
const TOKEN_LIFETIME_MS = 3_600_000;
const SECRET_BYTES = 32;
const TOKEN = /^hle_([0-9a-f]{64})_([A-Za-z0-9_-]{43})$/;

export type EnrolmentDeps = {
  readonly dir: string;
  readonly trustDomain: string;
  readonly nowMs: () => number;
};

/** What is kept of a token: enough to recognise it, not to use it. */
type Enrolment = {
  readonly hash: string;
  readonly nodeName: string;
  readonly hosts: readonly string[];
  readonly expiresAtMs: number;
  readonly usedAtMs: number | null;
};

export type Enrolments = {
  /** A token for one node of this region; shown this once. */
  readonly createToken: (nodeName: string, hosts: readonly string[]) => Promise<Result<string>>;
  /** The first leaf and the authority, in PEM, for a request by the holder of the token. Works once. */
  readonly redeem: (
    token: string,
    csrPem: string,
  ) => Promise<Result<{ readonly leafPem: string; readonly caPem: string }>>;
};

/** One-time tokens by which a new node of the region gets its first leaf. */
export function createEnrolments(deps: EnrolmentDeps): Enrolments {
  // One after another: of two who bring the same token at once, the second must find it used.
  let turn: Promise<unknown> = Promise.resolve();
  const inTurn = <T>(work: () => Promise<T>): Promise<T> => {
    const done = turn.then(work);
    turn = done.catch(() => {});
    return done;
  };
  return {
    createToken: (nodeName, hosts) => inTurn(() => createToken(deps, nodeName, hosts)),
    redeem: (token, csrPem) => inTurn(() => redeem(deps, token, csrPem)),
  };
}

/** The fingerprint of the authority that a token names; undefined for what is no token. */
export function authorityOfToken(token: string): string | undefined {
  const [, hex] = TOKEN.exec(token) ?? [];
  return hex === undefined ? undefined : `sha256:${hex}`;
}

async function createToken(deps: EnrolmentDeps, nodeName: string, hosts: readonly string[]): Promise<Result<string>> {
  const ca = await readCa(deps.dir);
  if (!ca.ok) return ca;
  const fingerprint = fingerprintOf(ca.value.certificatePem).slice("sha256:".length);
  const token = `hle_${fingerprint}_${randomBytes(SECRET_BYTES).toString("base64url")}`;
  const nowMs = deps.nowMs();
  const enrolment = { hash: hashOf(token), nodeName, hosts, expiresAtMs: nowMs + TOKEN_LIFETIME_MS, usedAtMs: null };
  const known = await readEnrolments(deps.dir);
  // Used ones are kept for a day, so that a replay is told apart from a wrong token.
  const recent = known.filter(({ expiresAtMs }) => expiresAtMs > nowMs - 24 * TOKEN_LIFETIME_MS);
  await writeEnrolments(deps.dir, [...recent, enrolment]);
  return ok(token);
}

async function redeem(
  deps: EnrolmentDeps,
  token: string,
  csrPem: string,
): Promise<Result<{ readonly leafPem: string; readonly caPem: string }>> {
  const known = await readEnrolments(deps.dir);
  const hash = hashOf(token);
  const enrolment = known.find((candidate) => candidate.hash === hash);
  const nowMs = deps.nowMs();
  if (enrolment === undefined) return unknownToken();
  if (enrolment.usedAtMs !== null) return usedToken(enrolment.nodeName);
  if (nowMs >= enrolment.expiresAtMs) return expiredToken(enrolment.nodeName);
  const ca = await readCa(deps.dir);
  if (!ca.ok) return ca;
  const { nodeName, hosts } = enrolment;
  const leaf = await issueLeaf(ca.value, csrPem, { trustDomain: deps.trustDomain, nodeName, hosts, nowMs });
  if (!leaf.ok) return leaf;
  // Durable before the leaf goes out: a crash may cost a token, never give two leaves for one.
  await writeEnrolments(
    deps.dir,
    known.map((candidate) => (candidate === enrolment ? { ...enrolment, usedAtMs: nowMs } : candidate)),
  );
  return ok({ leafPem: leaf.value, caPem: ca.value.certificatePem });
}

async function readEnrolments(dir: string): Promise<Enrolment[]> {
  const file = await readNodeFile(dir, "enrolments");
  return file.ok ? JSON.parse(file.value) : [];
}

function writeEnrolments(dir: string, enrolments: readonly Enrolment[]): Promise<void> {
  return writeNodeFile(dir, "enrolments", `${JSON.stringify(enrolments, null, 2)}\n`);
}

function hashOf(token: string): string {
  return createHash("sha256").update(token).digest("hex");
}

function unknownToken(): Failure {
  return refuse("enrolment.unknown_token", {
    zh: "登记令牌无效;请核对是否完整复制,或在保存 CA 的机器上重新生成。",
    en: "The enrolment token is not valid; check that it was copied whole, or make a new one where the authority is kept.",
  });
}

function usedToken(nodeName: string): Failure {
  return refuse("enrolment.used_token", {
    zh: `节点 ${nodeName} 的登记令牌已被使用过;若不是本人使用,请立即吊销由此签发的证书。`,
    en: `The enrolment token of ${nodeName} was used already; if that was not you, revoke the leaf that was issued for it now.`,
  });
}

function expiredToken(nodeName: string): Failure {
  return refuse("enrolment.expired_token", {
    zh: `节点 ${nodeName} 的登记令牌已超过一小时的有效期;请重新生成。`,
    en: `The enrolment token of ${nodeName} is older than an hour; make a new one.`,
  });
}
