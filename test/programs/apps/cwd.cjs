exports.application = (_environ, startResponse) => {
  startResponse("200 OK", []);
  return [process.cwd()];
};
