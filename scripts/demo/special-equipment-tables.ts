import { writeCsvRow } from "../../node/kernel/csv.ts";
import type { CityName } from "./special-equipment-cities.ts";
import { addMonths, type Device, daysBetween, type Register } from "./special-equipment-register.ts";

/** Columns are the field names of a catalogue entry, in its order. */
export type EquipmentTable = {
  readonly columns: readonly string[];
  readonly rows: readonly (readonly string[])[];
  readonly csv: () => string;
};

/** Entries 0001 … 0005 of the city's market regulator. */
export type EquipmentTables = {
  readonly [name in "equipment" | "alerts" | "units" | "producers" | "inspections"]: EquipmentTable;
};

const KEY_UNIT_DEVICES = 50;

export function tablesOf(city: CityName, register: Register): EquipmentTables {
  return city === "chengdu" ? chengduTables(register) : chongqingTables(register);
}

function table<T>(
  items: readonly T[],
  cells: (item: T) => { readonly [column: string]: string | number },
): EquipmentTable {
  const records = items.map(cells);
  const columns = Object.keys(records[0] ?? {});
  const rows = records.map((record) => Object.values(record).map(String));
  return { columns, rows, csv: () => [columns, ...rows].map((row) => writeCsvRow(row)).join("") };
}

function countsOf(devices: readonly Device[]): (unit: Device["unit"]) => number {
  const counts = new Map<number, number>();
  for (const { unit } of devices) counts.set(unit.number, (counts.get(unit.number) ?? 0) + 1);
  return ({ number }) => counts.get(number) ?? 0;
}

const alerting = (devices: readonly Device[]) => devices.filter(({ status }) => status !== "normal");

function chengduTables({ city, asOf, units, devices, inspections, producers }: Register): EquipmentTables {
  const statuses = { normal: "正常", orange: "橙色到期", red: "红色超期" };
  const countOf = countsOf(devices);
  return {
    equipment: table(devices, (device) => ({
      reg_code: device.registration,
      product_code: device.product,
      category_code: device.category.code,
      category_name: device.category.name,
      sub_type: device.kind,
      user_unit_uscc: device.unit.uscc,
      user_unit_name: device.unit.name,
      division_code: city.division,
      town: device.unit.town,
      use_address: device.address,
      maker_name: device.maker,
      made_date: device.made,
      last_inspect_date: device.inspected,
      next_inspect_date: device.nextInspection,
      status: statuses[device.status],
    })),
    alerts: table(alerting(devices), (device) => ({
      reg_code: device.registration,
      category_name: device.category.name,
      user_unit_name: device.unit.name,
      next_inspect_date: device.nextInspection,
      days_to_due: daysBetween(asOf, device.nextInspection),
      alert_color: device.status === "red" ? "红色" : "橙色",
      push_month: asOf.slice(0, 7),
      dept_in_charge: "区级行业主管部门(示例)",
      town: device.unit.town,
      rectify_state: "未整改",
    })),
    units: table(units, (unit) => ({
      uscc: unit.uscc,
      ent_name: unit.name,
      division_code: city.division,
      address: `${city.district}${unit.town}示例路${unit.number}号`,
      industry_code: "",
      equip_count: countOf(unit),
      safety_director: "示例人员",
      certified_count: 1 + Math.floor(countOf(unit) / 8),
      is_key_unit: String(countOf(unit) >= KEY_UNIT_DEVICES),
      contact_phone: unit.phone,
      update_time: `${asOf}T00:00:00`,
    })),
    producers: table(producers, (producer) => ({
      uscc: producer.uscc,
      ent_name: producer.name,
      license_no: producer.licence,
      permit_item: producer.item,
      business_type: producer.business,
      issue_date: producer.issued,
      valid_until: addMonths(producer.issued, 48),
      address: city.district + producer.town,
      update_time: `${asOf}T00:00:00`,
    })),
    inspections: table(inspections, ({ number, device, date, type, hazard }) => ({
      inspect_id: `CD-JC-${String(number).padStart(6, "0")}`,
      reg_code: device.registration,
      uscc: device.unit.uscc,
      inspect_date: date,
      inspect_type: type,
      hazard_desc: hazard === null ? "" : HAZARD,
      hazard_level: hazard?.level ?? "",
      order_no: hazard === null ? "" : orderOf(asOf, number),
      recheck_result: hazard === null ? "" : hazard.isRechecked ? "合格" : "未复查",
      officer_no: "示例执法证",
    })),
  };
}

