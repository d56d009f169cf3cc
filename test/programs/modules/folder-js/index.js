exports.app = (_environ, startResponse) => {
  startResponse("200 OK", []);
  return ["hello from folder-js"];
};
