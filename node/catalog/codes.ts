/**
 * The code lists of a catalogue with the labels people write in spreadsheets. Source: data/codelists.json, which a test
 * compares with this. A peer's unknown codes stay opaque text; these lists bind this region's own entries only.
 */
export const codeLists = {
  sharingAttribute: {
    unconditional: "无条件共享",
    conditional: "有条件共享",
    none: "不予共享",
  },
  updateFrequency: {
    realtime: "实时",
    hourly: "每小时",
    daily: "每日",
    weekly: "每周",
    monthly: "每月",
    quarterly: "每季度",
    yearly: "每年",
    irregular: "不定期",
    static: "不更新",
  },
  dataLevel: {
    G1: "一般数据1级(可公开)",
    G2: "一般数据2级(内部)",
    G3: "一般数据3级(敏感)",
    G4: "一般数据4级(高敏感)",
    IMP: "重要数据",
    CORE: "核心数据",
  },
  securityClass: {
    none: "非涉密",
    "work-secret": "工作秘密",
    "state-secret": "国家秘密",
  },
  sensitivity: {
    S0: "公开",
    S1: "内部",
    S2: "个人信息或商业敏感",
    S3: "敏感个人信息或重要财产信息",
    S4: "禁止流转",
  },
  resourceKind: {
    dataset: "数据集",
    service: "数据服务(接口)",
    product: "授权运营数据产品",
  },
  shareMethod: {
    api: "接口",
    database: "库表交换",
    file: "文件",
    verification: "核验(仅返回结论)",
  },
  format: {
    csv: "CSV",
    xlsx: "电子表格",
    json: "JSON",
    geojson: "GeoJSON",
    shp: "空间矢量",
    database: "库表",
    api: "接口",
    file: "电子文件",
  },
  fieldType: {
    string: "字符",
    code: "代码",
    text: "长文本",
    integer: "整数",
    decimal: "小数",
    boolean: "布尔",
    date: "日期",
    datetime: "日期时间",
  },
  theme: {
    T01: "经营主体",
    T02: "驾驶与车辆",
    T03: "工业农业",
    T04: "资源能源",
    T05: "交通运输",
    T06: "城建住房",
    T07: "教育文化",
    T08: "生态环境",
    T09: "医疗卫生",
    T10: "社保就业",
    T11: "社会救助与民政",
    T12: "文化旅游",
    T13: "市场监管",
    T14: "安全生产",
    T15: "公共安全",
    T16: "口岸物流与地理信息",
    T17: "气象服务",
    T18: "信用服务",
    T19: "财税金融",
    T20: "政务服务与机构团体",
    T21: "科技创新",
    T22: "生活服务与水务",
  },
  openingAttribute: {
    unconditional: "无条件开放",
    conditional: "有条件开放",
    none: "不予开放",
  },
  productType: {
    "data-model": "数据模型",
    "data-verification": "数据核验",
    "evaluation-index": "评价指数",
    other: "其他",
  },
  purpose: {
    "public-governance": "公共治理",
    "public-welfare": "公益事业",
    industrial: "产业发展",
    "internal-duty": "政府部门依法履职",
  },
} as const;

export type CodeListName = keyof typeof codeLists;

export function isCode(list: CodeListName, code: string): boolean {
  return Object.hasOwn(codeLists[list], code);
}

export function labelOf(list: CodeListName, code: string): string | undefined {
  const labels: { readonly [code: string]: string } = codeLists[list];
  return isCode(list, code) ? labels[code] : undefined;
}

/** The code for what a person wrote: the code itself or its label; anything else comes back unchanged, for validation to name. */
export function codeOf(list: CodeListName, written: string): string {
  const text = written.trim();
  return Object.entries(codeLists[list]).find(([code, label]) => code === text || label === text)?.[0] ?? text;
}
