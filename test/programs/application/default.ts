import { path, type SettingsInput } from "../../../src/application/index.ts";
import { Response } from "../../../src/application/response.ts";

export default {
  urls: [path("", () => new Response("from the default export"))],
  secretKey: "x",
} satisfies SettingsInput;
