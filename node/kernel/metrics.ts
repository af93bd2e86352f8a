type Labels = { readonly [label: string]: string };

/** What rooms measure; `compose` binds it to a Prometheus registry. Names end in their unit (`_total`, `_seconds`, `_bytes`). */
export type Metrics = {
  readonly count: (name: string, labels?: Labels, by?: number) => void;
  readonly observe: (name: string, seconds: number, labels?: Labels) => void;
  readonly gauge: (name: string, value: number, labels?: Labels) => void;
};

export const noMetrics: Metrics = { count: () => {}, observe: () => {}, gauge: () => {} };
