// The server's HTTP face. Every failure is an ApiError with a sentence that can be shown.

const REQUEST_TIMEOUT_MS = 15_000;
const TYPES = { csv: 'text/csv', json: 'application/json' };

export class ApiError extends Error {
  constructor(message, { status = 0, code = 'unreachable', field = null } = {}) {
    super(message);
    this.status = status; // 0: no answer at all
    this.code = code;
    this.field = field;
  }

  // Whether asking again, unchanged, may succeed.
  get retryable() {
    return this.status === 0 || this.status >= 500;
  }
}

// `key`: doing it again under the same one does it once. `file`: answer with a Blob of this type.
export async function request(method, path, { body, token, signal, key, file = null } = {}) {
  const headers = { Accept: TYPES[file ?? 'json'] };
  if (token) headers.Authorization = `Bearer ${token}`;
  if (key) headers['Idempotency-Key'] = key;
  if (body !== undefined) headers['Content-Type'] = 'application/json';
  const timeout = AbortSignal.timeout(REQUEST_TIMEOUT_MS);
  let response;
  let answer;
  try {
    response = await fetch(path, {
      method,
      headers,
      body: body === undefined ? undefined : JSON.stringify(body),
      signal: signal ? AbortSignal.any([signal, timeout]) : timeout,
    });
    answer = await (response.ok && file ? response.blob() : response.json());
  } catch (error) {
    if (signal?.aborted) throw error;
    const status = response && !response.ok ? response.status : 0;
    throw new ApiError('The server does not answer. Check your connection and try again.', { status });
  }
  if (!response.ok) {
    throw new ApiError(answer?.message ?? answer?.error ?? `The server answered ${response.status}.`, {
      status: response.status,
      code: answer?.code ?? 'refused',
      field: answer?.field ?? null,
    });
  }
  return answer;
}

export function spacePath({ type, id }) {
  return `api/spaces/${encodeURIComponent(type)}/${encodeURIComponent(id)}`;
}

export const api = {
  spaces: (token, { limit, offset, signal }) =>
    request('GET', `api/spaces?limit=${limit}&offset=${offset}`, { token, signal }),

  space: (token, space, signal) => request('GET', spacePath(space), { token, signal }),

  join: (token, space, userAccount) =>
    request('POST', `${spacePath(space)}/join`, {
      token,
      body: { subspace: space.subspace, user_account: userAccount, challenge: null },
    }),

  tickets: (token, space) => request('GET', `${spacePath(space)}/tickets`, { token }),

  messages: (token, space, { limit, offset }) =>
    request(
      'GET',
      `api/chat/${encodeURIComponent(space.type)}/${encodeURIComponent(space.id)}/messages` +
        `?subspace=${encodeURIComponent(space.subspace)}&limit=${limit}&offset=${offset}`,
      { token },
    ),

  questionsRecord: (token, space, roundId, format) =>
    request(
      'GET',
      `${spacePath(space)}/questions/${encodeURIComponent(roundId)}/export` +
        `?subspace=${encodeURIComponent(space.subspace)}&format=${format}`,
      { token, file: format },
    ),

  guest: (name) => request('POST', 'api/auth/guest', { body: { name } }),

  challenge: (account) => request('GET', `api/auth/challenge?account=${encodeURIComponent(account)}`),

  login: (account, challenge, signature) =>
    request('POST', 'api/auth/login', { body: { account, challenge, signature } }),

  me: (token) => request('GET', 'api/auth/me', { token }),
};
