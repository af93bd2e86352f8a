import { execFile } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { afterEach, describe, expect, it } from "vitest";
import { mustSucceed } from "../../node/kernel/exchange-error.ts";
import { periodOf } from "../../node/kernel/instant.ts";
import { agreementFile } from "../../node/negotiation/agreement-file.ts";
import type { Negotiation } from "../../node/negotiation/model.ts";
import { verifyAgreement } from "../../node/negotiation/verify-agreement.ts";
import type { SettlementTerms } from "../../node/policy/settlement-terms.ts";
import { type Harness, type HarnessRegion, startRegions, until } from "./harness.ts";
import {
  AUTHORISATIONS,
  bindSources,
  callProduct,
  chengduEntry,
  inState,
  PRODUCT,
  requestWhenMirrored,
  sharesOf,
  signedCalls,
  TABLE,
} from "./trade.ts";

const CHENGDU = "510100";
const CHONGQING = "500000";
const GUANGZHOU = "440100";
const CALLS = 12;
const COMPUTE = `${GUANGZHOU}:compute`;

let harness: Harness;
afterEach(() => harness.stop());

const chengdu = () => harness.region(CHENGDU);
const chongqing = () => harness.region(CHONGQING);
const guangzhou = () => harness.region(GUANGZHOU);
const all = () => [chengdu(), chongqing(), guangzhou()];

/** Chengdu's priced service; regions by the settings of one of them. */
async function start(settings: object = {}) {
  harness = await startRegions({
    regions: [CHENGDU, CHONGQING, GUANGZHOU],
    settings: { catalog: { authorisations: AUTHORISATIONS } },
    regionSettings: { [GUANGZHOU]: { ...settings } },
  });
  await chengdu().publish([chengduEntry("cd-scjg-0001"), chengduEntry(TABLE), chengduEntry(PRODUCT)]);
  await bindSources(chengdu(), 50);
}

/** A computing centre of Guangzhou gets a tenth and is repaid its machine hours first. */
function price(agreementId: string): SettlementTerms {
  const shares = sharesOf(agreementId, CHENGDU, CHONGQING);
  const parties = [...shares.parties, { partyId: COMPUTE, role: "compute" as const, regionId: GUANGZHOU }];
  const weights = ["80", "10", "10"].map((weight, i) => ({ partyId: parties[i]?.partyId ?? "", weight }));
  return {
    ...shares,
    parties,
    compensation: [{ partyId: COMPUTE, resource: "gpu-hour", rateMicro: "200000" }],
    scheme: { kind: "fixed", weights },
  };
}

/** Asked for, countered with the third region's party, accepted. Answers Chongqing's negotiation. */
async function accepted(): Promise<Negotiation> {
  const asked = await requestWhenMirrored(side(chengdu()), side(chongqing()), PRODUCT, ["industrial"]);
  const seen = await until(async () => {
    const { items } = await chengdu().node().negotiations.list({ limit: 50 });
    return items.find(({ peerPid, state }) => peerPid === asked.id && state === "REQUESTED");
  });
  const terms = { price: price(seen.agreementId ?? "") };
  mustSucceed(await chengdu().node().negotiations.counter(chengdu().as("approver"), seen.id, terms, "含算力"));
  await inState(side(chongqing()), asked.id, "OFFERED");
  mustSucceed(await chongqing().node().negotiations.accept(chongqing().as("requester"), asked.id));
  return asked;
}

const side = (region: HarnessRegion) => ({ region, node: region.node });

async function countersigned(asked: Negotiation): Promise<string> {
  await inState(side(chongqing()), asked.id, "AGREED");
  mustSucceed(await chongqing().node().negotiations.approve(chongqing().as("approver"), asked.id, "会签"));
  const { agreementId } = await inState(side(chongqing()), asked.id, "FINALIZED");
  return agreementId ?? "";
}

async function inForceEverywhere(id: string) {
  return Promise.all(
    all().map(({ node }) =>
      until(async () => {
        const found = await node().negotiations.agreement(id);
        return found.ok && found.value.status === "in-force" ? found.value : undefined;
      }),
    ),
  );
}

async function settled(id: string) {
  const period = periodOf(Date.now());
  return Promise.all(
    all().map(({ node }) =>
      until(async () => {
        const found = await node().settlements.statement(id, period);
        return found.ok && found.value.matched ? found.value : undefined;
      }),
    ),
  );
}

async function closeEarly(region: HarnessRegion, declarations: { readonly [id: string]: unknown } = {}) {
  const options = { early: true, reason: "验收", declarations };
  mustSucceed(await region.node().settlements.close(region.as("finance"), periodOf(Date.now()), options));
}

