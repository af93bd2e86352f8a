import { fileURLToPath } from "node:url";
import { type GrpcObject, loadPackageDefinition } from "@grpc/grpc-js";
import { loadSync } from "@grpc/proto-loader";
import { type DataCodec, dataCodec, type PullDefinition, pullDefinition } from "./frame-codec.ts";
import type { AuditDefinition } from "./generated/heliu/v1/Audit.ts";
import type { CatalogDefinition } from "./generated/heliu/v1/Catalog.ts";
import type { NegotiationDefinition } from "./generated/heliu/v1/Negotiation.ts";
import type { SettlementDefinition } from "./generated/heliu/v1/Settlement.ts";
import type { TransferDefinition } from "./generated/heliu/v1/Transfer.ts";
import type { TrustDefinition } from "./generated/heliu/v1/Trust.ts";

const PROTO_ROOT = fileURLToPath(new URL("../../proto", import.meta.url));
const SERVICES = ["Catalog", "Negotiation", "Transfer", "Settlement", "Audit", "Trust"] as const;

export type Protocol = {
  readonly Catalog: CatalogDefinition;
  readonly Negotiation: NegotiationDefinition;
  /** `Pull` carries the transfer room's own frames; see frame-codec.ts. */
  readonly Transfer: Pick<TransferDefinition, "Deliver" | "Invoke"> & { readonly Pull: PullDefinition };
  /** The messages of `Pull` on a data connection. */
  readonly data: DataCodec;
  readonly Settlement: SettlementDefinition;
  readonly Audit: AuditDefinition;
  readonly Trust: TrustDefinition;
};

/** Kept for the whole process: parsing the definitions takes some 20 ms, and several nodes of a test share them. */
let loaded: Protocol | undefined;

/** The definitions of `proto/heliu/v1`. Options repeat the flags of `npm run gen`, on which the generated types rest. */
export function protocol(): Protocol {
  loaded ??= load();
  return loaded;
}

function load(): Protocol {
  const files = SERVICES.map((name) => `heliu/v1/${name.toLowerCase()}.proto`);
  const definition = loadSync(files, {
    includeDirs: [PROTO_ROOT],
    longs: String,
    enums: String,
    defaults: true,
    oneofs: true,
  });
  const root = loadPackageDefinition(definition) as GrpcObject;
  const services = (root.heliu as GrpcObject).v1 as GrpcObject;
  const found = Object.fromEntries(
    SERVICES.map((name) => [name, (services[name] as unknown as { service: object }).service]),
  ) as unknown as Omit<Protocol, "Transfer" | "data"> & { Transfer: TransferDefinition };
  const { Pull } = found.Transfer;
  return { ...found, Transfer: { ...found.Transfer, Pull: pullDefinition(Pull) }, data: dataCodec(Pull) };
}
