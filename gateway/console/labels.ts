import type { CodeListName } from "../../node/catalog/codes.ts";
import type { CatalogEntry } from "../../node/catalog/model.ts";
import { codeLabel } from "../code-labels.ts";
import type { OpenView } from "./view.ts";

/** What a code of the catalogue means; a peer's unknown code is shown as it is. */
export function label({ language }: Pick<OpenView, "language">, list: CodeListName, code: string): string {
  return codeLabel(language, list, code);
}

export function nameOfEntry({ language }: Pick<OpenView, "language">, entry: Pick<CatalogEntry, "name" | "nameEn">) {
  return language === "en" ? (entry.nameEn ?? entry.name) : entry.name;
}

/** `设备注册代码` for `SBZCDM`, as far as the entry says so. */
export function fieldLabel(view: Pick<OpenView, "language">, entry: CatalogEntry | undefined, name: string): string {
  const field = entry?.fields.find((one) => one.name === name);
  return (view.language === "en" ? field?.labelEn : field?.label) ?? field?.label ?? name;
}
