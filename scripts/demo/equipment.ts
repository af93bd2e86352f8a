import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { tell } from "./narrate.ts";
import { makeSpecialEquipment } from "./special-equipment.ts";

export type EquipmentFiles = {
  readonly equipment: string;
  readonly units: string;
  readonly producers: string;
  /** Some registrations with the unit that holds them, to ask the verification product about. */
  readonly registrations: readonly { readonly reg_code: string; readonly uscc: string }[];
};

/** 青白江区's special equipment as CSV files, with the aggregates that were published. */
export async function writeEquipment(dir: string): Promise<EquipmentFiles> {
  mkdirSync(dir, { recursive: true });
  const made = makeSpecialEquipment();
  const write = (name: string, csv: string): string => {
    const path = join(dir, name);
    writeFileSync(path, csv);
    return path;
  };
  tell(
    `生成青白江区特种设备数据 ${made.equipment.rows.length.toLocaleString("en")} 行,汇总数与公布的一致`,
    `Generated ${made.equipment.rows.length.toLocaleString("en")} rows of 青白江 special equipment, aggregates as published`,
  );
  const regCode = made.equipment.columns.indexOf("reg_code");
  const uscc = made.equipment.columns.indexOf("user_unit_uscc");
  return {
    equipment: write("equipment.csv", made.equipment.csv()),
    units: write("units.csv", made.units.csv()),
    producers: write("producers.csv", made.producers.csv()),
    registrations: made.equipment.rows.map((row) => ({ reg_code: row[regCode] ?? "", uscc: row[uscc] ?? "" })),
  };
}
