import { usccCheckCharacter } from "../../node/catalog/uscc.ts";
import { addDays } from "../../node/kernel/instant.ts";
import type { SeededRandom } from "./seeded-random.ts";
import { type Category, type City, categories, permitItems, unitKinds } from "./special-equipment-cities.ts";

type Unit = {
  readonly number: number;
  readonly uscc: string;
  readonly name: string;
  readonly town: string;
  readonly phone: string;
};

/** Normal, to be inspected within 30 days, overdue. */
export type DeviceStatus = "normal" | "orange" | "red";

export type Device = {
  readonly registration: string;
  readonly product: string;
  readonly category: Category;
  readonly kind: string;
  readonly unit: Unit;
  readonly address: string;
  readonly maker: string;
  readonly made: string;
  readonly inspected: string;
  readonly nextInspection: string;
  readonly status: DeviceStatus;
  readonly isIdle: boolean;
};

type Inspection = {
  readonly number: number;
  readonly device: Device;
  readonly date: string;
  readonly type: "01" | "02" | "03" | "04";
  readonly hazard: { readonly level: "1" | "2"; readonly isRechecked: boolean } | null;
};

type Producer = {
  readonly uscc: string;
  readonly name: string;
  readonly licence: string;
  readonly item: string;
  readonly business: "2" | "3" | "4";
  readonly issued: string;
  readonly town: string;
};

export type Register = {
  readonly city: City;
  readonly asOf: string;
  readonly units: readonly Unit[];
  readonly devices: readonly Device[];
  readonly inspections: readonly Inspection[];
  readonly producers: readonly Producer[];
};

/** Tank vehicles that both cities know under the same product code, for matching across regions. */
const SHARED_VEHICLES = 60;
const DAYS_UNTIL_DUE = 30;
const CHECK_CHARACTERS = "0123456789ABCDEFGHJKLMNPQRTUWXY";

export function makeRegister(city: City, random: SeededRandom, asOf: string): Register {
  const units = makeUnits(city, random);
  const devices = makeDevices(city, random, asOf, units);
  const producers = makeProducers(city, random);
  return { city, asOf, units, devices, producers, inspections: makeInspections(city, random, asOf, devices) };
}

function usccOf(division: string, number: string): string {
  const body = `91${division}XXXX${number}`;
  return body + usccCheckCharacter(body);
}

function makeUnits(city: City, random: SeededRandom): Unit[] {
  const numbers = Array.from({ length: city.units }, (_, i) => i + 1);
  const wrong = new Set(random.sample(numbers, city.wrongCodes));
  return numbers.map((number) => {
    const right = usccOf(city.division, String(number).padStart(5, "0"));
    const last = CHECK_CHARACTERS.indexOf(right.charAt(17));
    return {
      number,
      uscc: wrong.has(number) ? right.slice(0, 17) + CHECK_CHARACTERS.charAt((last + 7) % 31) : right,
      name: `${city.label}示例${String(number).padStart(4, "0")}${random.pick(unitKinds)}`,
      town: random.pick(city.towns),
      phone: `${city.dialling}-0000${String((number - 1) % 10_000).padStart(4, "0")}`,
    };
  });
}

/** Everybody has one device; the rest falls to few, as in life (a Pareto tail). */
function makeOwners(units: readonly Unit[], count: number, random: SeededRandom): Unit[] {
  let sum = 0;
  const shares = units.map(() => {
    sum += (1 - random.next()) ** (-1 / 1.1);
    return sum;
  });
  const drawn = Array.from({ length: count - units.length }, () => {
    const wanted = random.next() * sum;
    let [low, high] = [0, shares.length - 1];
    while (low < high) {
      const middle = (low + high) >> 1;
      if ((shares[middle] ?? 0) > wanted) high = middle;
      else low = middle + 1;
    }
    return units[low] as Unit;
  });
  return random.sample([...units, ...drawn], count);
}

function makeDevices(city: City, random: SeededRandom, asOf: string, units: readonly Unit[]): Device[] {
  const sorted = categories.flatMap((category) => Array<Category>(city.devices[category.code] ?? 0).fill(category));
  const classes = random.sample(sorted, sorted.length);
  const owners = makeOwners(units, classes.length, random);
  const { statuses, idle } = planStatuses(city, classes, random);
  const makers = ["川", "渝", "苏", "浙", "沪"].flatMap((place) =>
    Array.from({ length: 12 }, (_, i) => `示例${place}制造${String(i + 1).padStart(2, "0")}厂`),
  );
  const registered = new Map<string, number>();
  let vehicles = 0;
  const devices = classes.map((category, i): Device => {
    const unit = owners[i] as Unit;
    const status = statuses[i] ?? "normal";
    const nextInspection = pickInspection(random, status, asOf, category.months);
    const inspected = addMonths(nextInspection, -category.months);
    const first = addMonths(inspected, -12 * random.between(0, 9));
    const month = first.slice(0, 7).replace("-", "");
    const number = (registered.get(category.code + month) ?? 0) + 1;
    registered.set(category.code + month, number);
    const vehicle = category.code === "2000" && vehicles < SHARED_VEHICLES ? ++vehicles : undefined;
    const made = addMonths(first, -random.between(1, 14));
    return {
      registration: category.code + city.division + month + String(number).padStart(4, "0"),
      category,
      unit,
      status,
      nextInspection,
      inspected,
      isIdle: idle.has(i),
      address: `${city.district}${unit.town}示例路${unit.number}号${i + 1}号设备`,
      ...(vehicle === undefined ? makeModel(city, random, category, made, makers, i) : sharedVehicle(vehicle)),
    };
  });
  return devices.sort((a, b) => (a.registration < b.registration ? -1 : 1));
}

