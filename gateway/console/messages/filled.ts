/** The same keys with any words; functions take the same arguments. A key without words does not compile. */
export type Filled<T> = {
  readonly [K in keyof T]: T[K] extends string
    ? string
    : T[K] extends (...args: infer A) => string
      ? (...args: A) => string
      : Filled<T[K]>;
};
