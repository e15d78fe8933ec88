import { createRoot } from "react-dom/client";
import { Account } from "./Account.jsx";

createRoot(document.getElementById("root")).render(<Account />);
