// What a greeting must be to be taken.

import { HTTPException } from "hono/http-exception";

/** @throws HTTPException 400 */
export function nameIn(text: string): string {
  let name: unknown;
  try {
    name = Object(JSON.parse(text)).name;
  } catch {
    // No JSON has no name either.
  }
  if (typeof name === "string" && name !== "") return name;
  throw new HTTPException(400, { message: 'expected {"name": "..."}' });
}
