import { z } from "zod";
import { type Canonical, canonicalize, canonicalText } from "../kernel/canonical-json.ts";
import { ok, type Result } from "../kernel/exchange-error.ts";
import { type UsageTerms, usageTermsSchema } from "./model.ts";
import { denied } from "./refusal.ts";

/** An identifier, never fetched. Heliu's left operands are full IRIs so that none is taken for a word of a JSON-LD context. */
const NAMESPACE = "https://heliu.example/ns/";

type Operand = string | readonly string[];
type Constraint = { readonly leftOperand: string; readonly operator: string; readonly rightOperand: Operand };

/** How each Heliu term reads as an ODRL constraint; structured ones travel as canonical JSON text. */
const OPERATORS = {
  purpose: "isAnyOf",
  legalBasis: "eq",
  fields: "isAnyOf",
  rows: "eq",
  masks: "eq",
  maxRows: "lteq",
  maxBytes: "lteq",
  maxCallsPerMonth: "lteq",
  freeCallsPerMonth: "lteq",
  rowsPerSecond: "lteq",
  validFrom: "gteq",
  validTo: "lteq",
  channel: "eq",
  price: "eq",
} as const;
type Term = keyof typeof OPERATORS;

const LIMITS = ["maxRows", "maxBytes", "maxCallsPerMonth", "freeCallsPerMonth", "rowsPerSecond"] as const;

/** A policy with all of these stands for itself; otherwise it is a few wishes about a published offer. */
const WHOLE: readonly Term[] = ["purpose", "fields", "validFrom", "validTo"];

/** What stands around the rules: an offer of a catalogue has no target, an agreement has everything. */
export type PolicyFrame = {
  readonly "@id": string;
  readonly "@type": "Offer" | "Agreement";
  readonly target?: string;
  readonly assigner?: string;
  readonly assignee?: string;
  readonly timestamp?: string;
};

export type OdrlPolicy = PolicyFrame & {
  readonly permission: readonly { readonly action: "use"; readonly constraint: readonly Constraint[] }[];
};

/** The terms as an ODRL policy of the Dataspace Protocol's subset. `fromOdrl` gives exactly the same terms back. */
export function toOdrl(terms: UsageTerms, frame: PolicyFrame): OdrlPolicy {
  const { limits } = terms;
  const constraint = [
    write("purpose", terms.purposes),
    terms.legalBasis === null ? undefined : write("legalBasis", terms.legalBasis),
    write("fields", terms.fields),
    terms.rows.length === 0 ? undefined : write("rows", canonicalText(terms.rows as Canonical)),
    Object.keys(terms.masks).length === 0 ? undefined : write("masks", canonicalText(terms.masks)),
    ...LIMITS.map((name) => {
      const limit = limits[name] ?? null;
      return limit === null ? undefined : write(name, limit);
    }),
    write("validFrom", terms.validFrom),
    write("validTo", terms.validTo),
    write("channel", terms.channel),
    terms.price === null ? undefined : write("price", canonicalText(terms.price as Canonical)),
  ].filter((one) => one !== undefined);
  return { ...frame, permission: [{ action: "use", constraint }] };
}

const policySchema = z.looseObject({
  permission: z
    .array(
      z.looseObject({
        action: z.string(),
        constraint: z
          .array(
            z.looseObject({
              leftOperand: z.string().max(500),
              operator: z.string().max(50),
              rightOperand: z.union([z.string().max(65_536), z.array(z.string().max(500)).max(1_000)]),
            }),
          )
          .max(50)
          .default([]),
      }),
    )
    .length(1),
});

/** Rules that Heliu gives no meaning to; one that is present is refused, never ignored. */
const UNSUPPORTED = ["prohibition", "obligation"] as const;

/**
 * The terms of a policy, or a refusal naming what is not understood. A policy that leaves out purpose, fields or dates is
 * filled from `published`, the offer it answers (a connector that knows no Heliu terms sends next to nothing).
 */
