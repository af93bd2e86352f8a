/** Something that runs in the background of a node. `stop` resolves when nothing of it is under way any more. */
export type Worker = {
  readonly name: string;
  readonly start: () => void;
  readonly stop: () => Promise<void>;
};
