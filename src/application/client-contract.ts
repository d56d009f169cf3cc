// What an application may say with startResponse (docs/gateway.md section 2), as the test client holds it to it.

import type { HeaderList } from "../gateway/types.ts";

/** The application broke the contract with its server. Thrown into the test, also where exceptions are not to be raised. */
export class ContractBreach extends Error {
  override readonly name = "ContractBreach";
}

const STATUS = /^[2-9][0-9]{2} [\t\x20-\x7e\x80-\xff]*$/;
const NAME = /^[!#$%&'*+\-.^_`|~0-9A-Za-z]+$/;
const VALUE = /^[\t\x20-\x7e\x80-\xff]*$/;
/** What belongs to the connection, and so to the server (RFC 9110 section 7.6.1); and the status, which is no header. */
const NOT_YOURS =
  /^(?:connection|keep-alive|proxy-authenticate|proxy-authorization|proxy-connection|te|trailers?|transfer-encoding|upgrade|status)$/i;

/** @throws ContractBreach that names what was given and what fits. */
export function checkHead(status: unknown, headers: HeaderList): void {
  if (typeof status !== "string" || !STATUS.test(status)) {
    throw new ContractBreach(
      `startResponse: status ${JSON.stringify(status)}: expected three digits, a space and a reason`,
    );
  }
  checkHeaders(headers, "startResponse");
  const lengths = headers.filter(([name]) => name.toLowerCase() === "content-length");
  if (lengths.length > 1) throw new ContractBreach("startResponse: Content-Length was given twice");
  const length = lengths[0]?.[1];
  if (length !== undefined && !/^[0-9]+$/.test(length)) {
    throw new ContractBreach(`startResponse: Content-Length ${length}: expected digits only`);
  }
}

/**
 * @param by What was called, for the message.
 * @throws ContractBreach
 */
export function checkHeaders(headers: HeaderList, by: string): void {
  if (!Array.isArray(headers)) throw new ContractBreach(`${by}: expected the headers as an array of pairs`);
  for (const pair of headers as readonly unknown[]) {
    if (!Array.isArray(pair) || pair.length !== 2 || typeof pair[0] !== "string" || typeof pair[1] !== "string") {
      throw new ContractBreach(`${by}: header ${JSON.stringify(pair)}: expected a pair of strings`);
    }
    const [name, value] = pair as [string, string];
    if (!NAME.test(name)) throw new ContractBreach(`${by}: header name ${JSON.stringify(name)}: expected a token`);
    if (!VALUE.test(value)) {
      throw new ContractBreach(`${by}: header ${name} has a character in its value that may not be there`);
    }
    if (NOT_YOURS.test(name)) throw new ContractBreach(`${by}: header ${name} is the server's: leave it out`);
  }
}
