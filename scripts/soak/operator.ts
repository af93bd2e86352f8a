import { setTimeout as delay } from "node:timers/promises";
import type { Role } from "../../node/identity/model.ts";
import { CliFault, call, callJson } from "../cli/client.ts";
import type { SoakNode } from "./soak-node.ts";

const POLL_MS = 15;
const PATIENCE_MS = 180_000;

export type Write<T> = {
  readonly what: string;
  readonly act: () => Promise<T>;
  /** Looked at after the node went away before it answered: what the write led to, or undefined if it did not happen. */
  readonly happened: () => Promise<T | undefined>;
  /** Looked at when all is over; by default that it happened. */
  readonly holds?: (acknowledged: T) => Promise<boolean>;
};

/** What the trial expected did not come. */
export class TrialFault extends Error {}

/**
 * The people at both nodes. A node may go away at any moment: reads are repeated; a write is looked for before it is made
 * again, and every acknowledged one is remembered, to be looked for at the end.
 */
export class Operator {
  readonly #made: { readonly what: string; readonly holds: () => Promise<boolean> }[] = [];
  acknowledged = 0;

  async write<T>(node: SoakNode, { what, act, happened, holds }: Write<T>): Promise<T> {
    const made = await patiently(what, node, async (isRepeated) => {
      const seen = isRepeated ? await happened() : undefined;
      if (seen !== undefined) return seen;
      const answer = await act();
      this.acknowledged += 1;
      return answer;
    });
    // One that was only seen afterwards is not acknowledged; but it was seen, so it must stay as well.
    const check = holds ?? (async () => (await happened()) !== undefined);
    this.#made.push({ what, holds: () => check(made) });
    return made;
  }

  read<T>(node: SoakNode, role: Role, path: string): Promise<T> {
    return patiently(path, node, () => callJson<T>(node.as(role), path));
  }

  bytes(node: SoakNode, role: Role, path: string): Promise<Buffer> {
    return patiently(path, node, async () => Buffer.from(await (await call(node.as(role), path)).arrayBuffer()));
  }

  /** Asks again until the answer is there. */
  async until<T>(what: string, ask: () => Promise<T>, isDone: (answer: T) => boolean): Promise<T> {
    const deadline = performance.now() + PATIENCE_MS;
    for (;;) {
      const answer = await ask();
      if (isDone(answer)) return answer;
      if (performance.now() > deadline) {
        throw new TrialFault(`${what} did not happen in ${PATIENCE_MS} ms: ${JSON.stringify(answer)?.slice(0, 1_500)}`);
      }
      await delay(POLL_MS);
    }
  }

  /** Writes that were acknowledged or seen, and are not there any more. */
  async lost(): Promise<string[]> {
    const lost: string[] = [];
    for (const { what, holds } of this.#made) if (!(await holds())) lost.push(what);
    return lost;
  }
}

/** `attempt` is told whether an earlier one broke off, so that nobody knows what came of it. */
async function patiently<T>(what: string, node: SoakNode, attempt: (isRepeated: boolean) => Promise<T>): Promise<T> {
  const deadline = performance.now() + PATIENCE_MS;
  for (let isRepeated = false; ; isRepeated = true) {
    await node.ready();
    try {
      return await attempt(isRepeated);
    } catch (fault) {
      if (!isAway(fault)) throw fault;
      if (performance.now() > deadline) throw new TrialFault(`${what}: ${node.id} stayed away for ${PATIENCE_MS} ms`);
    }
    await delay(POLL_MS);
  }
}

/** The connection broke, before or in the middle of the answer; a refusal is a `CliFault` of another code. */
function isAway(fault: unknown): boolean {
  // A disk that failed is as good as away: the node has to be restarted, and knows nobody's answer.
  if (fault instanceof CliFault) return ["CLI_UNREACHABLE", "STORE_FAILED", "STORE_CLOSED"].includes(fault.code);
  return fault instanceof TypeError && ["terminated", "fetch failed"].includes(fault.message);
}
