/** How equipment is classed: national code, Chongqing's short code, name, inspection period in months, kinds. Source: domain.md §13. */
export type Category = {
  readonly code: string;
  readonly short: string;
  readonly name: string;
  readonly months: number;
  readonly kinds: readonly string[];
};

export const categories: readonly Category[] = [
  { code: "1000", short: "GL", name: "锅炉", months: 12, kinds: ["承压蒸汽锅炉", "承压热水锅炉", "有机热载体锅炉"] },
  {
    code: "2000",
    short: "RQ",
    name: "压力容器",
    months: 36,
    kinds: ["第一类压力容器", "第二类压力容器", "第三类压力容器"],
  },
  {
    code: "3000",
    short: "DT",
    name: "电梯",
    months: 12,
    kinds: ["曳引驱动乘客电梯", "曳引驱动载货电梯", "自动扶梯", "自动人行道", "杂物电梯", "液压载货电梯"],
  },
  {
    code: "4000",
    short: "QZ",
    name: "起重机械",
    months: 24,
    kinds: ["通用桥式起重机", "电动单梁起重机", "通用门式起重机", "塔式起重机", "施工升降机"],
  },
  { code: "5000", short: "CC", name: "场(厂)内专用机动车辆", months: 12, kinds: ["叉车", "非公路用旅游观光车"] },
  { code: "6000", short: "YL", name: "大型游乐设施", months: 12, kinds: ["观览车类", "转马类", "滑道"] },
  { code: "8000", short: "GD", name: "压力管道", months: 36, kinds: ["工业管道", "公用管道(燃气)", "公用管道(热力)"] },
  { code: "9000", short: "SD", name: "客运索道", months: 12, kinds: ["客运架空索道"] },
];

export type CityName = "chengdu" | "chongqing";

export type City = {
  readonly division: string;
  readonly district: string;
  readonly label: string;
  readonly province: string;
  readonly dialling: string;
  readonly units: number;
  readonly producers: number;
  readonly devices: { readonly [category: string]: number };
  readonly overdue: { readonly [category: string]: number };
  readonly due: number;
  readonly inspected: number;
  readonly inspectedUnits: number;
  /** Units whose credit code has a wrong check digit on purpose. */
  readonly wrongCodes: number;
  readonly idle: number;
  readonly towns: readonly string[];
};

/**
 * Chengdu: the totals of 青白江区 as published in 2024 (14,253 devices, 1,837 units, 31 producers, 1,286 inspected at more
 * than 500 units, 231 overdue lifts); the split and everything of Chongqing is invented. Source: domain.md §13.
 */
export const cities: { readonly [name in CityName]: City } = {
  chengdu: {
    division: "510113",
    district: "青白江区",
    label: "青白江",
    province: "51",
    dialling: "028",
    units: 1_837,
    producers: 31,
    devices: { 1000: 121, 2000: 5_846, 3000: 4_102, 4000: 1_655, 5000: 1_305, 6000: 16, 8000: 1_208 },
    overdue: { 3000: 231, 2000: 19, 4000: 12, 5000: 9, 8000: 6 },
    due: 901,
    inspected: 1_286,
    inspectedUnits: 512,
    wrongCodes: 9,
    idle: 0,
    towns: ["大弯街道", "大同街道", "弥牟镇", "城厢镇", "姚渡镇", "清泉镇", "福洪镇"],
  },
  chongqing: {
    division: "500106",
    district: "沙坪坝区",
    label: "沙坪坝",
    province: "50",
    dialling: "023",
    units: 1_264,
    producers: 22,
    devices: { 1000: 97, 2000: 2_716, 3000: 4_880, 4000: 902, 5000: 693, 6000: 11, 8000: 546, 9000: 1 },
    overdue: { 3000: 173, 2000: 31, 4000: 16, 5000: 14 },
    due: 612,
    inspected: 804,
    inspectedUnits: 333,
    wrongCodes: 5,
    idle: 146,
    towns: [
      ...["小龙坎街道", "渝碚路街道", "磁器口街道", "歌乐山街道", "覃家岗街道", "陈家桥街道", "虎溪街道"],
      ...["西永街道", "土主街道", "青木关镇", "凤凰镇", "回龙坝镇", "曾家镇", "中梁镇"],
    ],
  },
};

export const unitKinds = [
  ...["机械制造有限公司", "新材料有限公司", "物流有限公司", "冷链仓储有限公司", "物业服务有限公司", "商业管理有限公司"],
  ...["化工有限公司", "食品有限公司", "燃气有限公司", "建筑工程有限公司", "医院", "学校", "酒店", "住宅小区业主委员会"],
];

export const permitItems = ["电梯安装(含修理)", "压力容器制造", "起重机械安装", "气瓶充装", "压力管道安装"];
