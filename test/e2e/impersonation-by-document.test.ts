import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { initialiseNodeFolder } from "../../certs/bootstrap.ts";
import { makeCsr } from "../../certs/csr.ts";
import { createEnrolments } from "../../certs/enrolment.ts";
import { newP256Key } from "../../certs/mint.ts";
import { appendLeaf, appendLeafRefs } from "../../node/audit/store.ts";
import { fourEyes, requireCapability, requireParty, requireRole } from "../../node/identity/authorise.ts";
import type { Principal, Role, SignedTrustList, TrustList } from "../../node/identity/model.ts";
import { createPasswordHasher } from "../../node/identity/password.ts";
import { type ListChange, proposeList } from "../../node/identity/propose-list.ts";
import { createIdentity } from "../../node/identity/service.ts";
import { mustSucceed, type Result } from "../../node/kernel/exchange-error.ts";
import { type Runtime, systemRuntime } from "../../node/kernel/runtime.ts";
import { openLevelStore } from "../../node/storage/level.ts";
import type { Store } from "../../node/storage/port.ts";
import { type Federation, founders, NOW, newRegion, openFront, signList, type TestRegion } from "./two-regions.ts";

const HOUR = 3_600_000;
const DAY = 24 * HOUR;
let folder: string;
let node: Federation;
let chengdu: TestRegion;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "heliu-impersonation-"));
  chengdu = await newRegion("510100");
  node = await openFront(chengdu, [chengdu, await newRegion("500000")]);
});
afterAll(async () => {
  await node.close();
  await rm(folder, { recursive: true });
});

function codeOf(result: Result<unknown>): string {
  return result.ok ? "accepted" : result.error.code;
}

describe("a forged trust list", () => {
  const inForce = (): TrustList => node.trust.current()?.list as TrustList;
  const next = (change: ListChange = {}) => proposeList(inForce(), change, NOW);
  const offer = async (signed: SignedTrustList) => codeOf(await node.trust.accept(signed));

  it("is refused when it was rolled back, after newer ones came into force", async () => {
    const old = signList(inForce());
    await node.change({});
    expect(await offer(old)).toBe("trust.rolled_back");
  });

  it("is refused when a second one of the version in force shows up", async () => {
    expect(await offer(signList({ ...next({ suspend: ["500000"] }), version: inForce().version }))).toBe(
      "trust.split_view",
    );
  });

  it("is refused when one founder signed where two must", async () => {
    expect(await offer(signList(next(), ["a"]))).toBe("trust.under_signed");
  });

  it("is refused when one founder signed twice", async () => {
    const list = next();
    const [signature] = signList(list, ["b"]).signatures;
    const twice = signature === undefined ? [] : [signature, signature];
    expect(await offer({ list, signatures: twice })).toBe("trust.duplicate_signature");
  });

  it("is refused when a founder's signature was taken from another list", async () => {
    const { signatures } = signList(next());
    expect(await offer({ list: next({ suspend: ["500000"] }), signatures })).toBe("trust.bad_signature");
  });

  it("is refused when it is longer than 90 days, and when its time is over", async () => {
    expect(await offer(signList(next({ days: 91 })))).toBe("trust.too_long");
    const stale = proposeList(inForce(), { days: 1 }, NOW - 2 * DAY);
    expect(await offer(signList(stale))).toBe("trust.expired");
  });

  it("is refused when a founder signed who was removed", async () => {
    const remaining = founders.map(({ entry }) => entry).filter(({ id }) => id !== "a");
    const changed = signList(next({ founders: remaining, threshold: 2 }), ["a", "b", "c"]);
    expect(await offer(changed)).toBe("accepted");
    expect(await offer(signList(next(), ["a", "b"]))).toBe("trust.unknown_founder");
  });
});

