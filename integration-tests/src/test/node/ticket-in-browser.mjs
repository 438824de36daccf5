// A page of Chromium's, on another origin than the server, logs in with a key of its own, asks the server for a ticket and opens a
// WebSocket with it; then it tries the ticket again.
// Usage: node ticket-in-browser.mjs <identity provider> <client id> <client secret> <http uri of the endpoint>
import { launch, open } from './browser.mjs';

const [issuer, id, secret, endpoint] = process.argv.slice(2);

/* global window */
const inPage = async ({ issuer, id, secret, endpoint }) => {
  const encode = (bytes) =>
    btoa(String.fromCharCode(...new Uint8Array(bytes)))
      .replaceAll('+', '-')
      .replaceAll('/', '_')
      .replaceAll('=', '');
  const encodeJson = (value) => encode(new TextEncoder().encode(JSON.stringify(value)));
  const algorithm = { name: 'ECDSA', namedCurve: 'P-256', hash: 'SHA-256' };
  const { privateKey, publicKey } = await crypto.subtle.generateKey(algorithm, false, ['sign']);
  const { kty, crv, x, y } = await crypto.subtle.exportKey('jwk', publicKey);
  const proof = async (htm, htu) => {
    const claims = { htm, htu, jti: crypto.randomUUID(), iat: Math.floor(Date.now() / 1000) };
    const signed = `${encodeJson({ typ: 'dpop+jwt', alg: 'ES256', jwk: { kty, crv, x, y } })}.${encodeJson(claims)}`;
    return `${signed}.${encode(await crypto.subtle.sign(algorithm, privateKey, new TextEncoder().encode(signed)))}`;
  };
  const post = async (uri, authorization, body) => {
    const response = await fetch(uri, {
      method: 'POST',
      headers: {
        authorization,
        dpop: await proof('POST', uri),
        ...(body && { 'content-type': 'application/x-www-form-urlencoded' }),
      },
      body,
    });
    if (!response.ok) throw new Error(`${uri} answers ${response.status}`);
    return response.json();
  };
  const connect = (uri) =>
    new Promise((resolve) => {
      const socket = new WebSocket(uri);
      let first;
      socket.onmessage = ({ data }) => {
        first ??= JSON.parse(data);
        if (first.type !== 'error') {
          window.kept = socket; // open for as long as the page
          resolve(first);
        }
      };
      socket.onclose = ({ code, reason }) => resolve({ first, code, reason });
    });

  const basic = btoa(`${encodeURIComponent(id)}:${encodeURIComponent(secret)}`);
  const { access_token: token } = await post(
    `${issuer}.oidc/token`,
    `Basic ${basic}`,
    'grant_type=client_credentials&scope=webid',
  );
  const { url } = await post(endpoint, `DPoP ${token}`);
  return [await connect(url), await connect(url)];
};

const browser = await launch();
// a document without scripts of its own
const page = await open(browser, 'page', `${issuer}.well-known/openid-configuration`);
const [first, second] = await page.evaluate(inPage, { issuer, id, secret, endpoint });
console.log(`first: ${first.type} ${first.you}`);
console.log(`second: ${second.code} ${second.reason}`);
await browser.close();
console.log('done');
