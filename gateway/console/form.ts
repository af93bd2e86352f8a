import type { Context } from "hono";
import { type Failure, refusals } from "../../node/kernel/exchange-error.ts";
import { endOfChinaDate, type Instant, isDate } from "../../node/kernel/instant.ts";
import type { Text } from "../../node/kernel/text.ts";
import type { PartialTerms } from "../../node/policy/model.ts";
import { purposes, type RowCondition, rowConditionSchema } from "../../node/policy/model.ts";

export type Form = {
  /** Trimmed; undefined where nothing was written. */
  readonly text: (name: string) => string | undefined;
  readonly all: (name: string) => string[];
  /** What the reader saw of a record. */
  readonly revision: () => number | undefined;
};

/** Lines for conditions that a form shows at least. */
export const ROW_CONDITIONS = 2;
const MOST_ROW_CONDITIONS = 50;
const refuse = refusals({ FORM_INVALID: "invalid-input" });

export async function readForm(c: Context): Promise<Form> {
  const body = await c.req.parseBody({ all: true });
  const all = (name: string) =>
    [body[name] ?? []].flat().filter((value): value is string => typeof value === "string" && value.trim() !== "");
  const text = (name: string) => all(name)[0]?.trim();
  return {
    all,
    text,
    revision: () => {
      const value = text("revision");
      return value !== undefined && /^[0-9]{1,9}$/.test(value) ? Number(value) : undefined;
    },
  };
}

/** The terms a person wrote into the form; whether they may be had is the domain's to say. */
export function termsOf(form: Form): PartialTerms {
  const chosen = form.all("purposes");
  const validTo = form.text("validTo");
  const maxRows = form.text("maxRows");
  const rows = Array.from({ length: MOST_ROW_CONDITIONS }, (_, i) => rowCondition(form, i)).flat();
  return {
    purposes: purposes.filter((purpose) => chosen.includes(purpose)),
    legalBasis: form.text("legalBasis") ?? null,
    fields: form.all("fields"),
    rows,
    limits: { maxRows: maxRows ?? null },
    // What is no day goes on as it was written, and is refused: left out, it would let the old end stand unseen.
    ...(validTo === undefined ? {} : { validTo: endOfDay(validTo) ?? validTo }),
  };
}

/** The moment that ends the day written, in China; undefined where that is no day. */
export function endOfDay(day: string | undefined): Instant | undefined {
  return day !== undefined && isDate(day) ? endOfChinaDate(day) : undefined;
}

function rowCondition(form: Form, position: number): RowCondition[] {
  const field = form.text(`rowField${position}`);
  const value = form.text(`rowValue${position}`);
  if (field === undefined || value === undefined) return [];
  const op = form.text(`rowOp${position}`) ?? "eq";
  const parsed = rowConditionSchema.safeParse({ field, op, value: op === "in" ? value.split(/[,,、\s]+/) : value });
  return parsed.success ? [parsed.data] : [];
}

export function missing(what: Text): Failure {
  return refuse("FORM_INVALID", what);
}
