export const urls = [];
throw new Error("no database");
