// Stub.
export interface Found {
  readonly loaded: readonly string[];
  readonly missing: readonly string[];
}
export function noteLoadedFiles(heard: (found: Found) => void): { flush(): void } {
  void heard;
  return { flush() {} };
}
