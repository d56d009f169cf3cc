import { greet } from "./greeting.ts";

const name: string = await Promise.resolve("app.mts");

export async function application(_environ: object, startResponse: (status: string, headers: []) => void): Promise<string[]> {
  startResponse("200 OK", []);
  return [greet(name).text];
}
