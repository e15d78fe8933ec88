import { StrictMode } from "react";
import { createRoot } from "react-dom/client";
import { Account } from "./Account.jsx";
import { Facts } from "./Facts.jsx";

createRoot(document.getElementById("root")).render(
  <StrictMode>
    <Account />
    <Facts />
  </StrictMode>,
);
