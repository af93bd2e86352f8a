import type { HeldReceipt } from "../../node/metering/model.ts";
import type { Agreement } from "../../node/negotiation/model.ts";
import type { Transfer } from "../../node/transfer/model.ts";
import { CliFault, callJson } from "../cli/client.ts";
import type { Material } from "./material.ts";
import { type Operator, TrialFault } from "./operator.ts";
import type { SoakNode } from "./soak-node.ts";

type Sides = { readonly operator: Operator; readonly chengdu: SoakNode; readonly chongqing: SoakNode };

const at = (id: string) => `/transfers/${encodeURIComponent(id)}`;

/** Moved whole; the second one suspended in the middle and resumed. */
export async function playTransfer(sides: Sides, agreement: Agreement, isSuspended: boolean): Promise<void> {
  const { operator, chongqing } = sides;
  const started = await operator.write(chongqing, {
    what: `transfer of ${agreement.entry.id}`,
    act: () =>
      callJson<Transfer>(chongqing.as("requester"), "/transfers", {
        body: { agreementId: agreement.id, selection: {} },
      }),
    happened: async () => {
      const path = `/transfers?limit=100&agreement=${encodeURIComponent(agreement.id)}`;
      return (await operator.read<{ items: Transfer[] }>(chongqing, "requester", path)).items[0];
    },
  });
  const look = () => operator.read<Transfer>(chongqing, "requester", at(started.id));
  if (isSuspended) await suspendAndResume(sides, look);
  const done = await operator.until(`transfer of ${agreement.entry.id} completes`, look, isOver);
  if (done.state !== "COMPLETED") throw new TrialFault(`the transfer ended ${done.state}: ${done.reason?.code}`);
}

function isOver({ state }: Transfer): boolean {
  return state === "COMPLETED" || state === "TERMINATED";
}

async function suspendAndResume({ operator, chongqing }: Sides, look: () => Promise<Transfer>): Promise<void> {
  const seen = await operator.until("two batches arrived", look, (t) => Number(t.batches) >= 2 || isOver(t));
  const control = (action: "suspend" | "resume", happened: (timeline: string) => boolean) =>
    operator.write(chongqing, {
      what: `${action} of ${seen.entry.id}`,
      act: () => callJson<Transfer>(chongqing.as("requester"), `${at(seen.id)}/${action}`, { body: {} }),
      happened: async () => {
        const now = await look();
        return happened(now.timeline.map(({ to }) => to).join()) ? now : undefined;
      },
    });
  try {
    await control("suspend", (states) => states.includes("SUSPENDED"));
  } catch (fault) {
    // It went on by itself while the node was away, and came to its end: there is nothing left to suspend.
    if (fault instanceof CliFault && isOver(await look())) return;
    throw fault;
  }
  await control("resume", (states) => /SUSPENDED,STARTED/.test(states));
}

const REQUESTS = 5;
/** One request to the provider each, so that every window holds exactly these. */
const CALLS = 60;

type Answers = {
  readonly answers: readonly { readonly callId: string; readonly refusal?: { readonly code: string } }[];
};

/** Priced calls under ids of our own; one outside the agreed purpose, which is refused and costs nothing. */
export async function playCalls(sides: Sides, agreement: Agreement, material: Material): Promise<void> {
  for (let request = 0; request < REQUESTS; request++) {
    const numbers = Array.from({ length: CALLS }, (_, i) => request * CALLS + i);
    const inputs = numbers.map((n) => ({ request_id: `q-${n}`, ...material.registrations[n * 7] }));
    const callIds = numbers.map((n) => `call-${n}`);
    await callUntilMetered(sides, agreement, { inputs, callIds, purpose: "industrial" });
    await untilSigned(sides, agreement.id, (request + 1) * CALLS);
  }
  const [input = {}] = material.registrations;
  const outside = { inputs: [{ request_id: "q-x", ...input }], callIds: ["call-x"], purpose: "public-welfare" };
  await callOnce(sides, agreement, outside, (code) => code === "PURPOSE_NOT_ALLOWED");
}

type Calls = { readonly inputs: readonly object[]; readonly callIds: readonly string[]; readonly purpose: string };

/** Repeated under the same ids until each call is known to be metered: answered, or signed for after its answer was lost. */
async function callUntilMetered(sides: Sides, agreement: Agreement, calls: Calls): Promise<void> {
  const isMetered = (code: string | undefined) => code === undefined || code === "CALL_SETTLED";
  for (let attempt = 0; attempt < 20; attempt++) {
    if (await callOnce(sides, agreement, calls, isMetered, attempt < 19)) return;
    await sides.chengdu.ready();
  }
}

async function callOnce(
  { operator, chongqing }: Sides,
  agreement: Agreement,
  calls: Calls,
  isExpected: (code: string | undefined) => boolean,
  mayRepeat = true,
): Promise<boolean> {
  const { answers } = await operator.write(chongqing, {
    what: `${calls.callIds.length} calls from ${calls.callIds[0]}`,
    act: () =>
      callJson<Answers>(chongqing.as("requester"), `/agreements/${encodeURIComponent(agreement.id)}/calls`, {
        body: calls,
      }),
    happened: async () => undefined,
    // The receipts, counted at the end, say how many were metered.
    holds: async () => true,
  });
  const codes = answers.map(({ refusal }) => refusal?.code);
  const isDone = codes.every(isExpected);
  if (isDone || (mayRepeat && codes.every((code) => isExpected(code) || isPassing(code)))) return isDone;
  throw new TrialFault(`calls were answered with ${[...new Set(codes)].join()}`);
}

function isPassing(code: string | undefined): boolean {
  return code !== undefined && ["PEER_UNAVAILABLE", "PEER_NO_ANSWER", "WINDOW_UNSIGNED"].includes(code);
}

/** Both hold receipts over so many calls, all with both signatures. */
async function untilSigned({ operator, chengdu, chongqing }: Sides, agreementId: string, calls: number) {
  for (const node of [chengdu, chongqing]) {
    const path = `/receipts?limit=200&agreement=${encodeURIComponent(agreementId)}`;
    const ask = async () => (await operator.read<{ items: HeldReceipt[] }>(node, "finance", path)).items;
    await operator.until(`${node.id} holds receipts over ${calls} calls`, ask, (held) => {
      const metered = held.reduce((sum, { core }) => sum + Number(core.usage.calls ?? 0), 0);
      return metered >= calls && held.every(({ consumerSignature }) => consumerSignature !== null);
    });
  }
}
