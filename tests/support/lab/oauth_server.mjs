// The independent OAuth server: npm's oidc-provider, with three clients, at the paths where MSAL looks for Entra ID.
//
//   node oauth_server.mjs SETTINGS.json
//
// Every account may sign in with any password: the development forms that come with oidc-provider.

import { readFileSync } from 'node:fs';
import { createServer } from 'node:https';
import { pathToFileURL } from 'node:url';

const settings = JSON.parse(readFileSync(process.argv[2], 'utf8'));
const { default: Provider } = await import(pathToFileURL(`${settings.modules}/oidc-provider/lib/index.js`));

const prefix = `/${settings.tenant}/v2.0`;
const devices = 'urn:ietf:params:oauth:grant-type:device_code';
const confidential = { grant_types: ['client_credentials'], redirect_uris: [], response_types: [] };

const provider = new Provider(`https://${settings.host}${prefix}`, {
  clients: [
    {
      ...confidential,
      client_id: settings.secret_client_id,
      client_secret: settings.client_secret,
      token_endpoint_auth_method: 'client_secret_post',
    },
    {
      ...confidential,
      client_id: settings.certificate_client_id,
      token_endpoint_auth_method: 'private_key_jwt',
      jwks: { keys: [settings.certificate_key] },
    },
    {
      client_id: settings.public_client_id,
      application_type: 'native',
      token_endpoint_auth_method: 'none',
      grant_types: [devices, 'refresh_token'],
      redirect_uris: [],
      response_types: [],
    },
  ],
  jwks: { keys: [settings.signing_key] },
  cookies: { keys: ['lab'] },
  scopes: ['openid', 'offline_access', 'profile', ...settings.resources.map((resource) => `${resource}/.default`)],
  claims: { profile: ['preferred_username'] },
  findAccount: (_, id) => ({ accountId: id, claims: () => ({ sub: id, preferred_username: id }) }),
  features: {
    clientCredentials: { enabled: true },
    deviceFlow: { enabled: true },
    devInteractions: { enabled: true },
    resourceIndicators: {
      enabled: true,
      // As Entra ID: the scope <resource>/.default names the audience.
      defaultResource: (ctx, _, oneOf) => {
        if (oneOf) return oneOf;
        const scopes = (ctx.oidc.params?.scope ?? '').split(' ');
        return settings.resources.find((resource) => scopes.includes(`${resource}/.default`));
      },
      useGrantedResource: () => true,
      getResourceServerInfo: (_, resource) => ({
        scope: `${resource}/.default`,
        audience: resource,
        accessTokenFormat: 'jwt',
        jwt: { sign: { alg: 'RS256' } },
      }),
    },
  },
});

const answer = provider.callback();
createServer({ cert: readFileSync(settings.certificate), key: readFileSync(settings.key) }, (request, response) => {
  if (!request.url.startsWith(prefix)) {
    response.writeHead(404).end();
    return;
  }
  request.originalUrl = request.url;
  request.url = request.url.slice(prefix.length) || '/';
  answer(request, response);
}).listen(443, settings.address);
