import { decodeBase64 } from "../kernel/base64.ts";
import { canonicalize } from "../kernel/canonical-json.ts";
import { keyIdOf } from "../kernel/ed25519.ts";
import { parseCertificatePem } from "./certificate.ts";
import type { TrustList } from "./model.ts";

/**
 * What the schema cannot say: every name, key and authority belongs to one owner only. An authority listed for two
 * regions would let one speak for the other, a key listed for two founders would count twice.
 */
export function checkListShape(list: TrustList): string[] {
  const { founders, regions, threshold } = list;
  const instants = [
    ["issuedAt", list.issuedAt],
    ["expiresAt", list.expiresAt],
  ] as const;
  const regionKeys = regions.flatMap(({ id, statementKeys }) => statementKeys.map((key) => ({ ...key, owner: id })));
  const founderKeys = founders.flatMap(({ id, keys }) => keys.map((key) => ({ ...key, owner: id })));
  const canonical = canonicalize(list);
  return [
    ...(canonical.ok ? [] : [canonical.error.text.en]),
    ...instants.filter(([, at]) => !INSTANT.test(at)).map(([field]) => `${field}: not 2026-10-05T08:00:00.000Z`),
    ...(DECIMAL.test(list.version) ? [] : ["version: not a positive decimal number"]),
    ...(DECIMAL.test(threshold) && Number(threshold) <= founders.length ? [] : ["threshold: not within 1…founders"]),
    ...repeated(
      "founder",
      founders.map(({ id }) => id),
    ),
    ...founders.filter(({ keys }) => keys.length === 0).map(({ id }) => `founder ${id}: no key`),
    ...repeated(
      "founder key",
      founderKeys.map(({ publicKey }) => publicKey),
    ),
    ...repeated(
      "region",
      regions.map(({ id }) => id),
    ),
    ...repeated(
      "trust domain",
      regions.map(({ trustDomain }) => trustDomain),
    ),
    ...repeated(
      "CA certificate",
      regions.flatMap(({ caCertificates }) => caCertificates.map((pem) => pem.trim())),
    ),
    ...repeated(
      "statement key",
      regionKeys.map(({ publicKey }) => publicKey),
    ),
    ...[...founderKeys, ...regionKeys]
      .filter(({ keyId, publicKey }) => !isKeyIdOf(keyId, publicKey))
      .map(({ owner, keyId }) => `${owner}: key id ${keyId} does not belong to its key`),
    ...regions.flatMap(({ id, caCertificates }) =>
      caCertificates.filter((pem) => parseCertificatePem(pem)?.isCa !== true).map(() => `${id}: not a CA certificate`),
    ),
    ...regions.filter(({ trustDomain }) => !TRUST_DOMAIN.test(trustDomain)).map(({ id }) => `${id}: bad trust domain`),
  ];
}

const INSTANT = /^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}\.\d{3}Z$/;
const DECIMAL = /^[1-9][0-9]{0,17}$/;
const TRUST_DOMAIN = /^[a-z0-9](?:[a-z0-9._-]{0,253}[a-z0-9])?$/;

function repeated(what: string, values: readonly string[]): string[] {
  const twice = values.filter((value, i) => values.indexOf(value) !== i);
  return [...new Set(twice)].map((value) => `${what} appears twice: ${value.slice(0, 80)}`);
}

/** Whether a key id belongs to its key: padded base64 of 32 bytes, and the id that follows from them. */
function isKeyIdOf(keyId: string, publicKeyBase64: string): boolean {
  const bytes = decodeBase64(publicKeyBase64);
  return bytes?.length === 32 && keyIdOf(bytes) === keyId;
}
