// An MCP server with one tool, in one file that Node runs in the image of the webhook.
const { createServer } = require('node:http');

const ANSWERS = {
  initialize: ({ protocolVersion }) => ({
    protocolVersion,
    capabilities: { tools: {} },
    serverInfo: { name: 'tools', version: '1' },
  }),
  'tools/list': () => ({ tools: [{ name: 'pay', description: 'Pays.', inputSchema: { type: 'object' } }] }),
};

function answer(message, response) {
  if (message.id === undefined) return response.writeHead(202).end();
  const result = (ANSWERS[message.method] ?? (() => ({})))(message.params ?? {});
  response.writeHead(200, { 'content-type': 'application/json' });
  response.end(JSON.stringify({ jsonrpc: '2.0', id: message.id, result }));
}

createServer((request, response) => {
  if (request.method !== 'POST') return response.writeHead(405).end();
  let text = '';
  request.setEncoding('utf8').on('data', (chunk) => {
    text += chunk;
  });
  request.on('end', () => answer(JSON.parse(text), response));
}).listen(8080);
