// The site's viewer-response function on CloudFront: it keeps protected pages out of
// every cache but CloudFront's own, which the viewer-request function stands before.

function handler(event) {
  const path = normalPath(event.request.uri, false);
  if (path === null || requirements(rules, path) !== null) {
    event.response.headers['cache-control'] = { value: 'private, no-store' };
  }
  return event.response;
}
