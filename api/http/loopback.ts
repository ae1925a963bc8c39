// The names by which a machine calls itself.

/** True for `localhost`, `*.localhost`, 127.0.0.0/8 and [::1]: the name in the URL, which the browser resolved. */
export function isLoopback(hostname: string): boolean {
  return /^(localhost|[a-z0-9-]+\.localhost|127(\.\d{1,3}){3}|\[::1\])$/i.test(hostname);
}
