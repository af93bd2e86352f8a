import type { Agreement, Negotiation } from "../../node/negotiation/model.ts";
import { callJson } from "../cli/client.ts";
import { benefitTerms } from "../demo/agreements.ts";
import { ROWS } from "./material.ts";
import type { Operator } from "./operator.ts";
import type { SoakNode } from "./soak-node.ts";

type Sides = { readonly operator: Operator; readonly chengdu: SoakNode; readonly chongqing: SoakNode };
type Asked = { readonly entryId: string; readonly purposes: readonly string[]; readonly terms?: object };
type Page = { readonly items: readonly Negotiation[] };

const at = (id: string) => `/negotiations/${encodeURIComponent(id)}`;

/** Agreed at once, by a person, after a counter-offer with both countersigning, and refused by a rule. */
export async function playNegotiations(sides: Sides) {
  const auto = await agreedAtOnce(sides, "cd-scjg-0004");
  const approved = await approvedByPerson(sides);
  const product = await agreedAfterCounter(sides);
  const refused = await request(sides, { entryId: "cd-scjg-0011", purposes: ["public-governance"] });
  await inState(sides, refused.id, "TERMINATED");
  return { auto, approved, product };
}

async function request({ operator, chongqing }: Sides, asked: Asked): Promise<Negotiation> {
  const body = { region: "510100", legalBasis: "特种设备安全监察职责", ...asked };
  return operator.write(chongqing, {
    what: `request for ${asked.entryId}`,
    act: () => callJson<Negotiation>(chongqing.as("requester"), "/negotiations", { body }),
    happened: async () => {
      const page = await operator.read<Page>(chongqing, "requester", "/negotiations?limit=100");
      return page.items.find(({ entry }) => entry.id === asked.entryId);
    },
  });
}

/** A decision of a person at `node`; whether it was made shows in the state it leads to. */
async function decide(
  { operator }: Sides,
  node: SoakNode,
  step: {
    readonly id: string;
    readonly action: string;
    readonly role: "approver" | "requester";
    readonly body: object;
    readonly leadsTo: readonly string[];
  },
): Promise<void> {
  const path = `${at(step.id)}/${step.action}`;
  await operator.write(node, {
    what: `${step.action} at ${node.id}`,
    act: () => callJson<Negotiation>(node.as(step.role), path, { body: step.body }),
    happened: async () => {
      const seen = await operator.read<Negotiation>(node, step.role, at(step.id));
      return step.leadsTo.includes(seen.state) ? seen : undefined;
    },
  });
}

function inState({ operator, chongqing }: Sides, id: string, state: string): Promise<Negotiation> {
  const look = () => operator.read<Negotiation>(chongqing, "requester", at(id));
  return operator.until(`negotiation ${id} is ${state}`, look, (negotiation) => negotiation.state === state);
}

function atProvider({ operator, chengdu }: Sides, consumerPid: string, isDue: (seen: Negotiation) => boolean) {
  const look = async () => {
    const page = await operator.read<Page>(chengdu, "approver", "/negotiations?limit=100");
    return page.items.find(({ peerPid }) => peerPid === consumerPid);
  };
  return operator.until("成都 sees the request", look, (seen) => seen !== undefined && isDue(seen));
}

/** The agreement as both hold it. */
async function concluded(sides: Sides, negotiationId: string): Promise<Agreement> {
  const { operator, chengdu, chongqing } = sides;
  const { agreementId } = await inState(sides, negotiationId, "FINALIZED");
  const path = `/agreements/${encodeURIComponent(agreementId ?? "")}`;
  const look = (node: SoakNode) => () => operator.read<Agreement>(node, "approver", path);
  const isInForce = ({ status }: Agreement) => status === "in-force";
  await operator.until("the provider holds it in force", look(chengdu), isInForce);
  return operator.until("the consumer holds it in force", look(chongqing), isInForce);
}

async function agreedAtOnce(sides: Sides, entryId: string): Promise<Agreement> {
  const asked = await request(sides, { entryId, purposes: ["public-governance"] });
  return concluded(sides, asked.id);
}

const FIELDS = [
  ...["reg_code", "category_code", "category_name", "user_unit_uscc"],
  ...["user_unit_name", "use_address", "next_inspect_date", "status"],
];
/** Where the credit code stands in a received line; its pseudonyms are of one agreement only. */
export const PSEUDONYM_COLUMN = FIELDS.indexOf("user_unit_uscc");

async function approvedByPerson(sides: Sides): Promise<Agreement> {
  const terms = {
    fields: FIELDS,
    rows: [{ field: "division_code", op: "eq", value: "510113" }],
    masks: { user_unit_uscc: "hash", use_address: "partial" },
    // Slow enough that somebody can suspend it in the middle.
    limits: { maxRows: String(2 * ROWS), maxBytes: null, maxCallsPerMonth: null, rowsPerSecond: String(ROWS) },
  };
  const asked = await request(sides, { entryId: "cd-scjg-0001", purposes: ["public-governance"], terms });
  const waiting = await atProvider(sides, asked.id, ({ reason }) => reason?.turn?.region === sides.chengdu.id);
  await decide(sides, sides.chengdu, {
    ...{ id: waiting?.id ?? "", action: "approve", role: "approver", body: { comment: "同意" } },
    leadsTo: ["AGREED", "VERIFIED", "FINALIZED"],
  });
  return concluded(sides, asked.id);
}

async function agreedAfterCounter(sides: Sides): Promise<Agreement> {
  const { chengdu, chongqing } = sides;
  const asked = await request(sides, { entryId: "cd-prod-0002", purposes: ["industrial", "public-welfare"] });
  const seen = await atProvider(sides, asked.id, ({ state }) => state === "REQUESTED");
  const fields = seen?.terms.fields.filter((field) => field !== "as_of");
  const terms = { fields, purposes: ["industrial"], price: benefitTerms(seen?.agreementId ?? "") };
  const later = ["ACCEPTED", "AGREED", "VERIFIED", "FINALIZED"];
  const body = { comment: "好" };
  await decide(sides, chengdu, {
    ...{ id: seen?.id ?? "", action: "counter", role: "approver", body: { terms, comment: "仅限产业用途" } },
    leadsTo: ["OFFERED", ...later],
  });
  await inState(sides, asked.id, "OFFERED");
  await decide(sides, chongqing, { id: asked.id, action: "accept", role: "requester", body, leadsTo: later });
  await inState(sides, asked.id, "AGREED");
  const leadsTo = ["VERIFIED", "FINALIZED"];
  await decide(sides, chongqing, { id: asked.id, action: "approve", role: "approver", body, leadsTo });
  return concluded(sides, asked.id);
}
