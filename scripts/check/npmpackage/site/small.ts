// A page's script that uses one function of the package.
import { session } from "kinde-functions";

session().then(({ authenticated }) => console.log(authenticated));
