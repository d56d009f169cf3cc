import { path } from "../../../src/application/index.ts";
import { Response } from "../../../src/application/response.ts";

export const urls = [path("", () => new Response("from named exports"))];
export const debug: boolean = true;
