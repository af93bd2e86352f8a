import type { Agreement } from "../../node/negotiation/model.ts";
import { callJson } from "../cli/client.ts";
import type { EquipmentFiles } from "./equipment.ts";
import { chapter, elapsedSince, expectThat, tell, until } from "./narrate.ts";
import { as, type DemoRegion } from "./region.ts";

type Answers = {
  answered: number;
  refused: number;
  answers: { output?: { [name: string]: string }; refusal?: { code: string; rule: string } }[];
};

/** A thousand priced calls with yes/no answers, and one outside the agreed scope that is refused and recorded. */
export async function narrateCalls(
  chengdu: DemoRegion,
  chongqing: DemoRegion,
  agreement: Agreement,
  files: EquipmentFiles,
) {
  chapter(5, "授权运营产品:核验 1,000 次并计量", "Priced product: called 1,000 times and metered");
  const path = `/agreements/${encodeURIComponent(agreement.id)}/calls`;
  const inputs = Array.from({ length: 1_000 }, (_, i) => {
    const { reg_code = "", uscc = "" } = files.registrations[i * 7] ?? {};
    // Every tenth asks with a credit code that does not hold the registration: the honest answer is "no".
    return { request_id: `q-${i + 1}`, reg_code, uscc: i % 10 === 9 ? "91510113XXXX000000" : uscc };
  });
  const began = performance.now();
  const done = await callJson<Answers>(as(chongqing, "requester"), path, { body: { inputs, purpose: "industrial" } });
  expectThat(done.answered === 1_000 && done.refused === 0, "1,000 answers", [done.answered, done.refused]);
  const yes = done.answers.filter((one) => one.output?.registered_flag === "yes").length;
  expectThat(yes === 900, "900 registrations confirmed, 100 not", yes);
  tell(
    `1,000 次核验:是 ${yes}、否 ${1_000 - yes},${elapsedSince(began)} 毫秒;只给结论,不给记录`,
    `1,000 verifications: ${yes} yes, ${1_000 - yes} no, ${elapsedSince(began)} ms; conclusions only, no record`,
  );
  const outside = await callJson<Answers>(as(chongqing, "requester"), path, {
    body: { inputs: inputs.slice(0, 1), purpose: "public-welfare" },
  });
  const refusal = outside.answers[0]?.refusal;
  expectThat(
    outside.refused === 1 && refusal?.code === "PURPOSE_NOT_ALLOWED",
    "a call outside the scope is refused",
    outside,
  );
  await recorded(chengdu, agreement.id);
  tell(
    `超出约定用途的 1 次调用被拒(${refusal?.code},${refusal?.rule}),已存证,不计费`,
    `One call outside the agreed purpose is refused (${refusal?.code}, ${refusal?.rule}), recorded, not charged`,
  );
  const receipts = await windows(chengdu, chongqing, agreement.id);
  return { answered: done.answered, refused: outside.refused, receipts };
}

async function recorded(chengdu: DemoRegion, agreementId: string): Promise<void> {
  const query = new URLSearchParams({ agreement: agreementId, kind: "policy.refused", limit: "10" });
  const ask = () => callJson<{ items: unknown[] }>(as(chengdu, "auditor"), `/events?${query}`);
  await until("the refusal is in the log", ask, (page) => page.items.length > 0);
}

/** Both sides hold the same window receipts, each with both signatures. */
async function windows(chengdu: DemoRegion, chongqing: DemoRegion, agreementId: string): Promise<number> {
  type Held = {
    coreDigest: string;
    providerSignature: string;
    consumerSignature: string | null;
    core: { usage: { calls?: string } };
  };
  const query = new URLSearchParams({ agreement: agreementId, limit: "200" });
  const ask = (region: DemoRegion) => async () =>
    (await callJson<{ items: Held[] }>(as(region, "finance"), `/receipts?${query}`)).items;
  const complete = (held: Held[]) =>
    held.reduce((calls, one) => calls + Number(one.core.usage.calls ?? 0), 0) === 1_000 &&
    held.every((one) => one.consumerSignature !== null);
  const [theirs, ours] = await Promise.all([
    until("成都 holds all receipts", ask(chengdu), complete),
    until("重庆 holds all receipts", ask(chongqing), complete),
  ]);
  expectThat(
    theirs.map((one) => one.coreDigest).join() === ours.map((one) => one.coreDigest).join(),
    "the same receipts on both sides",
    [theirs.length, ours.length],
  );
  tell(
    `窗口凭据 ${ours.length} 张,双方签名,1,000 次一次不差`,
    `${ours.length} window receipts, signed by both, exactly 1,000 calls`,
  );
  return ours.length;
}