const HAZARD = "警示标识缺失或使用登记标志过期(示例)";

function orderOf(asOf: string, number: number): string {
  return `(示例)特令〔${asOf.slice(0, 4)}〕第${String(number).padStart(4, "0")}号`;
}

/** The same subjects under Chongqing's column names and codes. */
function chongqingTables({ city, asOf, units, devices, inspections, producers }: Register): EquipmentTables {
  const statuses = { normal: "0", orange: "1", red: "2" };
  const types = { "01": "常规", "02": "专项", "03": "证后", "04": "投诉举报" };
  const businesses = { "2": "制造", "3": "安装改造修理", "4": "充装" };
  const compact = (date: string) => date.replaceAll("-", "");
  const countOf = countsOf(devices);
  return {
    equipment: table(devices, (device) => ({
      SBZCDM: device.registration,
      CPBH: device.product,
      SBZL: device.category.short,
      SBLB: device.kind,
      SYDWDM: device.unit.uscc,
      SYDWMC: device.unit.name,
      QXMC: city.district,
      ZJ: device.unit.town,
      SBDZ: device.address,
      ZZDWMC: device.maker,
      CCRQ: compact(device.made),
      SCJYRQ: compact(device.inspected),
      JYZQ: device.category.months,
      ZTBS: statuses[device.status],
      SFZY: device.isIdle ? "0" : "1",
    })),
    alerts: table(alerting(devices), (device) => ({
      SBZCDM: device.registration,
      SBZL: device.category.short,
      SYDWMC: device.unit.name,
      YXQZ: compact(device.nextInspection),
      CQTS: daysBetween(device.nextInspection, asOf),
      YJDJ: statuses[device.status],
      TSRQ: compact(asOf),
      JGS: `${device.unit.town}市场监管所(示例)`,
      ZJ: device.unit.town,
      ZGZT: "0",
    })),
    units: table(units, (unit) => ({
      TYSHXYDM: unit.uscc,
      QYMC: unit.name,
      QXMC: city.district,
      DZ: `${city.district}${unit.town}示例路${unit.number}号`,
      HYML: "",
      SBSL: countOf(unit),
      CZRS: 1 + Math.floor(countOf(unit) / 8),
      ZDDW: countOf(unit) >= KEY_UNIT_DEVICES ? "1" : "0",
      LXDH: unit.phone,
      GXSJ: `${compact(asOf)}000000`,
    })),
    producers: table(producers, (producer) => ({
      TYSHXYDM: producer.uscc,
      QYMC: producer.name,
      XKZBH: producer.licence,
      XKZXM: producer.item,
      YWLX: businesses[producer.business],
      FZRQ: compact(producer.issued),
      YXQZ: compact(addMonths(producer.issued, 48)),
      DZ: city.district + producer.town,
      GXSJ: `${compact(asOf)}000000`,
    })),
    inspections: table(inspections, ({ number, device, date, type, hazard }) => ({
      JCBH: `CQ-JC-${String(number).padStart(6, "0")}`,
      SBZCDM: device.registration,
      TYSHXYDM: device.unit.uscc,
      JCSJ: `${compact(date)}090000`,
      JCLX: types[type],
      WTMS: hazard === null ? "" : HAZARD,
      YHDJ: hazard === null ? "" : { "1": "一般", "2": "严重" }[hazard.level],
      ZLSH: hazard === null ? "" : orderOf(asOf, number),
      FCJG: hazard === null ? "" : hazard.isRechecked ? "1" : "9",
      ZFRY: "示例人员",
    })),
  };
}
