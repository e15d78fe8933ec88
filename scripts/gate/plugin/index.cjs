// Netlify's build runs scripts/gate with this, in sites into which protected pages are
// installed. It runs after the site's own build, which may write _redirects.

const { dirname, relative, resolve } = require("node:path");

const project = resolve(__dirname, "../../..");

exports.onPostBuild = async ({ constants, utils }) => {
  const site = relative(project, dirname(resolve(constants.CONFIG_PATH))) || ".";
  try {
    await utils.run("go", ["-C", project, "run", "./scripts/gate", "-netlify", site], { env: { GOWORK: "off" } });
  } catch (error) {
    utils.build.failBuild("Protected pages would be open; the lines above say why.", { error });
  }
};
