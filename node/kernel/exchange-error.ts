import type { Text } from "./text.ts";

/**
 * Everything that may go wrong on purpose, as a closed list: each transport maps every kind in one exhaustive table,
 * so a new kind does not compile until gRPC, HTTP and the Dataspace Protocol know it.
 */
export type ErrorKind =
  | "invalid-input"
  | "too-large"
  | "unauthenticated"
  | "forbidden"
  | "not-found"
  | "conflict"
  | "illegal-transition"
  | "policy-denied"
  | "limit-exceeded"
  | "not-yet"
  | "unavailable"
  | "integrity";

/** Facts for a program. Strings only, so that they travel in canonical JSON. */
export type Details = { readonly [name: string]: string | readonly string[] };

/**
 * A refusal. `kind` decides the transport status; `code` is the stable name the references use (`BAD_QUANTITY`,
 * `tls.expired`); `text` says what, why and what to do, for a person. A fault that is not expressed like this is a bug, and throws.
 */
export type ExchangeError = {
  readonly kind: ErrorKind;
  readonly code: string;
  readonly text: Text;
  readonly details?: Details;
};

export type Failure = { readonly ok: false; readonly error: ExchangeError };
export type Result<T> = { readonly ok: true; readonly value: T } | Failure;

export const ok = <T>(value: T): Result<T> => ({ ok: true, value });
export const err = (error: ExchangeError): Failure => ({ ok: false, error });

/** What a room declares once: each of its codes and the kind it belongs to. */
export type CodeTable = { readonly [code: string]: ErrorKind };

/**
 * A room's way to refuse: `const refuse = refusals({ BAD_PRICE: "invalid-input" })`, then
 * `return refuse("BAD_PRICE", { zh, en }, { lineId })`. A code that the room did not declare does not compile.
 */
export function refusals<const T extends CodeTable>(table: T) {
  return (code: keyof T & string, text: Text, details?: Details): Failure => {
    const kind = table[code] as ErrorKind;
    return err(details === undefined ? { kind, code, text } : { kind, code, text, details });
  };
}

/** A room's sentence with its `{name}`s filled in from the details of the refusal. */
export function filled({ zh, en }: Text, details: Details): Text {
  const fill = (sentence: string) => sentence.replace(/\{(\w+)\}/g, (_, name: string) => String(details[name] ?? "—"));
  return { zh: fill(zh), en: fill(en) };
}

/** For places where a failure can only be a bug: turns it into a throw that keeps the code. */
export function mustSucceed<T>(result: Result<T>): T {
  if (result.ok) return result.value;
  throw new Error(`${result.error.code}: ${result.error.text.en}`);
}
