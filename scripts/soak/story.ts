import type { Material } from "./material.ts";
import type { Operator } from "./operator.ts";
import { addPeople, bindSources, publishCatalogue, untilMirrored } from "./play-catalogues.ts";
import { playNegotiations } from "./play-negotiations.ts";
import { playSettlement } from "./play-settlement.ts";
import { playCalls, playTransfer } from "./play-usage.ts";
import type { SoakNode } from "./soak-node.ts";

/** What a region's log said of itself at some moment of the story. */
export type SeenCheckpoint = { readonly region: string; readonly note: string };

export type Played = { readonly period: string; readonly checkpoints: readonly SeenCheckpoint[] };

type Regions = { readonly chengdu: SoakNode; readonly chongqing: SoakNode };
type OnChapter = (name: string) => void;

/**
 * The demo's story in small, over the HTTP interface, going on wherever a node was killed. `onChapter` is told of each part as
 * it begins.
 */
export async function playStory(
  operator: Operator,
  regions: Regions,
  material: Material,
  onChapter: OnChapter = () => {},
): Promise<Played> {
  const { product, checkpoints, chapter } = await playUsage(operator, regions, material, onChapter);
  const period = await chapter("settlement", () => playSettlement({ operator, ...regions }, product));
  return { period, checkpoints };
}

/** Everything before the first settlement. */
export async function playUsage(
  operator: Operator,
  regions: Regions,
  material: Material,
  onChapter: OnChapter = () => {},
) {
  const { chengdu, chongqing } = regions;
  const sides = { operator, chengdu, chongqing };
  const checkpoints: SeenCheckpoint[] = [];
  const chapter = async <T>(name: string, play: () => Promise<T>): Promise<T> => {
    onChapter(name);
    const result = await play();
    for (const node of [chengdu, chongqing]) checkpoints.push(await checkpointOf(operator, node));
    return result;
  };
  await chapter("people", () => Promise.all([addPeople(operator, chengdu), addPeople(operator, chongqing)]));
  await chapter("catalogues", async () => {
    const { catalogues } = material;
    await Promise.all([
      publishCatalogue(operator, chengdu, catalogues.chengdu),
      publishCatalogue(operator, chongqing, catalogues.chongqing),
    ]);
    await bindSources(operator, chengdu, material);
    await untilMirrored(operator, chongqing, chengdu, catalogues.chengdu.ids);
    await untilMirrored(operator, chengdu, chongqing, catalogues.chongqing.ids);
  });
  const { auto, approved, product } = await chapter("negotiations", () => playNegotiations(sides));
  await chapter("transfers", async () => {
    await playTransfer(sides, auto, false);
    await playTransfer(sides, approved, true);
  });
  await chapter("calls", () => playCalls(sides, product, material));
  return { product, checkpoints, chapter };
}

async function checkpointOf(operator: Operator, node: SoakNode): Promise<SeenCheckpoint> {
  const { note } = await operator.read<{ note: string }>(node, "admin", "/audit/checkpoint");
  return { region: node.id, note };
}
