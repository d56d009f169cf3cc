import { greet } from "./greeting.js";

const name = await Promise.resolve("app.ts");

export default (_environ: object, startResponse: (status: string, headers: []) => void): string[] => {
  startResponse("200 OK", []);
  return [greet(name).text];
};
