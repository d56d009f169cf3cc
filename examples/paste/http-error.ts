// An answer that is a refusal. Any part of the application throws one; service.ts turns it into a response.

export class HttpError extends Error {
  override readonly name = "HttpError";
  /** As startResponse takes it: `"404 Not Found"`. */
  readonly status: string;
  /** Added to those of every response. */
  readonly headers: readonly (readonly [name: string, value: string])[];

  /** @param message One sentence that the person at the other end can act on. */
  constructor(status: string, message: string, headers: HttpError["headers"] = []) {
    super(message);
    this.status = status;
    this.headers = headers;
  }
}

export const badRequest = (message: string): HttpError => new HttpError("400 Bad Request", message);
export const notFound = (): HttpError => new HttpError("404 Not Found", "There is nothing here. It may have expired.");
export const tooLarge = (message: string): HttpError => new HttpError("413 Content Too Large", message);
