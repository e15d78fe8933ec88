// A script that uses one hook of the package.
import { useSession } from "kinde-functions/react";

console.log(useSession);
