// The site's viewer-request function on CloudFront, put together with check.js and the
// rules by go generate. It gates the request; then it names the file in the bucket.

import crypto from 'crypto';
import cf from 'cloudfront';

const said = { 400: 'Bad Request', 403: 'Forbidden', 500: 'Internal Server Error' };

async function handler(event) {
  const request = event.request;
  const pass = request.cookies['__Host-gate'];
  let result;
  try {
    result = await check({
      method: request.method, path: request.uri, query: queryOf(request.querystring),
      pass: pass === undefined ? '' : pass.multiValue ? ' ' : pass.value || ' ',
    }, { rules: rules, foldCase: false, keys: keys, hmac: hmac, now: Date.now() / 1000 });
  } catch (e) {
    result = { status: 500 };
  }
  if (result !== 'open' && result !== 'pass') {
    return refusal(result);
  }
  const last = request.uri.slice(request.uri.lastIndexOf('/') + 1);
  if (last === '') {
    request.uri += 'index.html';
  } else if (last.indexOf('.') < 0 && request.uri.indexOf('/.well-known/') !== 0) {
    request.uri += '/index.html';
  }
  return request;
}

function refusal(result) {
  const headers = { 'cache-control': { value: 'no-store' }, 'referrer-policy': { value: 'no-referrer' } };
  if (result.location) {
    headers.location = { value: result.location };
    return { statusCode: 302, statusDescription: 'Found', headers: headers };
  }
  return { statusCode: result.status, statusDescription: said[result.status], headers: headers };
}

async function keys() {
  return keyList(await cf.kvs().get('GATE_KEYS'));
}

function hmac(key, text) {
  return crypto.createHmac('sha256', Buffer.from(key, 'base64')).update(text).digest('base64url');
}

// queryOf puts a query together as the viewer sent it, but for its order.
function queryOf(query) {
  const pairs = [];
  Object.keys(query).forEach(function (name) {
    (query[name].multiValue || [query[name]]).forEach(function (item) {
      pairs.push(item.value === '' ? name : name + '=' + item.value);
    });
  });
  return pairs.length === 0 ? '' : '?' + pairs.join('&');
}
