export const app = (_environ: object, startResponse: (status: string, headers: []) => void): string[] => {
  startResponse("200 OK", []);
  return ["hello from folder-ts"];
};
