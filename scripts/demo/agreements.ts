import { chinaDateOf, msOf } from "../../node/kernel/instant.ts";
import type { Agreement, Negotiation } from "../../node/negotiation/model.ts";
import type { SettlementTerms } from "../../node/policy/settlement-terms.ts";
import { callJson } from "../cli/client.ts";
import { chapter, elapsedSince, expectThat, tell, until } from "./narrate.ts";
import { as, type DemoRegion } from "./region.ts";

type Told = { id: string; mode: string; state: string; tookMs: number; agreementDigest: string | null };
export type Agreements = {
  readonly negotiations: Told[];
  readonly auto: Agreement;
  readonly approved: Agreement;
  readonly product: Agreement;
  readonly outside: Agreement;
};

const at = (id: string) => `/negotiations/${encodeURIComponent(id)}`;

/** Four ways a negotiation goes: agreed at once, by a person, after a counter-offer, refused by a rule. */
export async function narrateAgreements(chengdu: DemoRegion, chongqing: DemoRegion): Promise<Agreements> {
  chapter(3, "协商:自动、审批、还价、拒绝", "Negotiations: automatic, approved, countered, refused");
  const auto = await agreedAtOnce(chongqing, "cd-scjg-0004");
  const approved = await approvedByPerson(chengdu, chongqing);
  const countered = await agreedAfterCounter(chengdu, chongqing);
  const refused = await refusedByRule(chongqing);
  const outside = await agreedAtOnce(chongqing, "cd-scjg-0012");
  const agreements = await Promise.all(
    [auto, approved, countered, outside].map((told) => sameDigest(chengdu, chongqing, told.agreementId)),
  );
  const [first, second, third, fourth] = agreements as [Agreement, Agreement, Agreement, Agreement];
  tell(
    "每份协议都是一份规范文档,双方签名、双方日志中的摘要相同",
    "Each agreement is one canonical document, signed by both, the same digest on both sides",
  );
  return {
    negotiations: [auto, approved, countered, refused].map(({ agreementId: _id, ...told }) => told),
    auto: first,
    approved: second,
    product: third,
    outside: fourth,
  };
}

type Settled = Told & { agreementId: string };

async function request(
  region: DemoRegion,
  entryId: string,
  purposes: string[],
  terms?: object,
  comment?: string,
): Promise<Negotiation> {
  return callJson<Negotiation>(as(region, "requester"), "/negotiations", {
    body: {
      region: "510100",
      entryId,
      purposes,
      legalBasis: "特种设备安全监察职责",
      ...(terms === undefined ? {} : { terms }),
      ...(comment === undefined ? {} : { comment }),
    },
  });
}

const look = (region: DemoRegion, id: string) => () => callJson<Negotiation>(as(region, "approver"), at(id));

async function finish(region: DemoRegion, id: string, began: number, state = "FINALIZED"): Promise<Settled> {
  const done = await until(`negotiation ${id} is ${state}`, look(region, id), (n) => n.state === state);
  return {
    id,
    mode: done.mode,
    state: done.state,
    tookMs: elapsedSince(began),
    agreementDigest: done.agreementDigest,
    agreementId: done.agreementId ?? "",
  };
}

async function agreedAtOnce(chongqing: DemoRegion, entryId: string): Promise<Settled> {
  const began = performance.now();
  const asked = await request(chongqing, entryId, ["public-governance"]);
  const done = await finish(chongqing, asked.id, began);
  tell(
    `无条件共享《${asked.entry.name}》:自动达成,${done.tookMs} 毫秒`,
    `Unconditional 《${asked.entry.name}》: agreed automatically in ${done.tookMs} ms`,
  );
  return done;
}

async function approvedByPerson(chengdu: DemoRegion, chongqing: DemoRegion): Promise<Settled> {
  const began = performance.now();
  const asked = await request(
    chongqing,
    "cd-scjg-0001",
    ["public-governance"],
    {
      fields: [
        "reg_code",
        "category_code",
        "category_name",
        "user_unit_uscc",
        "user_unit_name",
        "use_address",
        "next_inspect_date",
        "status",
      ],
      rows: [{ field: "division_code", op: "eq", value: "510113" }],
      masks: { user_unit_uscc: "hash", use_address: "partial" },
      limits: { maxRows: "40000", maxBytes: null, maxCallsPerMonth: null, rowsPerSecond: "6000" },
    },
    "川渝电梯联合整治",
  );
  const waiting = await until(
    "成都 sees the request",
    () => peerView(chengdu, asked.id),
    (n) => n?.reason?.turn?.region === chengdu.id && n.reason.turn.role === "approver",
  );
  // A workday deadline ends at 24:00 in China; a millisecond earlier still shows its own date.
  const due = chinaDateOf(msOf(waiting?.reason?.until ?? "") - 1);
  tell(
    `有条件共享《${asked.entry.name}》:等成都审批人处理,${due} 24:00(北京时间)前(${waiting?.reason?.rule})`,
    `Conditional 《${asked.entry.name}》: waits for 成都's approver until ${due} 24:00 China time (${waiting?.reason?.rule})`,
  );
  await callJson(as(chengdu, "approver"), `${at(waiting?.id ?? "")}/approve`, {
    body: { comment: "符合监察职责,同意" },
  });
  const done = await finish(chongqing, asked.id, began);
  tell(
    `成都审批人通过接口批准(与申请人不是同一人),${done.tookMs} 毫秒`,
    `Approved through the API by someone other than the requester, ${done.tookMs} ms`,
  );
  return done;
}

