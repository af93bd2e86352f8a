import { fail } from "./refusal.ts";

/** The forms values take on the wire. Source: settlement.md §1; anything else is refused, never rounded or guessed. */
const INTEGER = /^(0|-?[1-9][0-9]*)$/;
const NATURAL = /^(0|[1-9][0-9]*)$/;
const ID = /^[A-Za-z0-9][A-Za-z0-9._:~@+-]{0,127}$/;
const PERIOD = /^[0-9]{4}-(0[1-9]|1[0-2])$/;

/** Money in fen, which may be negative. */
export function parseFen(value: unknown, field = "fen"): bigint {
  if (typeof value !== "string" || !INTEGER.test(value)) fail("BAD_INTEGER", { field, value: shown(value) });
  return BigInt(value);
}

export function parseNatural(value: unknown, field: string): bigint {
  if (typeof value !== "string" || !NATURAL.test(value)) fail("BAD_INTEGER", { field, value: shown(value) });
  return BigInt(value);
}

/** A quantity may be negative: corrections take back. */
export function parseQuantity(value: unknown): bigint {
  if (typeof value !== "string" || !INTEGER.test(value)) fail("BAD_QUANTITY", { value: shown(value) });
  return BigInt(value);
}

export function parsePrice(value: unknown): bigint {
  if (typeof value !== "string" || !NATURAL.test(value)) fail("BAD_PRICE", { value: shown(value) });
  return BigInt(value);
}

/** The price is for that many units; absent means 1. */
export function parsePer(value: unknown): bigint {
  const per = parsePrice(value ?? "1");
  if (per === 0n) fail("BAD_PRICE", { value: "per 0" });
  return per;
}

export function checkId(value: unknown): string {
  if (typeof value !== "string" || !ID.test(value)) fail("BAD_ID", { value: shown(value) });
  return value;
}

export function checkPeriod(value: unknown): string {
  if (typeof value !== "string" || !PERIOD.test(value)) fail("BAD_PERIOD", { value: shown(value) });
  return value;
}

/** Bytewise order of ASCII ids: by code unit, never by locale. */
export function byteOrder(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}

function shown(value: unknown): string {
  return typeof value === "string" ? value.slice(0, 80) : JSON.stringify(value ?? null).slice(0, 80);
}
