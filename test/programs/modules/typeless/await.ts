import { greet } from "./greeting";

enum Step {
  Done = "await.ts",
}

const step = await Promise.resolve(Step.Done);

export const app = (_environ: object, startResponse: (status: string, headers: []) => void): string[] => {
  startResponse("200 OK", []);
  return [greet(step).text];
};
