%import%

const who = await session();
document.querySelector("#own").textContent = who.authenticated ? "Signed in" : "Signed out";
