import i18next from 'i18next';
import { languageOf, type Both } from '../lib/words';

/** The error every answer of the authority may carry: what happened, where, and what to do next. */
export class ApiError extends Error {
  constructor(
    readonly status: number,
    readonly kind: string,
    readonly what: Both,
    readonly where: string,
    readonly hint: Both,
  ) {
    super(typeof what === 'string' ? what : (what?.en ?? kind));
  }
}

let csrf = '';
export function rememberCsrf(value: string | undefined) {
  csrf = value ?? '';
}

async function failure(response: Response): Promise<ApiError> {
  try {
    const { error } = (await response.json()) as {
      error: { kind?: string; what?: Both; where?: string; hint?: Both };
    };
    return new ApiError(response.status, error.kind ?? 'internal', error.what ?? '', error.where ?? '', error.hint ?? '');
  } catch {
    return new ApiError(response.status, 'unreadable', '', response.url, '');
  }
}

async function call<T>(method: string, path: string, body?: unknown): Promise<T> {
  const headers: Record<string, string> = { Accept: 'application/json', 'Accept-Language': languageOf(i18next.language) };
  const bytes = body instanceof Blob;
  if (body !== undefined) headers['Content-Type'] = bytes ? 'application/octet-stream' : 'application/json';
  if (method !== 'GET' && csrf) headers['X-Naru-CSRF'] = csrf;
  let response: Response;
  try {
    response = await fetch(`/api/v1${path}`, {
      method,
      headers,
      body: body === undefined ? undefined : bytes ? body : JSON.stringify(body),
      credentials: 'same-origin',
    });
  } catch {
    throw new ApiError(0, 'unreachable', '', path, '');
  }
  if (!response.ok) throw await failure(response);
  if (response.status === 204) return undefined as T;
  return (await response.json()) as T;
}

export const get = <T>(path: string) => call<T>('GET', path);
export const post = <T>(path: string, body: unknown = {}) => call<T>('POST', path, body);
/** A file as it is. */
export const put = <T>(path: string, file: Blob) => call<T>('POST', path, file);
export const del = <T>(path: string) => call<T>('DELETE', path);
