export default function settings() {
  return { urls: [] };
}
