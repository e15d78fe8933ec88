// The check of protected pages, once, for Netlify's edge and for CloudFront.
//
// The language is the one of CloudFront Functions (cloudfront-js-2.0): no imports,
// no for-of, no destructuring, no spread, no classes. shared/gate is the same in Go;
// shared/gate/testdata/vectors.json holds both to it.

// open are the paths of the functions and of the page that explains errors. They
// protect themselves, and a browser without a pass must reach them.
const open = ['/.netlify/', '/access/', '/api/', '/auth/', '/portal/', '/webhooks/'];

const kinds = ['permission', 'role', 'feature_flag', 'entitlement'];

// Letters outside ASCII that some hosts fold to letters of ASCII.
const folds = { '\u0130': 'i', '\u017f': 's', '\u212a': 'k' };

// normalPath returns the form in which a path is judged, which has no fewer rules than
// any file that a host serves for it. It returns null for a path that hosts may read
// differently: it is refused.
export function normalPath(path, foldCase) {
  let decoded;
  try {
    decoded = decodeURIComponent(path);
  } catch (e) {
    return null;
  }
  if (decoded[0] !== '/' || /[\x00-\x1f\x7f\\?#]|%[0-9A-Fa-f]{2}/.test(decoded)) {
    return null;
  }
  if (foldCase) {
    decoded = decoded.replace(/[A-Z\u0130\u017f\u212a]/g, function (c) { return folds[c] || c.toLowerCase(); });
  }
  const segments = decoded.split('/')
    .map(function (s) { return s.split(';')[0]; })
    .filter(function (s) { return s !== ''; });
  if (segments.indexOf('.') >= 0 || segments.indexOf('..') >= 0) {
    return null;
  }
  if (segments.length > 0 && /^index(\.html?)?$/i.test(segments[segments.length - 1])) {
    segments.pop();
  }
  if (segments.length > 0) {
    segments.push(segments.pop().replace(/([^/])\.html?$/i, '$1'));
  }
  return '/' + segments.join('/');
}

// prepare brings the rules of gate.json into the form that a check takes: what a path
// and its slash begin with, and the requirements as one text, which is empty where a
// rule requires a signed-in user. It throws on what it cannot enforce.
export function prepare(gate, foldCase) {
  return gate.rules.map(function (rule) {
    const unknown = Object.keys(rule).filter(function (name) { return name !== 'path' && kinds.indexOf(name) < 0; });
    const prefix = rule.path.replace(/\/$/, '');
    if (unknown.length > 0 || normalPath(rule.path, false) !== (prefix || '/')) {
      throw new Error('gate.json has a rule that cannot be enforced');
    }
    const required = kinds.filter(function (kind) { return rule[kind] !== undefined; });
    return {
      prefix: (foldCase ? prefix.toLowerCase() : prefix) + '/',
      text: required.map(function (kind) { return kind + ':' + rule[kind]; }).join('\n'),
    };
  });
}

// requirements returns the texts of the rules that a normal path meets, or null for a
// public path.
export function requirements(rules, path) {
  const slashed = path + '/';
  if (open.some(function (prefix) { return slashed.indexOf(prefix) === 0; })) {
    return null;
  }
  const found = rules.filter(function (rule) { return slashed.indexOf(rule.prefix) === 0; });
  return found.length === 0 ? null : found.map(function (rule) { return rule.text; });
}

// equal compares in a time that depends on the lengths alone.
function equal(a, b) {
  let difference = a.length ^ b.length;
  for (let i = 0; i < a.length; i++) {
    difference |= a.charCodeAt(i) ^ b.charCodeAt(i % b.length);
  }
  return difference === 0;
}

// passMeets reports whether a pass is valid at a time, in seconds, and meets the
// requirements. hmac(key, text) gives HMAC-SHA-256 in unpadded base64url.
export async function passMeets(pass, needs, keys, hmac, now) {
  const form = /^(1\.([0-9]{10})\.[\w-]{22}\.((?:[\w-]{8})*))\.([\w-]{43})$/.exec(pass);
  if (form === null || Number(form[2]) <= now) {
    return false;
  }
  for (let k = 0; k < keys.length; k++) {
    if (equal(await hmac(keys[k], 'gate-pass\n' + form[1]), form[4])) {
      const met = form[3].match(/.{8}/g) || [];
      for (let i = 0; i < needs.length; i++) {
        const hash = needs[i] === '' ? '' : (await hmac(keys[k], 'gate-requirement\n' + needs[i])).slice(0, 8);
        if (hash !== '' && met.indexOf(hash) < 0) {
          return false;
        }
      }
      return true;
    }
  }
  return false;
}

// check decides on a request {method, path, query, judged, pass}: path and query are as
// received, judged is the path to judge where that is another one, and pass is '' where
// there is none. The edge gives {rules, foldCase, keys(), hmac(), now}, with the rules
// prepared. The result is 'open', 'pass' or a refusal {status, location}.
export async function check(request, edge) {
  if (edge.rules.length === 0) {
    return 'open';
  }
  const path = normalPath(request.judged || request.path, edge.foldCase);
  if (path === null) {
    return { status: 400 };
  }
  const needs = requirements(edge.rules, path);
  if (needs === null) {
    return 'open';
  }
  const keys = await edge.keys();
  if (keys.length === 0) {
    return { status: 500 };
  }
  if (request.pass !== '' && await passMeets(request.pass, needs, keys, edge.hmac, edge.now)) {
    return 'pass';
  }
  if (request.method !== 'GET' && request.method !== 'HEAD') {
    return { status: 403 };
  }
  const back = encodeURIComponent(request.path + request.query);
  const refused = request.pass === '' ? '' : '&pass=refused';
  return { status: 302, location: '/auth/gate?return_url=' + back + refused };
}

// keyList reads GATE_KEYS: base64 in either alphabet, padded or not, with commas.
export function keyList(value) {
  const keys = (value || '').split(',').map(function (key) {
    return key.trim().replace(/=+$/, '').replace(/-/g, '+').replace(/_/g, '/');
  });
  return keys.every(function (key) { return /^[A-Za-z0-9+/]{43}$/.test(key); }) ? keys : [];
}
