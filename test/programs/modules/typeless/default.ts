import { greet } from "./greeting";

export default function* (_environ: object, startResponse: (status: string, headers: []) => void): Generator<string> {
  startResponse("200 OK", []);
  yield greet("default.ts").text;
}
