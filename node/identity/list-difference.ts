import { type Canonical, canonicalText } from "../kernel/canonical-json.ts";
import { parseCertificatePem } from "./certificate.ts";
import type { TrustedRegion, TrustList } from "./model.ts";

/** Every change from one list to the next, one readable line each: what a founder looks at before signing. */
export function diffLists(before: TrustList | undefined, after: TrustList): string[] {
  return [
    `版本 / version: ${before?.version ?? "—"} → ${after.version}`,
    `到期 / expires: ${before?.expiresAt ?? "—"} → ${after.expiresAt}`,
    ...changed("门限 / threshold", before?.threshold, after.threshold),
    ...diffSets("发起方 / founder", founderLines(before), founderLines(after)),
    ...diffRegions(before?.regions ?? [], after.regions),
    ...diffSets("吊销 / revoked", revokedLines(before), revokedLines(after)),
  ];
}

function changed(what: string, before: string | undefined, after: string): string[] {
  return before === after ? [] : [`${what}: ${before ?? "—"} → ${after}`];
}

function diffSets(what: string, before: readonly string[], after: readonly string[]): string[] {
  const added = after.filter((line) => !before.includes(line)).map((line) => `+ ${what}: ${line}`);
  const removed = before.filter((line) => !after.includes(line)).map((line) => `- ${what}: ${line}`);
  return [...added, ...removed];
}

function founderLines(list: TrustList | undefined): string[] {
  return (list?.founders ?? []).map(({ id, keys }) => `${id} (${keys.map(({ keyId }) => keyId).join(", ")})`);
}

function revokedLines(list: TrustList | undefined): string[] {
  return (list?.revoked ?? []).map(
    ({ caFingerprint, leafSerial, reason }) => `${caFingerprint} ${leafSerial ?? "(CA)"}: ${reason}`,
  );
}

function diffRegions(before: readonly TrustedRegion[], after: readonly TrustedRegion[]): string[] {
  const lines: string[] = [];
  for (const region of after) {
    const old = before.find(({ id }) => id === region.id);
    if (old === undefined) lines.push(`+ 地区 / region: ${region.id} ${region.name} (${authorities(region)})`);
    else lines.push(...diffRegion(old, region));
  }
  for (const region of before) {
    if (!after.some(({ id }) => id === region.id)) lines.push(`- 地区 / region: ${region.id} ${region.name}`);
  }
  return lines;
}

function diffRegion(before: TrustedRegion, after: TrustedRegion): string[] {
  const fields = Object.keys(after) as (keyof TrustedRegion)[];
  return fields
    .filter((field) => field !== "caCertificates")
    .flatMap((field) => changed(`~ ${after.id} ${field}`, shown(before[field]), shown(after[field])))
    .concat(changed(`~ ${after.id} CA`, authorities(before), authorities(after)));
}

function shown(value: Canonical | undefined): string {
  return typeof value === "string" ? value : canonicalText(value ?? null);
}

function authorities({ caCertificates }: TrustedRegion): string {
  return caCertificates.map((pem) => parseCertificatePem(pem)?.fingerprint ?? "?").join(", ");
}