type Model = Pick<Device, "kind" | "maker" | "made" | "product">;

function makeModel(
  city: City,
  random: SeededRandom,
  category: Category,
  made: string,
  makers: string[],
  i: number,
): Model {
  const maker = random.between(0, makers.length - 1);
  const numbers = [String(maker + 1).padStart(3, "0"), made.slice(0, 4), String(i + 101).padStart(5, "0")];
  const product = category.code + city.province + numbers.join("");
  return { kind: random.pick(category.kinds), maker: makers[maker] ?? "", made, product };
}

/** Numbered below 101, where no other device is; the same in every city. */
function sharedVehicle(number: number): Model {
  const made = `2019-${String(1 + (number % 12)).padStart(2, "0")}-${String(1 + (number % 28)).padStart(2, "0")}`;
  const product = `2000510012019${String(number).padStart(5, "0")}`;
  return { kind: "移动式压力容器", maker: "示例川制造01厂", made, product };
}

function planStatuses(city: City, classes: readonly Category[], random: SeededRandom) {
  const statuses = classes.map((): DeviceStatus => "normal");
  const indexes = classes.map((_, i) => i);
  for (const [code, count] of Object.entries(city.overdue)) {
    const candidates = indexes.filter((i) => classes[i]?.code === code);
    for (const i of random.sample(candidates, count)) statuses[i] = "red";
  }
  const normal = () => indexes.filter((i) => statuses[i] === "normal");
  for (const i of random.sample(normal(), city.due)) statuses[i] = "orange";
  return { statuses, idle: new Set(random.sample(normal(), city.idle)) };
}

/** Overdue before the day, due up to 30 days after it, else normal: the rule of the register. */
export function statusOn(nextInspection: string, asOf: string): DeviceStatus {
  if (nextInspection < asOf) return "red";
  return nextInspection <= addDays(asOf, DAYS_UNTIL_DUE) ? "orange" : "normal";
}

/** Never after the 28th, so that months can be added and taken away without loss. */
function pickInspection(random: SeededRandom, status: DeviceStatus, asOf: string, months: number): string {
  const ranges = { red: [-180, -1], orange: [0, DAYS_UNTIL_DUE], normal: [DAYS_UNTIL_DUE + 1, months * 30] } as const;
  const [low, high] = ranges[status];
  for (;;) {
    const date = addDays(asOf, random.between(low, high));
    if (date.slice(8) <= "28") return date;
  }
}

function makeInspections(city: City, random: SeededRandom, asOf: string, devices: readonly Device[]): Inspection[] {
  const byUnit = new Map<number, Device[]>();
  for (const device of devices) {
    const owned = byUnit.get(device.unit.number);
    if (owned === undefined) byUnit.set(device.unit.number, [device]);
    else owned.push(device);
  }
  const chosenUnits = largeEnough(city, random, byUnit);
  const first = chosenUnits.map((owned) => owned[0] as Device);
  const others = chosenUnits.flatMap((owned) => owned.slice(1));
  const inspected = [...first, ...random.sample(others, city.inspected - first.length)];
  inspected.sort((a, b) => (a.registration < b.registration ? -1 : 1));
  const newYear = `${asOf.slice(0, 4)}-01-02`;
  const days = daysBetween(newYear, asOf);
  return inspected.map((device, i) => ({
    number: i + 1,
    device,
    date: addDays(newYear, random.between(0, days)),
    type: random.pick(["01", "01", "02", "03", "04"] as const),
    hazard:
      random.next() < 0.22 ? { level: random.pick(["1", "1", "1", "2"]), isRechecked: random.next() < 0.75 } : null,
  }));
}

/** So many units, drawn at random, with small ones exchanged for large ones until they own enough devices. */
function largeEnough(city: City, random: SeededRandom, byUnit: ReadonlyMap<number, Device[]>): Device[][] {
  const chosen = random.sample([...byUnit.values()], city.inspectedUnits);
  const left = [...byUnit.values()].filter((owned) => !chosen.includes(owned)).sort((a, b) => b.length - a.length);
  chosen.sort((a, b) => b.length - a.length);
  let owned = chosen.reduce((sum, { length }) => sum + length, 0);
  while (owned < city.inspected) {
    const large = left.shift() ?? [];
    owned += large.length - (chosen.pop()?.length ?? 0);
    chosen.unshift(large);
  }
  return chosen;
}

function makeProducers(city: City, random: SeededRandom): Producer[] {
  const two = (number: number) => String(number).padStart(2, "0");
  return Array.from({ length: city.producers }, (_, i) => ({
    uscc: usccOf(city.division, `9${String(i + 1).padStart(4, "0")}`),
    name: `${city.label}示例生产${two(i + 1)}有限公司`,
    licence: `TS示例${city.province}${String(i + 1).padStart(3, "0")}`,
    item: random.pick(permitItems),
    business: random.pick(["2", "3", "3", "4"] as const),
    issued: `${random.between(2020, 2024)}-${two(random.between(1, 8))}-${two(random.between(1, 28))}`,
    town: random.pick(city.towns),
  }));
}

export function addMonths(date: string, months: number): string {
  const sinceZero = Number(date.slice(0, 4)) * 12 + Number(date.slice(5, 7)) - 1 + months;
  return `${Math.floor(sinceZero / 12)}-${String((sinceZero % 12) + 1).padStart(2, "0")}-${date.slice(8)}`;
}

export function daysBetween(from: string, to: string): number {
  return (Date.parse(to) - Date.parse(from)) / 86_400_000;
}
