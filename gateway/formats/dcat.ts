import type { CatalogEntry, CatalogFile, ImportFault } from "../../node/catalog/model.ts";

export type CatalogRegion = { readonly id: string; readonly name: string };

type Json = { readonly [key: string]: unknown };

const FREQUENCY = "http://publications.europa.eu/resource/authority/frequency/";
const ACCESS = "http://publications.europa.eu/resource/authority/access-right/";
const MEDIA = "https://www.iana.org/assignments/media-types/";

/** Source: domain.md §4.5. */
const FREQUENCIES: { readonly [code: string]: string } = {
  realtime: "UPDATE_CONT",
  hourly: "HOURLY",
  daily: "DAILY",
  weekly: "WEEKLY",
  monthly: "MONTHLY",
  quarterly: "QUARTERLY",
  yearly: "ANNUAL",
  irregular: "IRREG",
  static: "NEVER",
};
const MEDIA_TYPES: { readonly [format: string]: string } = {
  csv: "text/csv",
  xlsx: "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
  json: "application/json",
  geojson: "application/geo+json",
};

const CONTEXT = {
  "@version": 1.1,
  adms: "http://www.w3.org/ns/adms#",
  csvw: "http://www.w3.org/ns/csvw#",
  dcat: "http://www.w3.org/ns/dcat#",
  dcatap: "http://data.europa.eu/r5r/",
  dct: "http://purl.org/dc/terms/",
  foaf: "http://xmlns.com/foaf/0.1/",
  heliu: "https://heliu.example/ns#",
  odrl: "http://www.w3.org/ns/odrl/2/",
  skos: "http://www.w3.org/2004/02/skos/core#",
  vcard: "http://www.w3.org/2006/vcard/ns#",
  xsd: "http://www.w3.org/2001/XMLSchema#",
  // The entry itself, exactly: DCAT has no words for levels, masks and conditions, and an import must lose nothing.
  "heliu:entry": { "@type": "@json" },
};

/** Public by nature: what is not opened at all goes to peers only, never into public DCAT. */
export function writeDcat(region: CatalogRegion, entries: readonly CatalogEntry[]): Uint8Array {
  const described = entries
    .filter(({ opening }) => opening.attribute !== "none")
    .map((entry) => describe(region, entry));
  const document = {
    "@context": CONTEXT,
    "@id": `urn:heliu:catalog:${region.id}`,
    "@type": "dcat:Catalog",
    "dct:title": [{ "@value": `${region.name}公共数据资源目录`, "@language": "zh" }],
    "dct:description": [{ "@value": `${region.name}已开放的公共数据资源`, "@language": "zh" }],
    "dct:publisher": { "@type": "foaf:Agent", "foaf:name": region.name },
    "dcat:dataset": described.filter((item) => item["@type"] !== "dcat:DataService"),
    "dcat:service": described.filter((item) => item["@type"] === "dcat:DataService"),
  };
  return Buffer.from(`${JSON.stringify(document, undefined, 1)}\n`, "utf8");
}

function describe(region: CatalogRegion, entry: CatalogEntry): Json {
  const zh = (value: string) => ({ "@value": value, "@language": "zh" });
  const date = (value: string) => ({ "@value": value, "@type": "xsd:date" });
  const titles = [zh(entry.name), ...(entry.nameEn ? [{ "@value": entry.nameEn, "@language": "en" }] : [])];
  return {
    "@id": `urn:heliu:entry:${region.id}:${entry.id}`,
    "@type": entry.kind === "service" ? "dcat:DataService" : "dcat:Dataset",
    "dct:identifier": entry.id,
    "adms:identifier": { "@type": "adms:Identifier", "skos:notation": entry.resourceCode },
    "dct:title": titles,
    "dct:description": [zh(entry.abstract)],
    "dct:publisher": { "@type": "foaf:Agent", "foaf:name": entry.provider.name },
    ...(entry.contact ? { "dcat:contactPoint": contactOf(entry.contact) } : {}),
    "dcat:theme": { "@id": `urn:heliu:theme:${entry.theme}` },
    "dcat:keyword": (entry.keywords ?? []).map(zh),
    "dct:accessRights": { "@id": ACCESS + (entry.opening.attribute === "unconditional" ? "PUBLIC" : "RESTRICTED") },
    "heliu:sharingAttribute": entry.sharing.attribute,
    "dct:accrualPeriodicity": { "@id": FREQUENCY + (FREQUENCIES[entry.updateFrequency] ?? "UNKNOWN") },
    "dcat:distribution": entry.formats.map(distributionOf),
    "dct:spatial": (entry.spatial ?? []).map((code) => ({ "@type": "dct:Location", "skos:notation": code })),
    ...(entry.temporal ? { "dct:temporal": temporalOf(entry.temporal, date) } : {}),
    "dct:issued": date(entry.issued),
    "dct:modified": date(entry.modified),
    "dcat:version": String(entry.version),
    ...(entry.legalBasis ? { "dcatap:applicableLegislation": zh(entry.legalBasis) } : {}),
    "csvw:tableSchema": {
      "@type": "csvw:Schema",
      "csvw:column": entry.fields.map(({ name }) => ({ "csvw:name": name })),
    },
    "heliu:dataLevel": entry.dataLevel,
    "heliu:entry": entry,
  };
}

function contactOf({ role, phone }: NonNullable<CatalogEntry["contact"]>): Json {
  return { "@type": "vcard:Organization", "vcard:fn": role, "vcard:tel": phone };
}

function distributionOf(format: string): Json {
  const mediaType = MEDIA_TYPES[format];
  const media = mediaType === undefined ? {} : { "dcat:mediaType": { "@id": MEDIA + mediaType } };
  return { "@type": "dcat:Distribution", "dct:format": format, ...media };
}

function temporalOf({ from, to }: NonNullable<CatalogEntry["temporal"]>, date: (value: string) => Json): Json {
  return {
    "@type": "dct:PeriodOfTime",
    "dcat:startDate": date(from),
    ...(to === null ? {} : { "dcat:endDate": date(to) }),
  };
}

export function isDcat(document: unknown): document is Json {
  return (
    typeof document === "object" && document !== null && ("dcat:dataset" in document || "dcat:service" in document)
  );
}

/** The entries of our own export; a data set that somebody else described lacks too much to be an entry. */
export function rowsOfDcat(document: Json): Omit<CatalogFile, "notes"> {
  const described = ["dcat:dataset", "dcat:service"].flatMap((list) => {
    const found = document[list];
    return Array.isArray(found) ? found : found === undefined ? [] : [found];
  });
  const rows = described.map((item: Json, i) => ({ row: i + 1, value: item["heliu:entry"], item }));
  return {
    rows: rows.filter(({ value }) => value !== undefined).map(({ row, value }) => ({ row, value })),
    faults: rows.filter(({ value }) => value === undefined).map(({ row, item }) => foreign(row, item)),
  };
}

function foreign(row: number, item: Json): ImportFault {
  return {
    row,
    column: "heliu:entry",
    value: String(item["@id"] ?? item["dct:identifier"] ?? ""),
    rule: "CAT-001",
    level: "error",
    text: {
      zh: "该数据集由其他系统描述,缺少分级、共享属性和数据项;请用 CSV、XLSX 或 JSON 模板补充后导入。",
      en: "Another system described this data set, without levels, sharing attribute and fields; add them in the CSV, XLSX or JSON form and import that.",
    },
  };
}
