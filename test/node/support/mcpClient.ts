/** An answer of JSON-RPC, as far as the tests look at it. */
interface Answer {
  readonly result?: { readonly tools?: readonly { readonly name: string }[] };
}

/** The message of an answer, which comes as JSON or as one server-sent event. */
function parseAnswer(text: string): Answer {
  const data = text.split('\n').find((line) => line.startsWith('data:'));
  return JSON.parse(data === undefined ? text : data.slice('data:'.length)) as Answer;
}

/** Opens a session with an MCP server, as a client does, and returns the names of its tools. @throws when it refuses. */
export async function listTools(url: string): Promise<readonly string[]> {
  const headers: Record<string, string> = {
    'content-type': 'application/json',
    accept: 'application/json, text/event-stream',
  };
  const post = async (message: object) => {
    const body = JSON.stringify({ jsonrpc: '2.0', ...message });
    const response = await fetch(url, { method: 'POST', headers, body });
    const text = await response.text();
    if (!response.ok) throw new Error(`${url}: ${response.status} ${text.slice(0, 300)}`);
    const session = response.headers.get('mcp-session-id');
    if (session !== null) headers['mcp-session-id'] = session;
    return text;
  };
  const params = {
    protocolVersion: '2025-06-18',
    capabilities: {},
    clientInfo: { name: 'test', version: '1' },
  };
  await post({ id: 1, method: 'initialize', params });
  await post({ method: 'notifications/initialized' });
  const { result } = parseAnswer(await post({ id: 2, method: 'tools/list', params: {} }));
  return (result?.tools ?? []).map(({ name }) => name);
}