describe("three regions over mutual TLS", () => {
  it("agree, use, settle and post with three signatures; the third is away twice meanwhile", async () => {
    await start();
    await until(async () => guangzhou().node().trust.current() !== undefined);
    await guangzhou().stop();
    const asked = await accepted();
    const waiting = await until(async () => {
      const found = mustSucceed(await chongqing().node().negotiations.get(chongqing().as("requester"), asked.id));
      return found.reason?.code === "AWAITING_PARTY_SIGNATURE" ? found : undefined;
    });
    expect([waiting.state, waiting.reason?.turn]).toEqual(["ACCEPTED", { region: GUANGZHOU, role: "node" }]);
    expect((await chengdu().node().outbox.pending(GUANGZHOU)).map(({ kind }) => kind)).toEqual([
      "HeliuAgreementProposal",
    ]);

    await guangzhou().start();
    const approver = guangzhou().as("approver");
    const [document] = await until(async () => {
      const found = await guangzhou().node().negotiations.waitingAgreements(approver);
      return found.length > 0 ? found : undefined;
    });
    mustSucceed(
      await guangzhou()
        .node()
        .negotiations.signAgreement(approver, document?.id ?? ""),
    );
    const id = await countersigned(asked);
    const agreements = await inForceEverywhere(id);
    const files = agreements.map((one) => JSON.stringify(agreementFile(one)));
    expect(new Set(files).size).toBe(1);
    const { list } = guangzhou().node().trust.current() ?? {};
    expect(verifyAgreement(JSON.parse(files[0] ?? ""), { list })).toMatchObject({
      value: { signedBy: [CHENGDU, CHONGQING, GUANGZHOU] },
    });
    const told = await verifiedByTheDocumentation(JSON.parse(files[0] ?? ""), { list });
    expect(told).toBe(`${CHENGDU} true\n${CHONGQING} true\n${GUANGZHOU} true\ntrue\n`);

    const agreement = agreements[1];
    if (agreement === undefined) throw new Error("it is in force");
    expect(await callProduct(side(chongqing()), agreement, 0, CALLS)).toBe(CALLS);
    await signedCalls(side(chongqing()), agreement, CALLS);
    await signedCalls(side(chengdu()), agreement, CALLS);
    await guangzhou().stop();
    for (const region of [chengdu(), chongqing()]) await closeEarly(region);
    const { reason } = await until(async () => {
      const found = mustSucceed(await chongqing().node().settlements.statement(id, periodOf(Date.now())));
      return found.reason?.turn?.region === GUANGZHOU ? found : undefined;
    });
    expect(reason?.code).toBe("SETTLEMENT_WAITS_FOR_PEER");
    await guangzhou().start();
    await closeEarly(guangzhou(), {
      [id]: { resources: [{ partyId: COMPUTE, resource: "gpu-hour", quantity: "3" }] },
    });
    const statements = await settled(id);
    expect(new Set(statements.map(({ digest }) => digest)).size).toBe(1);
    expect(statements[2]?.signatures.map(({ region }) => region)).toEqual([GUANGZHOU, CHONGQING, CHENGDU]);
    // 12 × 40 fen, less 3 × 20 fen of machine hours, and a tenth of the rest.
    expect(statements[2]?.statement?.result.totals).toContainEqual({ partyId: COMPUTE, fen: "102" });
    for (const { node } of all()) {
      const balances = await node().ledger.balances();
      const owed = balances.find(({ account }) => account === `${COMPUTE}/payable/CNY`);
      expect(owed?.creditsPosted).toBe("102");
    }
    const { items } = await guangzhou().node().metering.receipts({ agreement: id, limit: 10 });
    expect(items).toEqual([]);
  }, 90_000);

  it("let a node sign by its own rule where its configuration says so", async () => {
    await start({ negotiation: { autoAccept: true } });
    const id = await countersigned(await accepted());
    const held = await inForceEverywhere(id);
    expect(held[2]?.role).toBe("witness-party");
    const { items } = await guangzhou().node().audit.leaves({ agreementId: id, limit: 10 });
    expect(items.map(({ leaf }) => leaf.kind).sort()).toEqual(["agreement.cosigned", "agreement.signed"]);
  }, 60_000);
});

/** The program of docs/protocol.md, as a stranger would run it. */
async function verifiedByTheDocumentation(agreement: object, trustList: object): Promise<string> {
  const page = readFileSync(new URL("../../docs/protocol.md", import.meta.url), "utf8");
  const program = /```js\n(\/\/ node verify\.mjs[\s\S]*?)```/.exec(page)?.[1] ?? "";
  const folder = mkdtempSync(join(tmpdir(), "heliu-verify-"));
  const files = {
    "verify.mjs": program,
    "list.json": JSON.stringify(trustList),
    "agreement.json": JSON.stringify(agreement),
  };
  for (const [name, text] of Object.entries(files)) writeFileSync(join(folder, name), text);
  const args = ["verify.mjs", "list.json", "agreement.json"];
  const { stdout } = await promisify(execFile)(process.execPath, args, { cwd: folder });
  rmSync(folder, { recursive: true });
  return stdout;
}
