import type { Agreement } from "../../node/negotiation/model.ts";
import { microOf } from "../../node/policy/price.ts";
import type { SettlementTerms } from "../../node/policy/settlement-terms.ts";
import type { UsageView } from "../../node/settlement/insight/usage-view.ts";
import type { Declaration } from "../../node/settlement/model.ts";
import type { StatementView } from "../../node/settlement/period-view.ts";
import { quantity, unitPrice, yuan } from "../reports/money.ts";
import { fenWritten } from "./fen-written.ts";
import type { Form } from "./form.ts";
import type { View } from "./view.ts";

/** An agreement with something to settle in the period. */
export type CloseRow = {
  readonly agreement: Agreement;
  readonly terms: SettlementTerms;
  readonly usage: UsageView;
  /** What was computed so far; undefined before the first comparison. */
  readonly known: StatementView | undefined;
};

type Kind = "resources" | "costs" | "maxRevenueFen" | "caps" | "activeDays";

/** One figure that the terms ask for and no receipt holds. */
export type FigureField = {
  readonly name: string;
  readonly kind: Kind;
  readonly label: string;
  readonly hint: string;
  /** Whose party it is about: whoever knows it declares it. */
  readonly region: string;
  /** As the signed declaration has it, to change. */
  readonly value: string;
  /** The row for the declaration; null where what was written is no such figure. */
  readonly rowOf: (written: string) => object | string | null;
  readonly shown: (written: string) => string;
};

const natural = (written: string): string | null => (/^(0|[1-9][0-9]{0,30})$/.test(written) ? written : null);
const rowWith = (row: object, name: string, value: string | null) =>
  value === null ? null : { ...row, [name]: value };

/** The figures that the terms of an agreement ask for, in the words of the reader. */
export function figureFields(
  view: View,
  { agreement, terms, known }: CloseRow,
  nameOf: (id: string) => string,
): FigureField[] {
  const t = view.t.close;
  const regionOf = (partyId: string) =>
    terms.parties.find((party) => party.partyId === partyId)?.regionId ?? view.region.id;
  const declared = known?.declaration ?? null;
  const base = (kind: Kind, key: string) => ({ name: `${kind}|${agreement.id}|${key}`, kind });
  const yuanShown = (written: string) => view.t.settlement.yuan(yuan(fenWritten(written) ?? "0"));
  const resources = (terms.compensation ?? []).map(({ partyId, resource, rateMicro, per }): FigureField => {
    const row = { partyId, resource };
    const before = declared?.resources.find((one) => one.partyId === partyId && one.resource === resource);
    return {
      ...base("resources", `${partyId}|${resource}`),
      label: t.resource(nameOf(partyId), resource),
      hint: t.resourceHint(unitPrice(rateMicro), per ?? "1"),
      region: regionOf(partyId),
      value: before?.quantity ?? "",
      rowOf: (written) => rowWith(row, "quantity", natural(written)),
      shown: quantity,
    };
  });
  const costs = (terms.costs ?? []).map(({ costId, partyId, capFen }): FigureField => {
    const before = declared?.costs.find((one) => one.costId === costId)?.declaredFen;
    return {
      ...base("costs", costId),
      label: t.cost(nameOf(partyId), costId),
      hint: capFen === null ? "" : t.costCap(yuan(capFen)),
      region: regionOf(partyId),
      value: before === undefined ? "" : yuan(before),
      rowOf: (written) => rowWith({ costId }, "declaredFen", fenWritten(written)),
      shown: yuanShown,
    };
  });
  return [
    ...resources,
    ...costs,
    ...capsOf(view, { terms, declared, base, yuanShown }),
    ...daysOf(terms, declared, base, (id) => t.days(nameOf(id))),
  ];
}

type Base = (kind: Kind, key: string) => Pick<FigureField, "name" | "kind">;
type CapInput = {
  readonly terms: SettlementTerms;
  readonly declared: Declaration | null;
  readonly base: Base;
  readonly yuanShown: (written: string) => string;
};

/** Guidance of this period: only where the terms know of a cap at all. */
function capsOf(view: View, { terms, declared, base, yuanShown }: CapInput): FigureField[] {
  const common = { hint: "", region: view.region.id };
  const caps = terms.products
    .filter(({ capPriceMicro }) => capPriceMicro !== null)
    .map(
      ({ productId }): FigureField => ({
        ...base("caps", productId),
        ...common,
        label: view.t.close.cap(productId),
        value: priceText(declared?.caps.find((one) => one.productId === productId)?.capPriceMicro),
        rowOf: (written) => rowWith({ productId }, "capPriceMicro", microOf(written)?.toString() ?? null),
        shown: (written) => view.t.settlement.yuan(written),
      }),
    );
  if (terms.maxRevenueFen === undefined || terms.maxRevenueFen === null) return caps;
  const revenue: FigureField = {
    ...base("maxRevenueFen", ""),
    ...common,
    label: view.t.close.maxRevenue,
    value: declared === null || declared.maxRevenueFen === null ? "" : yuan(declared.maxRevenueFen),
    rowOf: fenWritten,
    shown: yuanShown,
  };
  return [...caps, revenue];
}

const priceText = (micro: string | undefined) => (micro === undefined ? "" : unitPrice(micro).replaceAll(",", ""));

function daysOf(
  { parties }: SettlementTerms,
  declared: Declaration | null,
  base: Base,
  labelOf: (partyId: string) => string,
): FigureField[] {
  return parties.map(({ partyId, regionId }) => ({
    ...base("activeDays", partyId),
    label: labelOf(partyId),
    hint: "",
    region: regionId,
    value: declared?.activeDays.find((one) => one.partyId === partyId)?.days ?? "",
    rowOf: (written) => rowWith({ partyId }, "days", natural(written)),
    shown: quantity,
  }));
}

export type WrittenFigure = { readonly field: FigureField; readonly agreementId: string; readonly written: string };

/** What a person wrote, without the empty fields. */
export function writtenFigures(form: Form, agreementId: string, fields: readonly FigureField[]): WrittenFigure[] {
  return fields.flatMap((field) => {
    const written = form.text(field.name);
    return written === undefined ? [] : [{ field, agreementId, written }];
  });
}

/** By agreement, as closing takes them; nothing for an agreement of which nothing was written. */
export function declarationsOf(figures: readonly WrittenFigure[]): { [agreementId: string]: object } {
  const declared: { [agreementId: string]: { [kind: string]: unknown } } = {};
  for (const { field, agreementId, written } of figures) {
    const figure = field.rowOf(written);
    const so = declared[agreementId] ?? {};
    declared[agreementId] = so;
    so[field.kind] = field.kind === "maxRevenueFen" ? figure : [...((so[field.kind] as object[]) ?? []), figure];
  }
  return declared;
}
