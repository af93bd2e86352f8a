import { err, ok, type Result } from "../kernel/exchange-error.ts";
import { instantOf } from "../kernel/instant.ts";
import type { Runtime } from "../kernel/runtime.ts";
import type { Rules } from "../rules/service.ts";
import type { Store } from "../storage/port.ts";
import { list, read } from "../storage/transact.ts";
import type { Authorisation } from "./authorisation.ts";
import type { EntryLimits } from "./entry-rules.ts";
import type { CatalogFile, CatalogRow } from "./model.ts";
import { NameIndex } from "./name-similarity.ts";
import { type EntryRecord, entryRecords, resourceCodes, unitNames } from "./store.ts";
import type { HeldEntry, ValidationContext } from "./validate.ts";

export type CatalogDeps = {
  readonly store: Store;
  readonly runtime: Runtime;
  readonly region: string;
  readonly rules: Rules;
  readonly authorisations: readonly Authorisation[];
};

/** Reads beforehand all that the rules ask about this region's catalogue, so that they can be pure. */
export async function validationContext(deps: CatalogDeps, file: CatalogFile): Promise<Result<ValidationContext>> {
  const { store, runtime, region, authorisations } = deps;
  const nowMs = runtime.nowMs();
  const limits = limitsOf(deps.rules, nowMs);
  if (!limits.ok) return limits;
  const hints = file.rows.map(hintOf);
  const ids = new Set(hints.flatMap(({ id, sources }) => (id === undefined ? sources : [id, ...sources])));
  const held = new Map<string, HeldEntry>();
  for (const id of ids) {
    const record = await read(store, entryRecords.at(id));
    const entry = record === undefined ? undefined : heldOf(record);
    if (entry !== undefined) held.set(id, entry);
  }
  const owners = new Map<string, string>();
  for (const code of new Set(hints.flatMap(({ code }) => code ?? []))) {
    const owner = await read(store, resourceCodes.at(code));
    if (owner !== undefined) owners.set(code, owner);
  }
  const names = await namesOf(store, new Set(hints.flatMap(({ unit }) => unit ?? [])));
  return ok({
    ...limits.value,
    region,
    nowMs,
    authorisations,
    names,
    held: (id) => held.get(id),
    idOfCode: (code) => owners.get(code),
    ...(file.headers === undefined ? {} : { headers: file.headers }),
  });
}

/** The public version if there is one, since versions are counted from it; else the one under way. */
function heldOf({ current, pending, state }: EntryRecord): HeldEntry | undefined {
  const entry = current ?? pending?.entry;
  if (entry === undefined) return undefined;
  return { entry, version: current?.version ?? 0, isWithdrawn: state === "withdrawn" };
}

async function namesOf(store: Store, units: ReadonlySet<string>): Promise<NameIndex> {
  const names = new NameIndex();
  for (const unit of units) {
    for await (const { id, name } of list(store, unitNames, [unit])) names.add(unit, id, name);
  }
  return names;
}

function limitsOf(rules: Rules, nowMs: number): Result<EntryLimits> {
  const name = rules.resolve("catalog.nameMaxLength", instantOf(nowMs));
  const abstract = rules.resolve("catalog.abstractMaxLength", instantOf(nowMs));
  if (!name.ok) return err(name.error);
  if (!abstract.ok) return err(abstract.error);
  return ok({
    nameMaxLength: Number(name.value.value),
    abstractMaxLength: Number(abstract.value.value),
    areLimitsVerified: name.value.verified && abstract.value.verified,
  });
}

type Hint = {
  readonly id?: string;
  readonly code?: string;
  readonly unit?: string;
  readonly sources: readonly string[];
};

/** What a row claims, before it is checked. */
function hintOf({ value }: CatalogRow): Hint {
  const row = asRecord(value);
  const { id, resourceCode } = row;
  const { orgCode } = asRecord(row.provider);
  const { sources } = asRecord(row.product);
  return {
    ...(typeof id === "string" ? { id } : {}),
    ...(typeof resourceCode === "string" ? { code: resourceCode } : {}),
    ...(typeof orgCode === "string" ? { unit: orgCode } : {}),
    sources: Array.isArray(sources) ? sources.filter((source) => typeof source === "string") : [],
  };
}

function asRecord(value: unknown): { readonly [key: string]: unknown } {
  return typeof value === "object" && value !== null ? (value as { [key: string]: unknown }) : {};
}
