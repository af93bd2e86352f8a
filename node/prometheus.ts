import { Counter, collectDefaultMetrics, Gauge, Histogram, Registry } from "prom-client";
import type { Metrics } from "./kernel/metrics.ts";

/** From a commit on a good disk to a delivery over a bad link. */
const SECONDS = [0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30];

/** Metrics of one node in their own registry: several nodes may share a process in tests. */
export function createPrometheus(region: string): Metrics & { readonly render: () => Promise<string> } {
  const registry = new Registry();
  registry.setDefaultLabels({ region });
  collectDefaultMetrics({ register: registry });
  const counters = new Map<string, Counter>();
  const histograms = new Map<string, Histogram>();
  const gauges = new Map<string, Gauge>();
  const metric = <T>(all: Map<string, T>, name: string, make: () => T): T => {
    const known = all.get(name);
    if (known !== undefined) return known;
    const made = make();
    all.set(name, made);
    return made;
  };
  const describe = (name: string, labels: object) => ({
    name: name.startsWith("heliu_") ? name : `heliu_${name}`,
    help: name.replaceAll("_", " "),
    labelNames: Object.keys(labels),
    registers: [registry],
  });
  return {
    count: (name, labels = {}, by = 1) =>
      metric(counters, name, () => new Counter(describe(name, labels))).inc({ ...labels }, by),
    observe: (name, seconds, labels = {}) =>
      metric(histograms, name, () => new Histogram({ ...describe(name, labels), buckets: SECONDS })).observe(
        { ...labels },
        seconds,
      ),
    gauge: (name, value, labels = {}) =>
      metric(gauges, name, () => new Gauge(describe(name, labels))).set({ ...labels }, value),
    render: () => registry.metrics(),
  };
}
