import { beforeAll, describe, expect, it } from "vitest";
import { createRegionCa } from "../../certs/ca.ts";
import { createFounder, signTrustList } from "../../certs/founder.ts";
import { otherSpellings } from "../../test/fixtures/spellings.ts";
import { mustSucceed } from "../kernel/exchange-error.ts";
import type { SignedTrustList, TrustedRegion, TrustList } from "./model.ts";
import { type ListChange, proposeList } from "./propose-list.ts";
import { trustListDigest, verifyTrustList } from "./trust-list.ts";

const NOW = Date.UTC(2026, 10, 1);
const DAY = 86_400_000;
const [a, b, c, d] = ["a", "b", "c", "d"].map((id) => createFounder(id)) as [Founder, Founder, Founder, Founder];
type Founder = ReturnType<typeof createFounder>;
let chengdu: TrustedRegion;
let first: TrustList;

beforeAll(async () => {
  const endpoints = { rpc: ["127.0.0.1:1"], dsp: [] };
  const spec = { regionId: "510100", name: "成都市", trustDomain: "r510100.heliu", endpoints, nowMs: NOW };
  const key = createFounder("unused").entry.keys[0];
  chengdu = {
    id: "510100",
    name: "成都市",
    trustDomain: "r510100.heliu",
    caCertificates: [(await createRegionCa(spec)).certificatePem],
    endpoints,
    statementKeys: [
      {
        keyId: key?.keyId ?? "",
        publicKey: key?.publicKey ?? "",
        validFrom: "2026-01-01T00:00:00.000Z",
        validTo: null,
      },
    ],
    logKey: "",
    witnessKeys: [],
    capabilities: ["catalog"],
    status: "active",
    since: "2026-01-01T00:00:00.000Z",
  };
  first = proposeList(undefined, { regions: [chengdu], founders: [a.entry, b.entry, c.entry], threshold: 2 }, NOW);
});

function signed(list: TrustList, ...founders: Founder[]): SignedTrustList {
  return { list, signatures: founders.map(({ entry, keyPem }) => signTrustList(list, entry.id, keyPem)) };
}

const next = (change: ListChange, inForce = first) => proposeList(inForce, change, NOW);
const verify = (list: SignedTrustList, inForce = first, nowMs = NOW) => verifyTrustList(list, { inForce }, nowMs);

describe("a trust list", () => {
  it("comes into force with k founders of the one before", () => {
    const verified = mustSucceed(verify(signed(next({ suspend: ["510100"] }), a, c)));
    expect(verified).toMatchObject({ version: 2n, signers: ["a", "c"] });
    expect(verified.diff).toContain("~ 510100 status: active → suspended");
  });

  it("is first taken by the digest that was compared out of band, and only then", () => {
    const digest = trustListDigest(first);
    expect(verifyTrustList(signed(first, a, b), { digest }, NOW).ok).toBe(true);
    const other = signed({ ...first, threshold: "1" }, a, b);
    expect(verifyTrustList(other, { digest }, NOW)).toMatchObject({ error: { code: "trust.wrong_digest" } });
  });

  it("needs k of the new founders too when founders change", () => {
    const change = next({ founders: [c.entry, d.entry], threshold: 2 });
    expect(verify(signed(change, a, b))).toMatchObject({ error: { code: "trust.unknown_founder" } });
    expect(verify(signed(change, c, d))).toMatchObject({ error: { code: "trust.unknown_founder" } });
    expect(verify(signed(change, a, c, d)).ok).toBe(true);
  });

  it.each(otherSpellings)("does not count a signature that is spelt %s", (_what, spell) => {
    const { list, signatures } = signed(next({}), a, b);
    const respelt = signatures.map((one, i) => (i === 0 ? { ...one, signature: spell(one.signature) } : one));
    expect(verify({ list, signatures: respelt })).toMatchObject({ error: { code: "trust.bad_signature" } });
  });

  it("does not count one founder twice", () => {
    const twice = verify(signed(next({}), a, a));
    expect(twice).toMatchObject({
      error: { code: "trust.duplicate_signature", details: { needed: "2", counted: ["a"] } },
    });
  });

  it("does not count a founder who was removed", () => {
    const second = next({ founders: [b.entry, c.entry] });
    const third = signed(next({}, second), a, b);
    expect(verify(third, second)).toMatchObject({ error: { code: "trust.unknown_founder" } });
  });

  it("does not count a signature over another list", () => {
    const { signatures } = signed(next({}), a, b);
    const altered = { list: next({ remove: ["510100"] }), signatures };
    expect(verify(altered)).toMatchObject({ error: { code: "trust.bad_signature" } });
  });

  it("is refused when too few signed", () => {
    expect(verify(signed(next({}), b))).toMatchObject({ error: { code: "trust.under_signed" } });
  });

  it("never goes back, and two lists of one version are called a split view", () => {
    const second = next({});
    expect(verify(signed(first, a, b), second)).toMatchObject({ error: { code: "trust.rolled_back" } });
    const rival = signed(next({ suspend: ["510100"] }), a, b);
    expect(verify(rival, second)).toMatchObject({ error: { code: "trust.split_view" } });
  });

  it("lasts at most 90 days and is refused once expired", () => {
    expect(verify(signed(next({ days: 91 }), a, b))).toMatchObject({ error: { code: "trust.too_long" } });
    const list = signed(next({ days: 30 }), a, b);
    expect(verify(list, first, NOW + 30 * DAY)).toMatchObject({ error: { code: "trust.expired" } });
  });

  it("names nobody twice: an authority, a key or a domain has one owner", () => {
    const twin = { ...chengdu, id: "500000", trustDomain: "r500000.heliu" };
    const shared = verify(signed(next({ regions: [twin] }), a, b));
    expect(shared).toMatchObject({ error: { code: "trust.malformed" } });
    const stolen = { ...b.entry, id: "z", keys: a.entry.keys };
    const doubled = verify(signed(next({ founders: [a.entry, stolen] }), a, b));
    expect(doubled).toMatchObject({ error: { code: "trust.malformed" } });
  });
});
