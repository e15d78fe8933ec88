// The address of a page's image at Netlify's Image CDN, for the check of protected pages.
// shared/gate has the same in Go; shared/gate/testdata/vectors.json holds both to it.

import { normalPath } from "./check.js";

const images = /^\/\.netlify\/images(\/|$)/;

// judgedPath returns the path whose rules apply to a URL of the site: of an address of the
// Image CDN, the image's. It is null where hosts may read the address differently.
export function judgedPath(url) {
  const path = normalPath(url.pathname, true);
  return path !== null && images.test(path) ? imagePath(url) : url.pathname;
}

function imagePath(url) {
  const given = url.searchParams.getAll("url");
  const image = given[0] ?? "";
  const untidy = image === "" || image !== image.trim();
  if (given.length !== 1 || url.search.includes(";") || untidy || /^[/\\]{2}/.test(image)) {
    return null;
  }
  let path = "/" + image.split(/[?#]/)[0].replace(/^\//, "");
  if (/^[a-z][a-z0-9+.-]*:/i.test(image)) {
    // Without a host, as in x:/../members/, a host may take it for a path of the site.
    if (!/^https?:\/\/[^/\\.]/i.test(image) || !URL.canParse(image)) {
      return null;
    }
    const absolute = new URL(image);
    if (absolute.hostname !== url.hostname) {
      return url.pathname; // another site's
    }
    path = absolute.pathname;
  }
  const normal = normalPath(path, true);
  return normal === null || normal.startsWith("/.netlify") ? null : path; // an image of an image
}
