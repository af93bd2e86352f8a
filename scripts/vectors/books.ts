import { ok, type Result } from "../../node/kernel/exchange-error.ts";
import type { Balances, LedgerOp } from "../../node/ledger/model.ts";
import { applyOp } from "../../node/ledger/ops.ts";
import { accounts, ledgerHead } from "../../node/ledger/store.ts";
import { journal } from "../../node/settlement/journal.ts";
import type { Ref } from "../../node/storage/collection.ts";
import type { Tx } from "../../node/storage/transact.ts";
import type { Operation } from "./vector-file.ts";

/** ledger.json and journal.json. */
export const books: { readonly [op: string]: Operation } = {
  ops: ({ ops }: { ops: readonly LedgerOp[] }): Result<unknown> => {
    const { tx, records } = emptyTx();
    const results = ops.map((op) => {
      const answer = applyOp(tx, op);
      return answer.ok ? { ok: answer.value } : { error: answer.error.code };
    });
    const balances = [...records]
      .filter(([key]) => key.startsWith(accounts.prefix))
      .map(([, value]) => JSON.parse(value) as Balances)
      .map(({ normal: _, ...balance }) => balance)
      .sort((a, b) => (a.account < b.account ? -1 : 1));
    return ok({ results, balances, closedThrough: tx.get(ledgerHead)?.closedThrough ?? "" });
  },

  journal: ({ transfers }) => journal(transfers),
};

/** A commit over nothing: what the ledger's operations work on, without a store. */
function emptyTx(): { readonly tx: Tx; readonly records: Map<string, string> } {
  const records = new Map<string, string>();
  const tx: Tx = {
    get: <T>({ key }: Ref<T>) => {
      const found = records.get(key);
      return found === undefined ? undefined : (JSON.parse(found) as T);
    },
    put: ({ key }, value) => void records.set(key, JSON.stringify(value)),
    remove: ({ key }) => void records.delete(key),
  };
  return { tx, records };
}
