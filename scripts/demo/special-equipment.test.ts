import { describe, expect, it } from "vitest";
import chengdu from "../../data/catalog-chengdu.json" with { type: "json" };
import chongqing from "../../data/catalog-chongqing.json" with { type: "json" };
import { checkUscc } from "../../node/catalog/uscc.ts";
import { makeSpecialEquipment } from "./special-equipment.ts";
import { addMonths, statusOn } from "./special-equipment-register.ts";
import type { EquipmentTable, EquipmentTables } from "./special-equipment-tables.ts";

const AS_OF = "2024-09-30";
const NAMES = ["equipment", "alerts", "units", "producers", "inspections"] as const;
const made: { readonly [city: string]: EquipmentTables } = {
  chengdu: makeSpecialEquipment(),
  chongqing: makeSpecialEquipment({ city: "chongqing" }),
};

function column(table: EquipmentTable | undefined, name: string): string[] {
  const at = table?.columns.indexOf(name) ?? -1;
  expect(at, name).toBeGreaterThanOrEqual(0);
  return table?.rows.map((row) => row[at] ?? "") ?? [];
}
const distinct = (values: readonly string[]) => new Set(values).size;
const isoDate = (date: string) =>
  date.includes("-") ? date : `${date.slice(0, 4)}-${date.slice(4, 6)}-${date.slice(6)}`;

const columnsOf = {
  chengdu: ["reg_code", "product_code", "user_unit_uscc", "status", "category_code", "uscc", "equip_count", "uscc"],
  chongqing: ["SBZCDM", "CPBH", "SYDWDM", "ZTBS", "SBZL", "TYSHXYDM", "SBSL", "TYSHXYDM"],
};
const published = {
  chengdu: {
    devices: 14_253,
    units: 1_837,
    producers: 31,
    inspected: 1_286,
    inspectedUnits: 512,
    lifts: 231,
    alerts: 1_178,
    wrong: 9,
    red: "红色超期",
    lift: "3000",
  },
  chongqing: {
    devices: 9_846,
    units: 1_264,
    producers: 22,
    inspected: 804,
    inspectedUnits: 333,
    lifts: 173,
    alerts: 846,
    wrong: 5,
    red: "2",
    lift: "DT",
  },
};

describe.each(["chengdu", "chongqing"] as const)("special equipment of %s", (city) => {
  const tables = made[city] as EquipmentTables;
  const [reg = "", product = "", owner = "", status = "", category = "", uscc = "", count = ""] = columnsOf[city];

  it("has the aggregates that were published", () => {
    const statuses = column(tables.equipment, status);
    const isLift = column(tables.equipment, category).map((code) => code === published[city].lift);
    expect({
      ...published[city],
      devices: tables.equipment.rows.length,
      units: distinct(column(tables.equipment, owner)),
      producers: tables.producers.rows.length,
      inspected: distinct(column(tables.inspections, reg)),
      inspectedUnits: distinct(column(tables.inspections, uscc)),
      lifts: statuses.filter((value, i) => value === published[city].red && isLift[i]).length,
      alerts: tables.alerts.rows.length,
      wrong: column(tables.units, uscc).filter((code) => checkUscc(code) === "wrong-check-digit").length,
    }).toEqual(published[city]);
    expect(tables.units.rows).toHaveLength(published[city].units);
    const sum = column(tables.units, count).reduce((total, value) => total + Number(value), 0);
    expect(sum).toBe(published[city].devices);
  });

  it("has unique codes of the right length, none of which could have been issued", () => {
    for (const [name, length] of [
      [reg, 20],
      [product, 18],
    ] as const) {
      const codes = column(tables.equipment, name);
      expect([distinct(codes), distinct(codes.map((code) => String(code.length))), codes[0]?.length]).toEqual([
        codes.length,
        1,
        length,
      ]);
    }
    expect(column(tables.units, uscc).every((code) => code.slice(8, 12) === "XXXX")).toBe(true);
  });

  it("states a status that follows from its dates", () => {
    const codes = { chengdu: ["正常", "橙色到期", "红色超期"], chongqing: ["0", "1", "2"] }[city];
    const next =
      city === "chengdu"
        ? column(tables.equipment, "next_inspect_date")
        : monthsAfter(column(tables.equipment, "SCJYRQ"), column(tables.equipment, "JYZQ"));
    const expected = next.map((date) => codes[["normal", "orange", "red"].indexOf(statusOn(date, AS_OF))]);
    expect(column(tables.equipment, status)).toEqual(expected);
  });

  it("has the columns of the catalogue entries 0001 to 0005", () => {
    const entries: readonly { id: string; fields: readonly { name: string }[] }[] = { chengdu, chongqing }[city]
      .entries;
    const prefix = { chengdu: "cd", chongqing: "cq" }[city];
    for (const [i, name] of NAMES.entries()) {
      const entry = entries.find(({ id }) => id === `${prefix}-scjg-000${i + 1}`);
      expect(tables[name].columns, name).toEqual(entry?.fields.map((field) => field.name));
    }
  });
});

function monthsAfter(dates: readonly string[], months: readonly string[]): string[] {
  return dates.map((date, i) => addMonths(isoDate(date), Number(months[i])));
}

describe("special equipment of both cities", () => {
  it("is the same for the same seed, and another for another", () => {
    expect(makeSpecialEquipment().alerts.csv()).toBe(made.chengdu?.alerts.csv());
    expect(makeSpecialEquipment({ seed: "2" }).alerts.csv()).not.toBe(made.chengdu?.alerts.csv());
  });

  it("shares sixty tank vehicles under the same product code", () => {
    const known = new Set(column(made.chengdu?.equipment, "product_code"));
    expect(column(made.chongqing?.equipment, "CPBH").filter((code) => known.has(code))).toHaveLength(60);
  });
});
