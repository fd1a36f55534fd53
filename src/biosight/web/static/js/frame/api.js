// @ts-check
/** Calls to the JSON API; every failure becomes an ApiError with words for a person. */

export const API = "/api/v1";

export class ApiError extends Error {
  /** @param {number} status @param {string} code @param {string} detail @param {number} wait */
  constructor(status, code, detail, wait = 0) {
    super(detail);
    this.status = status;
    this.code = code;
    this.wait = wait;
  }
}

/** Return whether an error may be gone at the next try. @param {unknown} error */
export function passes(error) {
  return error instanceof ApiError && [0, 408, 429, 502, 503, 504].includes(error.status);
}

/**
 * Send a request. Resolves with the parsed JSON, or with null for an empty answer.
 * @param {string} method @param {string} path below /api/v1
 * @param {any} [body] JSON, or FormData sent unchanged
 * @param {{headers?: Record<string, string>, signal?: AbortSignal}} [options]
 * @returns {Promise<any>}
 */
export async function call(method, path, body, options = {}) {
  const form = body instanceof FormData;
  /** @type {Record<string, string>} */
  const headers = { Accept: "application/json", ...options.headers };
  if (body !== undefined && !form) headers["Content-Type"] = "application/json";
  let response;
  try {
    response = await fetch(API + path, {
      method,
      headers,
      body: body === undefined || form ? body : JSON.stringify(body),
      signal: options.signal,
    });
  } catch (error) {
    if (options.signal?.aborted) throw error;
    throw new ApiError(0, "offline", "BioSight can't be reached just now.");
  }
  if (response.ok) return response.status === 204 ? null : response.json();
  const wait = Number(response.headers.get("Retry-After")) || 0;
  const said = await response.json().catch(() => ({}));
  if (response.status === 401 && !path.startsWith("/sign-in") && !path.startsWith("/shared")) goSignIn();
  throw new ApiError(response.status, said.error ?? "error", said.detail ?? "That did not work.", wait);
}

function goSignIn() {
  location.assign(`/sign-in?next=${encodeURIComponent(location.pathname + location.search)}`);
}

/** @param {Record<string, any>} values @returns {string} a query, empty values left out */
export function query(values) {
  const kept = Object.entries(values).filter(([, v]) => v !== "" && v !== null && v !== undefined && v !== false);
  const text = new URLSearchParams(kept.map(([k, v]) => [k, String(v)])).toString();
  return text ? `?${text}` : "";
}
