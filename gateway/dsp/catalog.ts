import type { Context, Hono } from "hono";
import type { CatalogEntry } from "../../node/catalog/model.ts";
import type { Peer } from "../../node/identity/model.ts";
import type { Result } from "../../node/kernel/exchange-error.ts";
import { datasetUrn, regionUrn } from "../../node/negotiation/messages.ts";
import type { UsageTerms } from "../../node/policy/model.ts";
import { toOdrl } from "../../node/policy/odrl.ts";
import { offerOf } from "../../node/policy/offer.ts";
import type { DspDeps } from "./deps.ts";
import { CONTEXT, catalogError, refuse } from "./error.ts";
import { readMessage } from "./message-body.ts";

const PAGE = 100;

type CallerOf = (c: Context, capability: "catalog") => Result<Peer>;

/** The catalogue as a connector sees it: what is published and offered, and nothing about the rest. */
export function catalogRoutes(app: Hono, base: string, deps: DspDeps, callerOf: CallerOf): void {
  app.post(`${base}/catalog/request`, async (c) => {
    const caller = callerOf(c, "catalog");
    if (!caller.ok) return catalogError(c, caller.error);
    const message = await readMessage(c, "CatalogRequestMessage");
    if (!message.ok) return catalogError(c, message.error);
    const { filter } = message.value;
    if (filter !== undefined && filter !== null && !(Array.isArray(filter) && filter.length === 0)) {
      return catalogError(c, noFilter().error);
    }
    const after = c.req.query("continuationToken");
    const page = await deps.catalog.list({
      limit: PAGE,
      status: "published",
      ...(after === undefined ? {} : { after }),
    });
    const found = await Promise.all(page.items.map((entry) => datasetOf(deps, entry)));
    const dataset = found.filter((one) => one !== undefined);
    if (page.next !== null) {
      const next = `${endpointOf(deps)}/catalog/request?continuationToken=${encodeURIComponent(page.next)}`;
      c.header("Link", `<${next}>; rel="next"`);
    }
    const { region } = deps;
    return c.json({
      "@context": [CONTEXT],
      "@id": `urn:heliu:catalog:${region}`,
      "@type": "Catalog",
      participantId: regionUrn(region),
      service: [serviceOf(deps)],
      // The schema has no empty arrays.
      ...(dataset.length === 0 ? {} : { dataset }),
    });
  });

  app.get(`${base}/catalog/datasets/:id`, async (c) => {
    const caller = callerOf(c, "catalog");
    if (!caller.ok) return catalogError(c, caller.error);
    const prefix = datasetUrn(deps.region, "");
    const id = c.req.param("id");
    const entry = id.startsWith(prefix) ? await deps.catalog.get(id.slice(prefix.length)) : unknownDataset();
    const dataset = entry.ok ? await datasetOf(deps, entry.value) : undefined;
    if (dataset === undefined) return catalogError(c, unknownDataset().error);
    return c.json({ "@context": [CONTEXT], ...dataset });
  });
}

async function datasetOf(deps: DspDeps, entry: CatalogEntry): Promise<object | undefined> {
  if (entry.status !== "published") return undefined;
  const hasSource = (await deps.sources.kindFor(entry.id)) !== undefined;
  const offer = offerOf(entry, deps.region, deps.runtime.nowMs(), hasSource);
  const terms = offer.ok ? withoutPrice(offer.value.terms) : undefined;
  if (!offer.ok || terms === undefined) return undefined;
  return {
    "@id": datasetUrn(deps.region, entry.id),
    "@type": "Dataset",
    "http://purl.org/dc/terms/title": entry.name,
    "http://purl.org/dc/terms/description": entry.abstract,
    hasPolicy: [toOdrl(terms, { "@id": offer.value.offerId, "@type": "Offer" })],
    distribution: [
      {
        "@type": "Distribution",
        format: terms.channel === "heliu" ? "heliu-pull" : terms.channel,
        accessService: serviceOf(deps),
      },
    ],
  };
}

/** A connector cannot sign an agreement document, and a priced one needs both signatures: it is offered free purposes only. */
function withoutPrice(terms: UsageTerms): UsageTerms | undefined {
  if (terms.price === null) return terms;
  const purposes = terms.purposes.filter((purpose) => purpose !== "industrial");
  return purposes.length === 0 ? undefined : { ...terms, purposes, price: null };
}

function serviceOf(deps: DspDeps): object {
  return {
    "@id": `urn:heliu:service:${deps.region}:dsp`,
    "@type": "DataService",
    endpointURL: endpointOf(deps),
  };
}

/** Our own address as the trust list gives it to others; a request's Host header is the caller's word. */
function endpointOf({ trust, region }: Pick<DspDeps, "trust" | "region">): string {
  const [named = ""] = trust.region(region)?.endpoints.dsp ?? [];
  return withVersionPath(named);
}

function withVersionPath(address: string): string {
  const trimmed = address.replace(/\/+$/, "");
  return URL.canParse(trimmed) && new URL(trimmed).pathname === "/" ? `${trimmed}/dsp/2025-1` : trimmed;
}

function noFilter() {
  return refuse("DSP_FILTER", {
    zh: "目录请求不支持 filter;请读取整个目录,或用 Heliu 的检索接口。",
    en: "This catalogue takes no filter; read it whole, or use Heliu's search.",
  });
}

function unknownDataset() {
  return refuse("DSP_UNKNOWN", {
    zh: "没有这个数据集,或不提供给您。",
    en: "There is no such dataset, or none offered to you.",
  });
}
