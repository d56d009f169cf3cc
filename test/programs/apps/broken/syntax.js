export function application(environ, startResponse) {
  return [;
}
