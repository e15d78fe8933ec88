// Shows portal buttons with content, texts and an event handler of the page's own. Portal
// requests fail; window.requested is the last one's path.
const realFetch = window.fetch;
window.fetch = (path, init) => {
  if (!path.startsWith("/portal")) {
    return realFetch(path, init);
  }
  window.requested = path;
  return Promise.reject(new TypeError("down"));
};
document.body.innerHTML = `
  <kinde-portal-button subnav="profile" return-url="/access/" failed="Das ging nicht." busy="Moment.">
    <a href="/portal">Profil</a>
  </kinde-portal-button>
  <kinde-portal-button id="silent"></kinde-portal-button>`;
document.querySelector("#silent").addEventListener("kinde-error", (event) => event.preventDefault());
