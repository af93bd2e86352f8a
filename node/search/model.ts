import type { CatalogEntry } from "../catalog/model.ts";
import type { Reason } from "../kernel/reason.ts";

/** One change of a region's catalogue as the index takes it; a null entry is a withdrawal. */
export type IndexChange = { readonly region: string; readonly id: string; readonly entry: CatalogEntry | null };

/** How far each region's change log has been taken in. */
export type IndexPosition = { readonly [region: string]: string };

export type SearchQuery = {
  readonly q: string;
  readonly region?: string | undefined;
  readonly theme?: string | undefined;
  readonly sharing?: string | undefined;
  readonly opening?: string | undefined;
  readonly format?: string | undefined;
  readonly kind?: string | undefined;
  /** Whole name, or part of it. */
  readonly provider?: string | undefined;
  readonly updateFrequency?: string | undefined;
  /** Data level, `G1`… */
  readonly level?: string | undefined;
  /** 1…100. */
  readonly limit: number;
  /** The `next` of the page before. */
  readonly cursor?: string | undefined;
};

/** Text as published, and which stretches of it matched: `[start, end)` in UTF-16 units, rising. Escape, then mark. */
export type Highlighted = { readonly text: string; readonly ranges: readonly (readonly [number, number])[] };

export type SearchHit = {
  readonly region: string;
  readonly id: string;
  readonly name: string;
  readonly nameEn?: string;
  readonly abstract: string;
  readonly provider: string;
  readonly theme: string;
  readonly sharing: string;
  readonly formats: readonly string[];
  readonly modified: string;
  readonly kind: string;
  readonly score: number;
  /** `abstract` is the stretch around the first match, with `…` where something is left out. */
  readonly highlight: { readonly name: Highlighted; readonly abstract: Highlighted };
};

export const facetNames = ["region", "theme", "sharing", "format", "kind"] as const;
export type FacetName = (typeof facetNames)[number];
export type FacetCount = { readonly code: string; readonly count: number };

export type SearchAnswer = {
  readonly total: number;
  readonly items: readonly SearchHit[];
  /** Counts as they would be without the facet's own filter, so that people see what else they may choose. */
  readonly facets: { readonly [F in FacetName]: readonly FacetCount[] };
  readonly next: string | null;
  readonly tookMs: number;
  /** Why there is nothing; null when there is something. */
  readonly reason: Reason | null;
};

/** What is kept of an entry to show a hit. */
export type StoredDocument = Omit<SearchHit, "score" | "highlight">;
