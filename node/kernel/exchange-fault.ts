import type { ExchangeError } from "./exchange-error.ts";

/** A refusal on its way through an async iterable, the one place where a `Result` cannot travel. */
export class ExchangeFault extends Error {
  readonly error: ExchangeError;
  constructor(error: ExchangeError) {
    super(`${error.code}: ${error.text.en}`);
    this.name = "ExchangeFault";
    this.error = error;
  }
}
