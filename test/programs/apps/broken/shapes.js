export const text = "not a function";
export const rejects = async () => {
  throw new Error("no database today");
};
