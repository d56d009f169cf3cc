import { basename } from "node:path";
import { type Greeting, greet } from "./greeting";

export function application(_environ: object, startResponse: (status: string, headers: [string, string][]) => void): string[] {
  const greeting: Greeting = greet(basename("typeless/app.ts"));
  startResponse("200 OK", [["Content-Type", "text/plain"]]);
  return [greeting.text];
}
