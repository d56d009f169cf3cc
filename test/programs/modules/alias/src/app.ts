import { greet } from "@lib/greet";

export const application = (_environ: object, startResponse: (status: string, headers: []) => void): string[] => {
  startResponse("200 OK", []);
  return [greet("an alias")];
};