async function peerView(provider: DemoRegion, consumerPid: string): Promise<Negotiation | undefined> {
  const { items } = await callJson<{ items: Negotiation[] }>(as(provider, "approver"), "/negotiations?limit=100");
  return items.find((n) => n.peerPid === consumerPid);
}

/** What the two regions agree to: the price of the catalogue, and who receives which part. */
export function benefitTerms(agreementId: string): SettlementTerms {
  const parties = [
    ["510100:provider", "provider", "510100", "55"],
    ["510100:operator", "operator", "510100", "25"],
    ["500000:storage", "storage", "500000", "8"],
    ["510100:compute", "compute", "510100", "7"],
    ["500000:service", "service", "500000", "5"],
  ] as const;
  return {
    agreementId,
    parties: parties.map(([partyId, role, regionId]) => ({ partyId, role, regionId })),
    vatBp: "600",
    products: [{ productId: "cd-prod-0002", metric: "calls", unitPriceMicro: "400000", capPriceMicro: "500000" }],
    scheme: { kind: "fixed", weights: parties.map(([partyId, , , weight]) => ({ partyId, weight })) },
  };
}

async function agreedAfterCounter(chengdu: DemoRegion, chongqing: DemoRegion): Promise<Settled> {
  const began = performance.now();
  const asked = await request(
    chongqing,
    "cd-prod-0002",
    ["industrial", "public-welfare"],
    undefined,
    "租赁企业批量核验",
  );
  const seen = await until(
    "成都 sees the request",
    () => peerView(chengdu, asked.id),
    (n) => n?.state === "REQUESTED",
  );
  const id = seen?.id ?? "";
  const terms = seen?.terms;
  await callJson(as(chengdu, "approver"), `${at(id)}/counter`, {
    body: {
      terms: {
        fields: terms?.fields.filter((field) => field !== "as_of"),
        purposes: ["industrial"],
        price: benefitTerms(seen?.agreementId ?? ""),
      },
      comment: "去掉数据截止时间,仅限产业用途,按目录价 0.40 元/次",
    },
  });
  await until("重庆 sees the counter-offer", look(chongqing, asked.id), (n) => n.state === "OFFERED");
  tell(
    "授权运营产品:成都还价——字段减少、用途收窄、定价 0.40 元/次、约定分成",
    "Priced product: 成都 counters — fewer fields, narrower purpose, CNY 0.40 a call, agreed shares",
  );
  await callJson(as(chongqing, "requester"), `${at(asked.id)}/accept`, { body: { comment: "接受" } });
  await until("重庆 must countersign", look(chongqing, asked.id), (n) => n.state === "AGREED");
  await callJson(as(chongqing, "approver"), `${at(asked.id)}/approve`, { body: { comment: "会签" } });
  const done = await finish(chongqing, asked.id, began);
  tell(
    `重庆申请人接受、审批人会签,${done.tookMs} 毫秒`,
    `Accepted by 重庆's requester, countersigned by its approver, ${done.tookMs} ms`,
  );
  return done;
}

async function refusedByRule(chongqing: DemoRegion): Promise<Settled> {
  const began = performance.now();
  const asked = await request(chongqing, "cd-scjg-0011", ["public-governance"]);
  const done = await finish(chongqing, asked.id, began, "TERMINATED");
  const { reason } = await look(chongqing, asked.id)();
  expectThat(reason !== null && reason.rule !== "", "the refusal names its rule", reason);
  tell(
    `《${asked.entry.name}》被拒:${reason?.text.zh}(${reason?.code},${reason?.rule})`,
    `《${asked.entry.name}》 refused: ${reason?.text.en} (${reason?.code}, ${reason?.rule})`,
  );
  return done;
}

async function sameDigest(chengdu: DemoRegion, chongqing: DemoRegion, id: string): Promise<Agreement> {
  const path = `/agreements/${encodeURIComponent(id)}`;
  const ours = await callJson<Agreement>(as(chongqing, "approver"), path);
  const theirs = await until(
    "both hold the agreement",
    () => callJson<Agreement>(as(chengdu, "approver"), path),
    (a) => a.status === "in-force",
  );
  expectThat(ours.digest === theirs.digest && ours.document === theirs.document, "one document, one digest", [
    ours.digest,
    theirs.digest,
  ]);
  expectThat(
    ours.consumerSignature !== null && theirs.consumerSignature !== null,
    "both signatures on both sides",
    ours.id,
  );
  return ours;
}
