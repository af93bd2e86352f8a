import type { ExchangeError } from "../kernel/exchange-error.ts";
import { instantOf } from "../kernel/instant.ts";
import type { Logger } from "../kernel/logger.ts";
import type { Runtime } from "../kernel/runtime.ts";
import type { LedgerCheck } from "./check.ts";
import type { Ledger } from "./service.ts";

/** A check of everything, from the first record on; it takes a while, so one asks how far it is. */
export type FullCheckState = {
  readonly startedAt: string;
  readonly endedAt: string | null;
  /** Records looked at, of so many. */
  readonly done: number;
  readonly total: number;
  readonly result: LedgerCheck | null;
  readonly error: ExchangeError | null;
};

export type FullCheck = {
  /** Begins one, unless one is under way. */
  readonly begin: () => FullCheckState;
  /** Of the last one. */
  readonly state: () => FullCheckState | null;
};

export function createFullCheck(deps: {
  readonly ledger: Pick<Ledger, "check">;
  readonly runtime: Pick<Runtime, "nowMs">;
  readonly logger: Logger;
}): FullCheck {
  const now = () => instantOf(deps.runtime.nowMs());
  let state: FullCheckState | null = null;

  async function run(begun: FullCheckState): Promise<void> {
    let seen = begun;
    const checked = await deps.ledger.check((done, total) => {
      seen = { ...seen, done, total };
      state = seen;
    });
    const ended = { ...seen, endedAt: now() };
    state = checked.ok ? { ...ended, result: checked.value } : { ...ended, error: checked.error };
    if (!checked.ok)
      deps.logger.error({ code: checked.error.code, ...checked.error.details }, "the books are not in order");
  }

  return {
    begin() {
      if (state !== null && state.endedAt === null) return state;
      const begun = { startedAt: now(), endedAt: null, done: 0, total: 0, result: null, error: null };
      state = begun;
      run(begun).catch((fault: unknown) => {
        deps.logger.error({ err: fault }, "the check of the books broke off");
        state = null;
      });
      return begun;
    },
    state: () => state,
  };
}
