import { H3 } from "h3";

export const app = new H3().get("/", () => "Hello h3!");
