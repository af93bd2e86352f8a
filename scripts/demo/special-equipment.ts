import { seededRandom } from "./seeded-random.ts";
import { type CityName, cities } from "./special-equipment-cities.ts";
import { makeRegister } from "./special-equipment-register.ts";
import { type EquipmentTables, tablesOf } from "./special-equipment-tables.ts";

export type EquipmentOptions = { readonly city?: CityName; readonly seed?: string; readonly asOf?: string };

/**
 * Sample data of special equipment: the published totals exactly, every name, code and date invented. Credit codes have
 * the body `XXXX`, so that nobody takes them for issued ones. Same options, same tables.
 */
export function makeSpecialEquipment(options: EquipmentOptions = {}): EquipmentTables {
  const { city = "chengdu", seed = "20241010", asOf = "2024-09-30" } = options;
  return tablesOf(city, makeRegister(cities[city], seededRandom(`${city}/${seed}`), asOf));
}