describe("an enrolment token", () => {
  it("is refused when replayed, and so is a request for another region's name", async () => {
    const dir = join(folder, "510100");
    const endpoints = { rpc: ["127.0.0.1:8511"], dsp: [] };
    const spec = { dir, regionId: "510100", name: "成都市", nodeName: "first", endpoints, nowMs: NOW };
    mustSucceed(await initialiseNodeFolder(spec));
    const enrolments = createEnrolments({ dir, trustDomain: "r510100.heliu", nowMs: () => NOW });
    const token = mustSucceed(await enrolments.createToken("second", []));
    const csr = (uri: string) => makeCsr(newP256Key().privateKeyPem, { uri, hosts: [] });
    const codes = [
      codeOf(await enrolments.redeem(token, await csr("spiffe://r500000.heliu/node/second"))),
      codeOf(await enrolments.redeem(token, await csr("spiffe://r510100.heliu/node/second"))),
      codeOf(await enrolments.redeem(token, await csr("spiffe://r510100.heliu/node/second"))),
    ];
    expect(codes).toEqual(["certs.wrong_name", "accepted", "enrolment.used_token"]);
  });
});

describe("a person or program", () => {
  const stores: Store[] = [];
  let nowMs = NOW;
  afterAll(() => Promise.all(stores.map((store) => store.close())));

  /** The identity of a region's node on its real store, with a user of the role and their token. */
  async function nodeOf(region: string, role: Role) {
    const store = await openLevelStore(await mkdtemp(join(folder, "store-")), { sync: false });
    stores.push(store);
    const runtime: Runtime = { ...systemRuntime, nowMs: () => nowMs };
    const passwords = createPasswordHasher(2 ** 4);
    const identity = createIdentity({ store, runtime, region, leaves: { appendLeaf, appendLeafRefs }, passwords });
    const { principal: admin } = mustSucceed(await identity.users.addFirstAdministrator({ name: "admin" }));
    const user = mustSucceed(await identity.users.add(admin, { name: "user", roles: [role] }));
    const { token } = mustSucceed(await identity.tokens.create(admin, user.id, { name: "t" }));
    return { identity, admin, user, token };
  }

  it("is refused with a token of another region's node", async () => {
    const [here, there] = [await nodeOf("510100", "approver"), await nodeOf("500000", "approver")];
    expect(codeOf(await here.identity.authenticate(there.token))).toBe("TOKEN_OTHER_NODE");
    const relabelled = there.token.replace("hlu_500000", "hlu_510100");
    expect(codeOf(await here.identity.authenticate(relabelled))).toBe("TOKEN_UNKNOWN");
  });

  it("is refused with a token of the wrong role, and with the right one for their own request", async () => {
    const { identity, token } = await nodeOf("510100", "requester");
    const requester: Principal = mustSucceed(await identity.authenticate(token));
    expect(codeOf(requireRole(requester, "approver"))).toBe("ROLE_REQUIRED");
    expect(codeOf(fourEyes(requester.userId, { ...requester, roles: ["approver"] }))).toBe("SELF_APPROVAL");
  });

  it("is refused once the session expired, the token was revoked, or the user was disabled", async () => {
    const { identity, admin, user, token } = await nodeOf("510100", "finance");
    const { session } = mustSucceed(await identity.sessions.create(token));
    const spare = mustSucceed(await identity.tokens.create(admin, user.id, { name: "spare" }));
    nowMs += 12 * HOUR;
    expect(codeOf(await identity.authenticate(session))).toBe("SESSION_EXPIRED");
    await identity.tokens.revoke(admin, spare.id);
    expect(codeOf(await identity.authenticate(spare.token))).toBe("TOKEN_REVOKED");
    await identity.users.disable(admin, user.id);
    expect(codeOf(await identity.authenticate(token))).toBe("USER_DISABLED");
  });
});

describe("an authenticated peer", () => {
  const peer = { region: "500000", spiffeId: "", leafSerial: "", issuerFingerprint: "", capabilities: ["catalog"] };

  it("is refused what its region may not use, and what it is no party to as if that did not exist", () => {
    expect(codeOf(requireCapability(peer, "settlement"))).toBe("authz.capability");
    const refused = requireParty(peer, ["510100", "520100"], "urn:uuid:1");
    expect(refused).toMatchObject({ error: { code: "authz.not_party", kind: "not-found" } });
  });
});