export function fromOdrl(policy: unknown, published?: UsageTerms): Result<UsageTerms> {
  const parsed = policySchema.safeParse(policy);
  if (!parsed.success) return malformed(parsed.error.issues[0]?.path.join(".") ?? "");
  const [rule] = parsed.data.permission;
  if (rule === undefined) return malformed("permission");
  for (const name of UNSUPPORTED) if (isPresent(parsed.data[name])) return unknown(name);
  if (isPresent(rule.duty)) return unknown("duty");
  if (rule.action !== "use" && rule.action !== "http://www.w3.org/ns/odrl/2/use") return unknown(rule.action);

  const found = new Map<Term, Operand>();
  for (const { leftOperand, operator, rightOperand } of rule.constraint) {
    const term = termOf(leftOperand);
    if (term === undefined || found.has(term)) return unknown(leftOperand);
    if (operator !== OPERATORS[term]) return unknown(`${leftOperand} ${operator}`);
    found.set(term, rightOperand);
  }
  return assemble(found, published);
}

function assemble(found: ReadonlyMap<Term, Operand>, published: UsageTerms | undefined): Result<UsageTerms> {
  const isWhole = WHOLE.every((term) => found.has(term));
  const base = published === undefined || isWhole ? undefined : filling(published, asList(found.get("purpose")));
  let rows: unknown;
  let masks: unknown;
  let price: unknown;
  try {
    rows = structured(found.get("rows"));
    masks = structured(found.get("masks"));
    price = structured(found.get("price"));
  } catch {
    return malformed("rightOperand");
  }
  const limits = Object.fromEntries(LIMITS.flatMap((name) => (found.has(name) ? [[name, found.get(name)]] : [])));
  const terms = usageTermsSchema.safeParse({
    ...base,
    ...present("purposes", asList(found.get("purpose"))),
    ...present("legalBasis", found.get("legalBasis")),
    ...present("fields", asList(found.get("fields"))),
    ...present("rows", rows),
    ...present("masks", masks),
    limits: { ...base?.limits, ...limits },
    ...present("validFrom", found.get("validFrom")),
    ...present("validTo", found.get("validTo")),
    ...present("channel", found.get("channel")),
    ...present("price", price),
  });
  if (!terms.success) return malformed(terms.error.issues[0]?.path.join(".") ?? "");
  // Terms are signed, and numbers inside a price scheme or broken text have no canonical form.
  const canonical = canonicalize(terms.data);
  return canonical.ok ? ok(terms.data) : canonical;
}

/** Price terms come with the industrial purpose only; whoever asks for another one is not offered a bill. */
function filling(published: UsageTerms, purposes: Operand | undefined): UsageTerms {
  const isPriced = (purposes ?? published.purposes).includes("industrial");
  return isPriced ? published : { ...published, price: null };
}

function write(term: Term, rightOperand: Operand): Constraint {
  return { leftOperand: NAMESPACE + term, operator: OPERATORS[term], rightOperand };
}

function termOf(leftOperand: string): Term | undefined {
  if (!leftOperand.startsWith(NAMESPACE)) return undefined;
  const name = leftOperand.slice(NAMESPACE.length);
  return Object.hasOwn(OPERATORS, name) ? (name as Term) : undefined;
}

function structured(operand: Operand | undefined): unknown {
  return typeof operand === "string" ? JSON.parse(operand) : operand;
}

function asList(operand: Operand | undefined): Operand | undefined {
  return typeof operand === "string" ? [operand] : operand;
}

function present(name: string, value: unknown): { readonly [name: string]: unknown } {
  return value === undefined ? {} : { [name]: value };
}

function isPresent(value: unknown): boolean {
  return value !== undefined && value !== null && !(Array.isArray(value) && value.length === 0);
}

function malformed(place: string): Result<never> {
  return denied({
    code: "POLICY_MALFORMED",
    rule: "policy.odrl",
    text: {
      zh: `策略不是 Heliu 能执行的 ODRL 形式(${place});请从目录中的要约出发填写。`,
      en: `The policy is not ODRL that Heliu can carry out (${place}); start from the offer in the catalogue.`,
    },
    details: { place },
  });
}

function unknown(name: string): Result<never> {
  return denied({
    code: "POLICY_UNKNOWN_CONSTRAINT",
    rule: "policy.odrl",
    text: {
      zh: `策略含有 Heliu 不能执行的约束或动作“${name.slice(0, 200)}”;请去掉后重试。`,
      en: `The policy holds a constraint or action that Heliu cannot carry out, "${name.slice(0, 200)}"; leave it out.`,
    },
    details: { name: name.slice(0, 200) },
  });
}
